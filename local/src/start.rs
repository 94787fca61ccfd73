//! From options to a served API.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use keys::KeyPlan;
use local::{
    demo::Demo,
    engine::{self, AccessKeyId, DatabaseFile, DatabaseFileError, Engine, EngineError},
    functions::{Deployment, FunctionsError, Keyset},
    gateway::{Gateway, TwoUpstreams, Upstream, Upstreams, default_timeout},
    hosts::Hosts,
    keyset::{self, KeysetFileError, Missing},
    listeners::{Listeners, Localhost},
    log::Feed,
    origins,
    page::{About, Page, StoreKind},
    scope_rules,
    seed::{SeedError, Seeder},
    server::Server,
    tables::{self, TablesError},
    template::{ApiKind, OtherFunction, ParameterError, Parameters, Template, TemplateError},
};
use passwords::Passwords;
use port_file::{LocalServer, Published};
use shared::{
    aws::{self, Trust},
    clock::{Clock, SystemClock},
    context::{SdkConfig, StartError},
    error::chain,
    hash_cost::HashCost,
    random::{Random, SystemRandom},
};
use tokio::signal;
#[cfg(unix)]
use tokio::signal::unix::SignalKind;

use crate::{
    banner::{Banner, StoreAddress},
    listen::{self, ListenError, from_here},
    options::Options,
};

/// The origin whose pages may call unless others are named.
const ORIGIN: &str = "http://localhost:3000";

