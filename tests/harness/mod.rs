//! The basis of every test: the whole API over an engine, with a clock that stands still and seeded randomness.

mod accounts;
mod aws;
mod browser;
mod calls;
mod captcha;
mod changes;
mod clients;
mod clock;
mod events;
mod forge;
mod fork;
mod gateway;
mod http;
mod images;
mod kind;
mod log;
mod mail_events;
mod metrics;
pub(crate) mod openapi;
mod operator;
mod page;
mod page_form;
mod plain;
mod policy;
mod post;
mod proof;
mod proxy;
mod random;
mod scale;
mod secrets;
mod ses;
mod sign_in;
mod stream;
mod which_engine;
mod wire;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use keys::KeyPlan;
use local::{
    demo::Demo,
    engine::{self, ANY_ACCESS_KEY_ID, AccessKeyId, Engine},
    functions::{Deployment, Internet, Keyset},
    gateway::Gateway,
    mail_key,
    seed::Seeder,
    tables,
    template::{Parameters, Template},
};
use passwords::Passwords;
use shared::{
    clock::Timestamp,
    context::Context,
    hash_cost::HashCost,
    keys::{KeysetDocument, PublishedKeys, SigningAlgorithm},
    random::{SystemRandom, identifier},
};

pub(crate) use self::{
    accounts::{
        CHOSEN, GRACE, GRACE_ID, GRACES_PASSWORD, IMPORTED, IMPORTED_ID, NEWCOMER, NEWCOMERS_NAME, network,
        with_mail,
    },
    browser::{Browser, SetCookie},
    calls::{Call, Calls, Fault, waves},
    captcha::{Hook, HookAnswer},
    changes::{HOPPER, HOPPERS_NAME, form_delete},
    clients::{
        ADA, ADAS_PASSWORD, BYE, CALLBACK, FORM_COOKIE, NATIVE, SCOPES, SESSION_COOKIE, THIRD, WEB,
        WEB_SERVER, client,
    },
    clock::MockClock,
    events::{BodyEndpoint, Lambdas},
    forge::{Forge, claims, part},
    fork::Stored,
    http::{Reply, Tokens, bearer, forged, form, form_post, refresh_form},
    images::Source,
    kind::API_KIND,
    log::Log,
    mail_events::{Change, bounce, complaint, report, sequence_number, stream_event},
    metrics::metrics,
    operator::Command,
    page::Page,
    page_form::{Form, unescaped},
    plain::{patience, plain_http},
    policy::allows,
    post::{Post, Provider, code_of, link_of, nothing_failed, url_of, waiting, wrong_code},
    proof::{Device, Proof, address, hash, with_proof, with_scheme},
    proxy::{Gate, Idle, Proxy, Spoiled, WireFault},
    random::SeededRandom,
    scale::SCALE,
    secrets::Secrets,
    ses::Ses,
    sign_in::{Flow, id_token},
};

/// The public demo client.
pub(crate) const APP: &str = local::demo::PUBLIC_CLIENT_ID;
/// The confidential demo client.
pub(crate) const SERVER: &str = local::demo::CONFIDENTIAL_CLIENT_ID;
/// The server's secret.
pub(crate) const SECRET: &str = "demo-server-secret";
/// The demo user.
pub(crate) const USERNAME: &str = local::demo::USERNAME;
/// The demo user's password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// The demo user's identifier.
pub(crate) const USER_ID: &str = "demo-user";

/// The start time of every test: a full hour in 2096. Once a minute the engine removes items that have expired by the
/// machine's clock, and all tests together take longer than a minute.
pub(crate) const START: u64 = 3_999_999_600;

/// The cost of password hashes in tests that aren't about hashing: some microseconds. A lower cost exists too, so that
/// a hash can be weak.
pub(crate) const HASH_COST: HashCost = HashCost::new(16, 1).unwrap();

/// A new keyset, in use.
pub(crate) fn keyset() -> KeysetDocument {
    keyset_of(SigningAlgorithm::default())
}

/// A new keyset that signs with this algorithm.
pub(crate) fn keyset_of(algorithm: SigningAlgorithm) -> KeysetDocument {
    KeyPlan { algorithm, ..KeyPlan::default() }
        .first(Timestamp::from_unix(START), &SystemRandom::new())
        .unwrap()
}

