//! From options to a served API.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_sdk_dynamodb::Client;
use local::{
    demo::Demo,
    engine::{self, Engine, EngineError},
    functions::{Deployment, FunctionsError},
    gateway::Gateway,
    keyset::{KeysetDocument, KeysetFileError, write_private},
    seed::{SeedError, Seeder},
    server,
    tables::{self, TablesError},
    template::{Parameters, Template, TemplateError},
};
use shared::{
    clock::SystemClock,
    random::{Random, SystemRandom},
    store,
};
use tokio::{net::TcpListener, signal};

use crate::{banner::Banner, options::Options};

/// The issuer of local tokens: the address of the default port, whatever port is used, so that tokens outlive a
/// restart on another one.
const ISSUER: &str = "http://127.0.0.1:8787";

/// Why the API isn't served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Keyset(#[from] KeysetFileError),
    #[error(transparent)]
    Tables(#[from] TablesError),
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error(transparent)]
    Functions(#[from] FunctionsError),
    #[error("port {0} of 127.0.0.1 can't be had")]
    Port(u16, #[source] std::io::Error),
    #[error("the file {0} can't be written")]
    Write(PathBuf, #[source] std::io::Error),
    #[error("the server failed")]
    Serve(#[source] std::io::Error),
}

pub(crate) async fn run(options: Options) -> Result<(), RunError> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
    if let Some(folder) = &options.new_keyset {
        return write_keyset(folder, &*random);
    }
    // First, so that a port that is taken is found out before anything is written.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address).await.map_err(|e| RunError::Port(options.port, e))?;
    let url = format!("http://{}", listener.local_addr().map_err(RunError::Serve)?);

    let store = Store::open(&options, &*random).await?;
    let template = Template::of_project()?;
    let tables = tables::create(&template, &store.client, "").await?;
    store.demo.seed(&Seeder { client: &store.client, tables: &tables }, random.clone()).await?;
    let deployment = Deployment {
        parameters: parameters(&template, &options),
        tables,
        keyset: keyset(&options, &*random)?,
        dynamodb: store.client,
        clock: Arc::new(SystemClock),
        random,
    };
    let gateway = Arc::new(Gateway::deploy(&template, &deployment)?);

    let banner = Banner { url: &url, dynamodb_endpoint: &store.endpoint, demo: &store.demo };
    if options.json {
        println!("{}", banner.to_json());
    } else {
        println!("{}", banner.to_text());
    }
    server::serve(listener, gateway, interrupted()).await.map_err(RunError::Serve)
}

struct Store {
    client: Client,
    endpoint: String,
    demo: Demo,
}

impl Store {
    /// AWS is what https means here: reached with the surroundings' credentials, and by others too, so nothing that
    /// everybody knows is written there.
    async fn open(options: &Options, random: &dyn Random) -> Result<Self, RunError> {
        match &options.endpoint {
            Some(endpoint) if endpoint.starts_with("https:") => {
                let config = store::dynamodb_client().await.config().to_builder().endpoint_url(endpoint);
                let client = Client::from_conf(config.build());
                Ok(Self { client, endpoint: endpoint.clone(), demo: Demo::random(random) })
            }
            Some(endpoint) => Ok(Self {
                client: engine::client(endpoint),
                endpoint: endpoint.clone(),
                demo: Demo::well_known(),
            }),
            None => {
                let endpoint = Engine::start(options.db.as_deref()).await?.endpoint();
                Ok(Self { client: engine::client(&endpoint), endpoint, demo: Demo::well_known() })
            }
        }
    }
}

fn parameters(template: &Template, options: &Options) -> Parameters {
    let lifetimes = [
        ("AccessTtl", options.access_ttl),
        ("IdleTtl", options.idle_ttl),
        ("AbsoluteTtl", options.absolute_ttl),
        ("Leeway", options.leeway),
    ];
    let parameters =
        template.parameters().with("Issuer", ISSUER).with("AllowedOrigin", options.origin.clone());
    lifetimes.into_iter().fold(parameters, |parameters, (name, seconds)| match seconds {
        Some(seconds) => parameters.with(name, seconds.to_string()),
        None => parameters,
    })
}

fn keyset(options: &Options, random: &dyn Random) -> Result<KeysetDocument, RunError> {
    let beside = options.db.as_ref().map(|db| {
        let mut name = db.clone().into_os_string();
        name.push(".keyset.json");
        PathBuf::from(name)
    });
    match options.keyset.clone().or(beside) {
        Some(path) => Ok(KeysetDocument::load_or_create(&path, random)?),
        None => Ok(KeysetDocument::generate(random)?),
    }
}

fn write_keyset(folder: &Path, random: &dyn Random) -> Result<(), RunError> {
    let keyset = KeysetDocument::generate(random)?;
    for (name, content) in [("keyset.json", keyset.private), ("public-keys.json", keyset.public)] {
        let path = folder.join(name);
        write_private(&path, &content).map_err(|e| RunError::Write(path.clone(), e))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Ctrl-C, or what a supervisor sends.
async fn interrupted() {
    #[cfg(unix)]
    {
        let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = signal::ctrl_c().await;
}
