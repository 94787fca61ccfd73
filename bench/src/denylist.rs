//! The denylist: how many reads requests cost, beside one each in `session` mode, and what 100,000 live revocations take
//! in memory. The store is the embedded one, in a process of its own, so that its memory isn't counted.

use std::{
    error::Error,
    io::{BufRead, BufReader},
    net::{IpAddr, Ipv4Addr},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use authorizer::Authorizer;
use aws_sdk_dynamodb::{
    Client,
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
};
use axum::{body::Bytes, http::Request};
use keys::KeyPlan;
use local::{
    demo::Demo,
    engine::{self, Engine},
    functions::{Deployment, Keyset},
    gateway::Gateway,
    seed::Seeder,
    tables,
    template::Template,
};
use serde_json::{Value, json};
use shared::{
    clock::{Clock, Timestamp},
    ids::SessionId,
    random::SystemRandom,
    store::Revocations,
};

use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

const REVOCATIONS: u32 = 100_000;
/// Written at the same time.
const AT_ONCE: usize = 64;
const REQUESTS: u64 = 20_000;
/// Of simulated time.
const REQUESTS_PER_SECOND: u64 = 100;

#[derive(Debug)]
struct SimulatedClock(AtomicU64);

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// Counts what is sent to the store.
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
async fn main() -> Result<(), Failure> {
    if std::env::args().nth(1).as_deref() == Some("engine") {
        println!("{}", Engine::start(None).await?.endpoint());
        return std::future::pending().await;
    }
    let mut child = Command::new(std::env::current_exe()?).arg("engine").stdout(Stdio::piped()).spawn()?;
    let mut endpoint = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut endpoint)?;
    let result = Box::pin(measure(endpoint.trim())).await;
    child.kill()?;
    result
}

async fn measure(endpoint: &str) -> Result<(), Failure> {
    let clock = Arc::new(SimulatedClock(AtomicU64::new(1_800_000_000)));
    let reads = Reads::default();
    let (template, deployment) = deployment(endpoint, clock.clone(), reads.clone()).await?;
    let gateway = Box::pin(Gateway::deploy(&template, &deployment)).await?;
    let token = login(&gateway).await?;

    for mode in ["session", "denylist"] {
        let authorizer = start(&template, &deployment, mode).await?;
        reads.0.store(0, Ordering::SeqCst);
        for request in 0..REQUESTS {
            authorizer.handle(event(&token)).await?;
            if request % REQUESTS_PER_SECOND == 0 {
                clock.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let reads = reads.0.load(Ordering::SeqCst);
        println!("{mode}: {REQUESTS} requests at {REQUESTS_PER_SECOND}/s, {reads} reads");
    }

    let variables = surroundings(&template, &deployment, "denylist")?.environment;
    let revocations = Revocations::new(&variables, &deployment.dynamodb)?;
    let mut puts = JoinSet::new();
    for i in 0..REVOCATIONS {
        // Over the hours that are relevant, so that a start reads them all.
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
    authorizer.handle(event(&token)).await?;
    println!(
        "{REVOCATIONS} live revocations: {} KiB more resident memory after a start with {reads} reads",
        after.saturating_sub(before)
    );
    Ok(())
}

async fn deployment(
    endpoint: &str,
    clock: Arc<SimulatedClock>,
    reads: Reads,
) -> Result<(Template, Deployment), Failure> {
    let (config, random) = (engine::config(endpoint), Arc::new(SystemRandom::new()));
    let client = Client::new(&config);
    let template = Template::of_project()?;
    let tables = tables::create(&template, &client, "").await?;
    Demo::well_known().seed(&Seeder { client: &client, tables: &tables }, random.clone()).await?;
    let dynamodb = Client::from_conf(client.config().to_builder().interceptor(reads).build());
    let deployment = Deployment {
        parameters: template.parameters().with("Issuer", "https://issuer.example.com"),
        tables,
        keyset: Keyset::Document(Box::new(KeyPlan::default().first(clock.now(), &*random)?)),
        dynamodb,
        aws: config,
        authorizer_cache_ttl: None,
        clock,
        random,
    };
    Ok((template, deployment))
}

fn surroundings(
    template: &Template,
    deployment: &Deployment,
    mode: &str,
) -> Result<shared::surroundings::Surroundings, Failure> {
    let parameters = deployment.parameters.clone().with("RevocationCheck", mode);
    let function = template.functions(&parameters)?.remove("authorizer").ok_or("no authorizer")?;
    Ok(deployment.surroundings(function))
}

async fn start(template: &Template, deployment: &Deployment, mode: &str) -> Result<Authorizer, Failure> {
    Ok(Authorizer::start(&surroundings(template, deployment, mode)?).await?)
}

async fn login(gateway: &Gateway) -> Result<String, Failure> {
    let body = json!({ "client_id": local::demo::PUBLIC_CLIENT_ID, "username": local::demo::USERNAME,
        "password": "correct horse battery staple" });
    let request = Request::post("/login").header("content-type", "application/json");
    let request = request.body(Bytes::from(body.to_string()))?;
    let response = gateway.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    let body: Value = serde_json::from_slice(response.body())?;
    Ok(body["access_token"].as_str().ok_or("no token")?.to_owned())
}

fn event(token: &str) -> Value {
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders";
    json!({ "type": "TOKEN", "authorizationToken": format!("Bearer {token}"), "methodArn": arn })
}

/// `VmRSS` of this process.
fn resident_kib() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?)
}