/// The API under test.
pub(crate) struct Api {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) clock: Arc<MockClock>,
    pub(crate) calls: Calls,
    pub(crate) deployment: Deployment,
    /// A client that is neither counted nor failed.
    pub(crate) store: Client,
    pub(crate) template: Template,
    endpoint: String,
}

/// Parsed once, since parsing takes longer than creating the tables.
static TEMPLATE: LazyLock<Template> = LazyLock::new(|| Template::of_project().unwrap());

impl Api {
    /// An API with the template's defaults, except `RequestLines`.
    pub(crate) async fn start() -> Self {
        Self::with(|parameters| parameters).await
    }

    /// An API with changed parameters.
    pub(crate) async fn with(change: impl FnOnce(Parameters) -> Parameters) -> Self {
        Self::with_keyset(keyset(), change).await
    }

    /// An API with this keyset.
    pub(crate) async fn with_keyset(
        keyset: KeysetDocument,
        change: impl FnOnce(Parameters) -> Parameters,
    ) -> Self {
        Box::pin(Self::deployed(Keyset::Document(Box::new(keyset)), "http://127.0.0.1:1", change)).await
    }

    /// An API whose keyset is in this secret, now or later.
    pub(crate) async fn with_secret(
        secrets: &Secrets,
        change: impl FnOnce(Parameters) -> Parameters,
    ) -> Self {
        Box::pin(Self::deployed(Keyset::Secret(secrets.arn.clone()), &secrets.endpoint, change)).await
    }

    async fn deployed(keyset: Keyset, aws: &str, change: impl FnOnce(Parameters) -> Parameters) -> Self {
        log::hear_everything();
        let (endpoint, prefix) = endpoint().await;
        let store = engine::config(&endpoint, ANY_ACCESS_KEY_ID).into_builder();
        let store = store.http_client(plain_http()).timeout_config(patience());
        let store = Client::new(&store.build());
        let template = TEMPLATE.clone();
        let tables = tables::create(&template, &store, &prefix).await.unwrap();
        let random = Arc::new(SeededRandom::new(seed(&prefix)));
        let demo = Demo::well_known();
        let passwords = Passwords::with_cost(random.clone(), HASH_COST);
        demo.seed(&Seeder { client: &store, tables: &tables }, &passwords).await.unwrap();

        let clock = Arc::new(MockClock::at(START));
        let calls = Calls::new(&tables);
        let config = store.config().to_builder().interceptor(calls.clone()).build();
        let parameters = template
            .parameters()
            .with("Issuer", "https://issuer.example.com")
            .with("AllowedOrigin", "https://app.example.com")
            // Most tests of the log look at whole lines.
            .with("RequestLines", "all");
        let deployment = Deployment {
            api: *API_KIND,
            parameters: change(parameters),
            tables,
            keyset,
            mail_key: mail_key::generate(&*random),
            lambda_endpoint: None,
            dynamodb: Client::from_conf(config),
            aws: secrets::config(aws),
            authorizer_cache_ttl: None,
            clock: clock.clone(),
            random,
            hash_cost: HASH_COST,
            web: Arc::new(Internet),
        };
        let gateway = Arc::new(Box::pin(Gateway::deploy(&template, &deployment)).await.unwrap());
        // Calls at the start belong to no request.
        calls.take();
        Self { gateway, clock, calls, deployment, store, template, endpoint }
    }

    /// The same deployment after a cold start: its caches are empty.
    pub(crate) async fn restarted(&self) -> Self {
        self.redeployed(self.deployment.clone()).await
    }

    /// Another deployment with the same tables, clock and calls.
    pub(crate) async fn redeployed(&self, deployment: Deployment) -> Self {
        let gateway = Box::pin(Gateway::deploy(&self.template, &deployment)).await.unwrap();
        self.calls.take();
        Self {
            gateway: Arc::new(gateway),
            clock: self.clock.clone(),
            calls: self.calls.clone(),
            deployment,
            store: self.store.clone(),
            template: self.template.clone(),
            endpoint: self.endpoint.clone(),
        }
    }

