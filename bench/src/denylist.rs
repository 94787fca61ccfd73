//! Measures the denylist: the reads of requests, compared with one per request in `session` mode, and the memory of
//! 100,000 live revocations. The embedded store is in a separate process, so that its memory doesn't count.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    api, clock::SimulatedClock, deployment::deployment, program::Failure, store_process::StoreProcess,
};
use authorizer::Authorizer;
use aws_sdk_dynamodb::{
    Client,
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
};
use local::{functions::Deployment, gateway::Gateway, template::Template};
use shared::{
    clock::{Clock, Timestamp},
    ids::SessionId,
    store::Revocations,
};
use tokio::task::JoinSet;

const REVOCATIONS: u32 = 100_000;
/// Concurrent writes.
const AT_ONCE: usize = 64;
const REQUESTS: u64 = 20_000;
/// Requests per second of simulated time.
const REQUESTS_PER_SECOND: u64 = 100;

/// Counts the calls to the store.
#[derive(Clone, Debug, Default)]
struct Reads(Arc<AtomicU64>);

impl Intercept for Reads {
    fn name(&self) -> &'static str {
        "reads"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), Failure> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::main]
pub(crate) async fn run() -> Result<(), Failure> {
    let store = StoreProcess::start()?;
    Box::pin(measure(&store.endpoint)).await
}

async fn measure(endpoint: &str) -> Result<(), Failure> {
    let clock = Arc::new(SimulatedClock::at(1_800_000_000));
    let reads = Reads::default();
    let (template, mut deployment) = deployment(endpoint, clock.clone()).await?;
    let config = deployment.dynamodb.config().to_builder().interceptor(reads.clone()).build();
    deployment.dynamodb = Client::from_conf(config);
    let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;
    let token = api::login(&gateway).await?.access_token;

    for mode in ["session", "denylist"] {
        let authorizer = start(&template, &deployment, mode).await?;
        reads.0.store(0, Ordering::SeqCst);
        for request in 0..REQUESTS {
            authorizer.handle(api::authorizer_event(&token)?, None).await?;
            if request % REQUESTS_PER_SECOND == 0 {
                clock.advance(1);
            }
        }
        let reads = reads.0.load(Ordering::SeqCst);
        println!("{mode}: {REQUESTS} requests at {REQUESTS_PER_SECOND}/s, {reads} reads");
    }

    let variables = context(&template, &deployment, "denylist")?.environment;
    let revocations = Revocations::new(&variables, &deployment.dynamodb)?;
    let mut puts = JoinSet::new();
    for i in 0..REVOCATIONS {
        // Spread over the relevant hours, so that a start reads them all.
        let at = Timestamp::from_unix(clock.now().as_unix() - u64::from(i % 86_000));
        let revocations = revocations.clone();
        puts.spawn(async move { revocations.put(&SessionId::of_secret(&i.to_be_bytes()), at).await });
        if puts.len() == AT_ONCE {
            puts.join_next().await.ok_or("no task")???;
        }
    }
    while let Some(put) = puts.join_next().await {
        put??;
    }
    reads.0.store(0, Ordering::SeqCst);
    let before = resident_kib()?;
    let authorizer = start(&template, &deployment, "denylist").await?;
    let (after, reads) = (resident_kib()?, reads.0.load(Ordering::SeqCst));
    authorizer.handle(api::authorizer_event(&token)?, None).await?;
    println!(
        "{REVOCATIONS} live revocations: {} KiB more resident memory after a start with {reads} reads",
        after.saturating_sub(before)
    );
    Ok(())
}

fn context(
    template: &Template,
    deployment: &Deployment,
    mode: &str,
) -> Result<shared::context::Context, Failure> {
    let parameters = deployment.parameters.clone().with("RevocationCheck", mode);
    let function = template.functions(&parameters)?.remove("authorizer").ok_or("no authorizer")?;
    Ok(deployment.context(function))
}

async fn start(template: &Template, deployment: &Deployment, mode: &str) -> Result<Authorizer, Failure> {
    Ok(Authorizer::start(&context(template, deployment, mode)?).await?)
}

/// The `VmRSS` of this process.
fn resident_kib() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?)
}
