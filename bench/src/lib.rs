//! What the benchmarks share: the API in this process, over a store in a process of its own; and reports of figures.

pub mod api;
pub mod lambda;
pub mod peers;
pub mod report;
pub mod watch;

use std::{
    error::Error,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_sdk_dynamodb::Client;
use keys::KeyPlan;
use local::{
    demo::Demo,
    engine::{self, ANY_ACCESS_KEY_ID, AccessKeyId, Engine},
    functions::{Deployment, Keyset},
    seed::Seeder,
    tables,
    template::{ApiKind, Template},
};
use passwords::Passwords;
use shared::{
    clock::{Clock, Timestamp},
    hash_cost::HashCost,
    random::SystemRandom,
};

/// Whatever keeps a benchmark from its result.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A clock that moves when it is told to.
#[derive(Debug)]
pub struct SimulatedClock(AtomicU64);

impl SimulatedClock {
    /// Stands at this many seconds since the Unix epoch.
    pub fn at(seconds: u64) -> Self {
        Self(AtomicU64::new(seconds))
    }

    /// Moves on.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// The embedded store in a process of its own, so that neither its memory nor its time counts as ours.
#[derive(Debug)]
pub struct StoreProcess {
    child: Child,
    /// Where it listens.
    pub endpoint: String,
}

impl StoreProcess {
    const ARGUMENT: &str = "engine";

    /// Starts this program once more, as the store, in memory.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub fn start() -> Result<Self, Failure> {
        Self::start_in(None)
    }

    /// The same in a file, or in memory without one.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub fn start_in(file: Option<&Path>) -> Result<Self, Failure> {
        let mut program = Command::new(std::env::current_exe()?);
        let mut child = program.arg(Self::ARGUMENT).args(file).stdout(Stdio::piped()).spawn()?;
        let mut endpoint = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut endpoint)?;
        Ok(Self { child, endpoint: endpoint.trim().to_owned() })
    }

    /// Is the store, if that is what this process was started as; then it doesn't return.
    ///
    /// # Errors
    ///
    /// If the port can't be had.
    pub async fn serve_if_asked() -> Result<(), Failure> {
        let mut arguments = std::env::args_os().skip(1);
        if arguments.next().is_some_and(|role| role == Self::ARGUMENT) {
            let (file, access_key_id) = (arguments.next(), AccessKeyId::new(ANY_ACCESS_KEY_ID));
            println!("{}", Engine::start(file.as_deref().map(Path::new), access_key_id).await?.endpoint());
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

impl Drop for StoreProcess {
    fn drop(&mut self) {
        // It may be gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The template, deployed over this store with the demo clients and the demo user.
///
/// # Errors
///
/// If something of it can't be read or written.
pub async fn deployment(endpoint: &str, clock: Arc<dyn Clock>) -> Result<(Template, Deployment), Failure> {
    let (config, random) = (engine::config(endpoint, ANY_ACCESS_KEY_ID), Arc::new(SystemRandom::new()));
    let client = Client::new(&config);
    let template = Template::of_project()?;
    let tables = tables::create(&template, &client, "").await?;
    let seeder = Seeder { client: &client, tables: &tables };
    Demo::well_known().seed(&seeder, &Passwords::new(random.clone())).await?;
    let deployment = Deployment {
        api: ApiKind::Rest,
        parameters: template.parameters().with("Issuer", "https://issuer.example.com"),
        tables,
        keyset: Keyset::Document(Box::new(KeyPlan::default().first(clock.now(), &*random)?)),
        dynamodb: client,
        aws: config,
        authorizer_cache_ttl: None,
        clock,
        random,
        hash_cost: HashCost::PRODUCTION,
    };
    Ok((template, deployment))
}