/// Why the API isn't served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Keyset(#[from] KeysetFileError),
    #[error("the store at {endpoint} can't be used{hint}")]
    Store { endpoint: String, hint: &'static str, source: TablesError },
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error(transparent)]
    Functions(FunctionsError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    #[error(transparent)]
    Database(#[from] DatabaseFileError),
    #[error("{name} is said twice, {how}: say it once", how = .option.map_or_else(|| "in --parameter".to_owned(), |option| format!("by {option} and in --parameter")))]
    Twice { name: String, option: Option<&'static str> },
    #[error("--new-keyset needs --db or --keyset: without them every start has a new one")]
    NewKeyset,
    #[error("the origins have {length} characters in all, and may have {bound}")]
    Origins { length: u64, bound: u64 },
    #[error(transparent)]
    TwoUpstreams(#[from] TwoUpstreams),
    #[error(
        "--upstream-timeout is more than 30 seconds, and an HTTP API waits no longer: leave out --api http, or ask less"
    )]
    UpstreamTimeout,
    #[error("the server failed")]
    Serve(#[source] std::io::Error),
}

pub(crate) async fn run(options: Options, feed: Arc<Feed>) -> Result<(), RunError> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
    // First, so that a port that is taken is found out before anything is written.
    let listener = listen::listen(options.host, options.port).await?;
    let address = listener.local_addr().map_err(RunError::Serve)?;
    let (listeners, localhost) = Listeners::beside(listener).await;
    warn_of_others(address);
    let url = format!("http://{}", from_here(address));
    // Browsers know WebAuthn and some cookies at `localhost` alone.
    let page_url = match localhost {
        Localhost::IsHere => format!("http://localhost:{}/", address.port()),
        Localhost::IsElsewhere => format!("{url}/"),
    };

    let template = Template::of_project()?;
    let parameters = parameters(&template, &options, &url)?;
    let upstreams = upstreams(&options, address)?;
    tell_of_others(&template.other_functions(&parameters)?, &upstreams);
    // Before the database, so that a start that is cut off leaves none without its keyset.
    let keyset = keyset(&options, &*random).await?;
    let store = Store::open(&options, &*random).await?;
    let tables = tables::create(&template, &store.client, "").await;
    let tables = tables.map_err(|source| unusable(&store.address.endpoint, source))?;
    let seeder = Seeder { client: &store.client, tables: &tables };
    store.demo.seed(&seeder, &Passwords::new(random.clone())).await?;
    let deployment = Deployment {
        api: options.api,
        parameters,
        tables,
        keyset,
        dynamodb: store.client,
        aws: store.aws,
        authorizer_cache_ttl: None,
        clock: Arc::new(SystemClock),
        random,
        hash_cost: HashCost::PRODUCTION,
    };
    let gateway = Gateway::deploy(&template, &deployment).await;
    let gateway = gateway
        .map_err(|error| not_started(&template, &deployment.parameters, error))?
        .with_upstreams(upstreams.clone());
    let gateway = Arc::new(gateway);
    let rules = deployment.parameters.value("ScopeRules").unwrap_or_default();
    let is_sent_on = |path: &str| upstreams.find(&path.replace('*', "")).is_some();
    for doubt in scope_rules::doubts(rules, gateway.routes(), is_sent_on) {
        tracing::warn!("{doubt}");
    }
    let default = deployment.parameters.value("ScopeDefault").unwrap_or_default();
    if let Some(closed) = scope_rules::closed(rules, default, gateway.routes()) {
        tracing::warn!("{closed}");
    }
    let shutdown = shutdown_signal();
    let _published = publish(&deployment, &url, &store.address, address.port());

    let audience = deployment.parameters.value("Audience").unwrap_or_default().to_owned();
    let about = About {
        url: url.clone(),
        page_url: page_url.clone(),
        api: options.api,
        routes: gateway.routes().to_vec(),
        parameters: deployment.parameters,
        upstreams: upstreams.iter().map(Upstream::to_string).collect(),
        store: store_kind(&options),
        demo: store.demo.clone(),
        client: deployment.dynamodb,
        tables: deployment.tables,
    };
    let page = Page::beside(&gateway, about, &feed).map(Arc::new);
    let page_url = page.is_some().then_some(page_url.as_str());
    let banner = Banner {
        url: &url,
        page_url,
        audience: &audience,
        allowed_origins: gateway.pages().allowed(),
        store: &store.address,
        demo: &store.demo,
        upstreams: &upstreams,
    };
    let text = if options.json { banner.to_json().to_string() } else { banner.to_text() };
    // A closed standard output doesn't keep the API from being served.
    let _ = writeln!(io::stdout(), "{text}");
    let hosts = Arc::new(Hosts::of_this_machine().and(options.allow_host));
    Server { hosts, gateway, feed, page }.serve(listeners, shutdown).await.map_err(RunError::Serve)
}

/// What to do about a store that doesn't make tables.
fn unusable(endpoint: &str, source: TablesError) -> RunError {
    let said = chain(&source);
    let is_aws = endpoint.starts_with("https:");
    let hint = if said.contains("redentials") && is_aws {
        ": no AWS credentials were found. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which \
         `aws configure export-credentials --format env` prints of any profile"
    } else if said.contains("region") && is_aws {
        ": no AWS region is set. Set AWS_REGION"
    } else if said.contains("UnrecognizedClientException") {
        ": it doesn't accept the access key ID. --access-key-id names the one that it asks for"
    } else if said.contains("dispatch failure") {
        ": nothing answers there. Is it running?"
    } else {
        ""
    };
    RunError::Store { endpoint: endpoint.to_owned(), hint, source }
}

/// Speaks of the parameter that was given, and not of the variable that a function has it in.
fn not_started(template: &Template, parameters: &Parameters, error: FunctionsError) -> RunError {
    let refused = match &error {
        FunctionsError::Start(StartError::Environment(error)) => template.refused(parameters, error),
        _ => None,
    };
    refused.map_or_else(|| RunError::Functions(error), RunError::Parameter)
}

/// Everyone who reaches it is let in by the demo's user and clients.
fn warn_of_others(address: SocketAddr) {
    if !address.ip().is_loopback() {
        tracing::warn!(
            "others on the network reach {address}: everyone knows the demo user's password and the demo clients' secret, \
             and passwords and tokens cross the network unencrypted"
        );
    }
}

/// The servers of `--upstream`.
fn upstreams(options: &Options, address: SocketAddr) -> Result<Upstreams, RunError> {
    let timeout = options.upstream_timeout.map(Duration::from_secs);
    if options.api == ApiKind::Http && timeout > Some(default_timeout(ApiKind::Http)) {
        return Err(RunError::UpstreamTimeout);
    }
    let upstreams = Upstreams::new(options.upstream.clone())?.with_timeout(timeout);
    for upstream in upstreams.at(address) {
        tracing::warn!(
            "--upstream {upstream} is this server itself: requests would go round in a circle, and are answered with 508. \
             Give it the address of your own server"
        );
    }
    Ok(upstreams)
}

/// Says once which functions of template.yaml aren't run, and what becomes of their routes.
fn tell_of_others(others: &[OtherFunction], upstreams: &Upstreams) {
    for OtherFunction { id, routes } in others {
        let routes = routes.iter().map(|route| {
            let upstream = upstreams.find(&route.path.replace(['{', '}', '+'], ""));
            let answer = upstream.map_or_else(|| "501".to_owned(), |upstream| upstream.url().to_string());
            format!("{} {} → {answer}", route.method, route.path)
        });
        let routes: Vec<_> = routes.collect();
        let routes = if routes.is_empty() { "it has no routes".to_owned() } else { routes.join(", ") };
        tracing::warn!(
            "{id} of template.yaml isn't one of Latchgate's functions, and isn't run here: {routes}"
        );
    }
}

struct Store {
    aws: SdkConfig,
    client: Client,
    address: StoreAddress,
    demo: Demo,
}

impl Store {
    /// AWS is what https means here: reached with the credentials of the environment, and by others too, so nothing that
    /// everybody knows is written there.
    async fn open(options: &Options, random: &dyn Random) -> Result<Self, RunError> {
        match &options.endpoint {
            Some(endpoint) if endpoint.starts_with("https:") => {
                let aws = aws_config::defaults(BehaviorVersion::latest())
                    .endpoint_url(endpoint)
                    .retry_config(aws::retries())
                    .timeout_config(aws::timeouts())
                    .http_client(aws::http_client(Trust::System));
                let address = StoreAddress { endpoint: endpoint.clone(), access_key_id: None };
                Ok(Self::over(aws.load().await, address, Demo::random(random)))
            }
            Some(endpoint) => Ok(Self::on_this_machine(endpoint.clone(), options.access_key_id.clone())),
            None => {
                let access_key_id = AccessKeyId::random(random);
                let engine = Engine::start(options.db.as_deref(), access_key_id.clone()).await?;
                let store = Self::on_this_machine(engine.endpoint(), access_key_id);
                // Of the functions themselves nothing goes through the socket.
                Ok(Self { client: engine.client, ..store })
            }
        }
    }

    fn on_this_machine(endpoint: String, access_key_id: AccessKeyId) -> Self {
        let aws = engine::config(&endpoint, access_key_id.expose());
        let address = StoreAddress { endpoint, access_key_id: Some(access_key_id) };
        Self::over(aws, address, Demo::well_known())
    }

    fn over(aws: SdkConfig, address: StoreAddress, demo: Demo) -> Self {
        Self { client: Client::new(&aws), aws, address, demo }
    }
}

fn store_kind(options: &Options) -> StoreKind {
    match (&options.endpoint, &options.db) {
        (Some(endpoint), _) => StoreKind::Elsewhere(endpoint.clone()),
        (None, Some(path)) => StoreKind::File(path.display().to_string()),
        (None, None) => StoreKind::Memory,
    }
}

/// Tokens name the address where this is served as their issuer, so that what is published there can be followed.
fn parameters(template: &Template, options: &Options, url: &str) -> Result<Parameters, RunError> {
    let lifetimes = [
        ("AccessTtl", options.access_ttl),
        ("IdleTtl", options.idle_ttl),
        ("AbsoluteTtl", options.absolute_ttl),
        ("Leeway", options.leeway),
    ];
    let parameters = template.parameters().with("Issuer", url).with("AllowedOrigin", ORIGIN);
    let mut parameters = parameters.with("AllowedOrigins", origins::listed(&options.origin));
    too_long(template, &parameters)?;
    if !options.upstream.is_empty() {
        // Servers get claims in a header.
        parameters = parameters.with("ContextClaimsAs", "json");
    }
    let parameters = lifetimes.into_iter().fold(parameters, |parameters, (name, seconds)| match seconds {
        Some(seconds) => parameters.with(name, seconds.to_string()),
        None => parameters,
    });
    said_once(options)?;
    options.parameter.iter().try_fold(parameters, |parameters, (name, value)| {
        template.check(name, value)?;
        Ok(parameters.with(name, value))
    })
}

/// Of two values one would be dropped without a word.
fn said_once(options: &Options) -> Result<(), RunError> {
    let has_origins = !options.origin.is_empty();
    let mut said = vec![
        ("AccessTtl", options.access_ttl.map(|_| "--access-ttl")),
        ("IdleTtl", options.idle_ttl.map(|_| "--idle-ttl")),
        ("AbsoluteTtl", options.absolute_ttl.map(|_| "--absolute-ttl")),
        ("Leeway", options.leeway.map(|_| "--leeway")),
        ("AllowedOrigins", has_origins.then_some("--origin")),
        // It counts only where no others are named.
        ("AllowedOrigin", has_origins.then_some("--origin")),
    ];
    said.retain(|(_, option)| option.is_some());
    for (name, _) in &options.parameter {
        if let Some((_, option)) = said.iter().find(|(said, _)| said == name) {
            return Err(RunError::Twice { name: name.clone(), option: *option });
        }
        said.push((name, None));
    }
    Ok(())
}

/// As in a deployment: functions have 4 KB for all of their variables.
fn too_long(template: &Template, parameters: &Parameters) -> Result<(), RunError> {
    let bound =
        template.parameter("AllowedOrigins").and_then(|parameter| parameter.get("MaxLength")?.as_u64());
    let length = parameters.value("AllowedOrigins").unwrap_or_default().len() as u64;
    bound.filter(|bound| length > *bound).map_or(Ok(()), |bound| Err(RunError::Origins { length, bound }))
}

async fn keyset(options: &Options, random: &dyn Random) -> Result<Keyset, RunError> {
    let beside = options.db.as_ref().map(|db| {
        let mut name = db.clone().into_os_string();
        name.push(".keyset.json");
        PathBuf::from(name)
    });
    if options.new_keyset && options.keyset.is_none() && beside.is_none() {
        return Err(RunError::NewKeyset);
    }
    // A file that can't be the database gets no keyset.
    let database = options.db.as_deref().map_or(Ok(DatabaseFile::New), DatabaseFile::inspect)?;
    let missing = match database {
        DatabaseFile::Existing if !options.new_keyset => Missing::Refuse,
        DatabaseFile::Existing | DatabaseFile::New => Missing::Create,
    };
    let plan = KeyPlan { algorithm: options.algorithm, ..KeyPlan::default() };
    let now = SystemClock.now();
    let Some(path) = options.keyset.clone().or(beside) else {
        let document = plan.first(now, random).map_err(KeysetFileError::from)?;
        return Ok(Keyset::Document(Box::new(document)));
    };
    // Others find it from another folder.
    let path = std::path::absolute(&path).map_err(|error| KeysetFileError::Io(path, error))?;
    let document = keyset::load_or_create(&path, missing, &plan, now, random).await?;
    Ok(Keyset::File(path, Box::new(document)))
}

/// Tells `latchgate --local` where this is. Nothing here depends on it, so a failure is a warning.
fn publish(deployment: &Deployment, url: &str, store: &StoreAddress, port: u16) -> Option<Published> {
    let server = LocalServer {
        url: url.to_owned(),
        dynamodb_endpoint: store.endpoint.clone(),
        dynamodb_access_key_id: store.access_key_id.as_ref().map(|id| id.expose().to_owned()),
        tables: deployment.tables.clone(),
        keyset_file: match &deployment.keyset {
            Keyset::File(path, _) => Some(path.clone()),
            Keyset::Document(_) | Keyset::Secret(_) => None,
        },
        pid: std::process::id(),
    };
    server
        .publish(port)
        .inspect_err(|error| tracing::warn!("latchgate --local won't find this server: {}", chain(error)))
        .ok()
}

/// Ctrl-C, or what a supervisor sends. Both are heard from this call on, not only once it is awaited: a reader of the
/// banner may send them at once.
fn shutdown_signal() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal::unix::signal);
    async move {
        #[cfg(unix)]
        {
            let [Ok(mut interrupt), Ok(mut terminate)] = signals else {
                return std::future::pending().await;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        let _ = signal::ctrl_c().await;
    }
}