    /// The same deployment with a clock at this time.
    pub(crate) async fn with_clock(&self, unix: u64) -> Self {
        let clock = Arc::new(MockClock::at(unix));
        let deployment = Deployment { clock: clock.clone(), ..self.deployment.clone() };
        Self { clock, ..self.redeployed(deployment).await }
    }

    /// The start context of this function.
    pub(crate) fn context(&self, function: &str) -> Context {
        let mut functions = self.template.functions(&self.deployment.parameters).unwrap();
        self.deployment.context(functions.remove(function).unwrap())
    }

    /// The keyset as JSON. It must be given to the functions directly.
    pub(crate) fn keyset(&self) -> serde_json::Value {
        let Keyset::Document(document) = &self.deployment.keyset else { panic!("it is in a secret") };
        serde_json::to_value(document).unwrap()
    }

    /// Password hashing as in the functions.
    pub(crate) fn passwords(&self) -> Passwords {
        Passwords::with_cost(self.deployment.random.clone(), self.deployment.hash_cost)
    }

    pub(crate) fn seeder(&self) -> Seeder<'_> {
        Seeder { client: &self.store, tables: &self.deployment.tables }
    }

    /// All items of a table.
    pub(crate) async fn items(&self, table: &str) -> Vec<BTreeMap<String, AttributeValue>> {
        let scan = self.store.scan().table_name(&self.deployment.tables[table]).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
        items.into_iter().map(|item| item.into_iter().collect()).collect()
    }

    /// The published keys, without the fence row.
    pub(crate) async fn published_keys(&self) -> Vec<BTreeMap<String, AttributeValue>> {
        let mut items = self.items("KeysTable").await;
        items.retain(|item| item["key_use"] == text(PublishedKeys::KEY_USE));
        items
    }

    /// The only session.
    pub(crate) async fn session(&self) -> BTreeMap<String, AttributeValue> {
        let mut sessions = self.items("SessionsTable").await;
        assert_eq!(sessions.len(), 1, "one session");
        sessions.remove(0)
    }

    /// Sets attributes of the only session.
    pub(crate) async fn change_session(&self, changes: &[(&str, AttributeValue)]) {
        let mut session = self.session().await;
        for (name, value) in changes {
            session.insert((*name).to_owned(), value.clone());
        }
        self.put("SessionsTable", session).await;
    }

    /// Empties a table, as an operator might.
    pub(crate) async fn delete_all(&self, table: &str) {
        for item in self.items(table).await {
            self.delete(table, &item).await;
        }
    }

    /// Deletes an item.
    pub(crate) async fn delete(&self, table: &str, item: &BTreeMap<String, AttributeValue>) {
        let keys = self.template.tables().unwrap().remove(table).unwrap();
        let names = [Some(keys.partition_key), keys.sort_key];
        let key = names.iter().flatten().map(|(name, _)| (name.clone(), item[name].clone())).collect();
        let delete = self.store.delete_item().table_name(&self.deployment.tables[table]);
        delete.set_key(Some(key)).send().await.unwrap();
    }

    /// Writes an item as it is.
    pub(crate) async fn put(&self, table: &str, item: BTreeMap<String, AttributeValue>) {
        let put = self.store.put_item().table_name(&self.deployment.tables[table]);
        put.set_item(Some(item.into_iter().collect())).send().await.unwrap();
    }
}

/// The endpoint of the store, and a prefix for this test's tables.
#[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests which store to use")]
async fn endpoint() -> (String, String) {
    if let Ok(endpoint) = std::env::var("LATCHGATE_TEST_ENDPOINT") {
        return (endpoint, format!("{}.", identifier(&SystemRandom::new())));
    }
    let engine = Engine::start(None, AccessKeyId::new(ANY_ACCESS_KEY_ID)).await.unwrap();
    (engine.endpoint(), String::new())
}

/// The seed of a test's randomness. Tests that share a store have different ones: transactions get their names from it,
/// and DynamoDB refuses a name that another transaction has.
fn seed(prefix: &str) -> u64 {
    prefix.bytes().fold(SCALE.seed, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()))
}

/// A number as a DynamoDB value.
pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A string as a DynamoDB value.
pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
