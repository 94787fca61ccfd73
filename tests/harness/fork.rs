//! Deployments behind a proxy, and copies of the stored items, so that many cases can start alike and run concurrently.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    config::{Region, timeout::TimeoutConfig},
    types::AttributeValue,
};
use local::{functions::Keyset, tables};
use shared::{
    aws,
    random::{SystemRandom, identifier},
};
use tokio::net::TcpSocket;

use super::{Api, Calls, MockClock, Proxy, Secrets, Spoiled, WireFault, plain_http, secrets};

/// The items of every table, by the tables' logical ids.
pub(crate) type Stored = BTreeMap<String, Vec<BTreeMap<String, AttributeValue>>>;

/// Two and a half times production's timeouts.
fn patient() -> TimeoutConfig {
    let production = aws::timeouts();
    let longer = |limit: Option<Duration>| limit.unwrap() * 5 / 2;
    TimeoutConfig::builder()
        .operation_attempt_timeout(longer(production.operation_attempt_timeout()))
        .operation_timeout(longer(production.operation_timeout()))
        .build()
}

/// A region for one deployment. For each service and region the SDK keeps one quota of retries a process. In Lambda that
/// is one for each function; here the faults of a test would use up the retries of the others.
fn of_its_own() -> Region {
    static DEPLOYMENTS: AtomicUsize = AtomicUsize::new(0);
    Region::new(format!("test-{}", DEPLOYMENTS.fetch_add(1, Ordering::Relaxed)))
}

impl Api {
    /// The same tables behind a proxy, with production's retries and timeouts.
    pub(crate) async fn behind_proxy(&self) -> (Self, Proxy) {
        let proxy = Proxy::start(self.endpoint.clone(), None, &self.deployment.tables).await;
        (self.reached_at(&proxy.endpoint(), None, aws::timeouts()).await, proxy)
    }

    /// Functions behind a proxy, with the keyset in these secrets behind it too. The proxy refuses all calls while the
    /// functions start, so that each starts with empty caches.
    pub(crate) async fn cold_behind_proxy(&self, secrets: &Secrets) -> (Self, Proxy) {
        let (store, tables) = (self.endpoint.clone(), &self.deployment.tables);
        let proxy = Proxy::start(store, Some(secrets.endpoint.clone()), tables).await;
        proxy.spoil(Spoiled::All, WireFault::Denied);
        let cold = self.reached_at(&proxy.endpoint(), Some(secrets), aws::timeouts()).await;
        proxy.heal();
        (cold, proxy)
    }

    /// Functions behind a proxy that answers while they start, so that each has loaded its caches. Attempts get longer
    /// than in production, since other tests keep the processors busy.
    pub(crate) async fn started_behind_proxy(&self, secrets: &Secrets) -> (Self, Proxy) {
        let (store, tables) = (self.endpoint.clone(), &self.deployment.tables);
        let proxy = Proxy::start(store, Some(secrets.endpoint.clone()), tables).await;
        (self.reached_at(&proxy.endpoint(), Some(secrets), patient()).await, proxy)
    }

    /// Functions behind a proxy, with timeouts that let a test hold a request.
    pub(crate) async fn behind_gate(&self, secrets: &Secrets) -> (Self, Proxy) {
        let (store, tables) = (self.endpoint.clone(), &self.deployment.tables);
        let proxy = Proxy::start(store, Some(secrets.endpoint.clone()), tables).await;
        let minute = Duration::from_secs(60);
        let timeouts = TimeoutConfig::builder().operation_timeout(minute).build();
        (self.reached_at(&proxy.endpoint(), Some(secrets), timeouts).await, proxy)
    }

    /// The same tables behind a proxy that can hold a request as long as a test wants.
    pub(crate) async fn behind_a_gate(&self) -> (Self, Proxy) {
        let proxy = Proxy::start(self.endpoint.clone(), None, &self.deployment.tables).await;
        let minute = Duration::from_secs(60);
        let timeouts = TimeoutConfig::builder().operation_timeout(minute).build();
        (self.reached_at(&proxy.endpoint(), None, timeouts).await, proxy)
    }

    /// Functions whose store and secrets are at a port that refuses connections. The port stays reserved while the
    /// socket lives.
    pub(crate) async fn out_of_reach(&self, secrets: &Secrets) -> (Self, TcpSocket) {
        let taken = TcpSocket::new_v4().unwrap();
        taken.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let endpoint = format!("http://{}", taken.local_addr().unwrap());
        (self.reached_at(&endpoint, Some(secrets), aws::timeouts()).await, taken)
    }

    async fn reached_at(&self, endpoint: &str, secrets: Option<&Secrets>, timeouts: TimeoutConfig) -> Self {
        let mut deployment = self.deployment.clone();
        let region = of_its_own();
        let store = self.store.config().to_builder().region(region.clone()).endpoint_url(endpoint);
        let store = store.retry_config(aws::retries()).timeout_config(timeouts.clone());
        let store = store.http_client(plain_http());
        deployment.dynamodb = Client::from_conf(store.build());
        if let Some(secrets) = secrets {
            deployment.keyset = Keyset::Secret(secrets.arn.clone());
            let aws = secrets::config(endpoint).into_builder().region(region);
            let aws = aws.retry_config(aws::retries()).timeout_config(timeouts);
            deployment.aws = aws.http_client(plain_http()).build();
        }
        self.redeployed(deployment).await
    }

    /// Another deployment in the same store with the same keys, its own clock, and empty tables.
    pub(crate) async fn fork(&self) -> Self {
        let prefix = format!("{}.", identifier(&SystemRandom::new()));
        let tables = tables::create(&self.template, &self.store, &prefix).await.unwrap();
        let calls = Calls::new(&tables);
        let clock = Arc::new(MockClock::at(self.clock.unix()));
        let mut deployment = self.deployment.clone();
        let store = self.store.config().to_builder().interceptor(calls.clone());
        deployment.dynamodb = Client::from_conf(store.build());
        deployment.tables = tables;
        deployment.clock = clock.clone();
        Self {
            gateway: self.gateway.clone(),
            clock,
            calls,
            deployment,
            store: self.store.clone(),
            template: self.template.clone(),
            endpoint: self.endpoint.clone(),
        }
        .restarted()
        .await
    }

    /// The stored items.
    pub(crate) async fn stored(&self) -> Stored {
        let mut stored = Stored::new();
        for table in self.deployment.tables.keys() {
            stored.insert(table.clone(), self.items(table).await);
        }
        stored
    }

    /// Replaces all stored items by these.
    pub(crate) async fn restore(&self, stored: &Stored) {
        for (table, items) in stored {
            let present = self.items(table).await;
            let surplus = present.iter().filter(|item| !items.contains(item));
            for item in surplus {
                self.delete(table, item).await;
            }
            for item in items.iter().filter(|item| !present.contains(item)) {
                self.put(table, item.clone()).await;
            }
        }
    }
}
