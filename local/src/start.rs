//! Starts the API from the options.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use keys::KeyPlan;
use local::{
    engine::{DatabaseFile, DatabaseFileError, EngineError},
    functions::{Deployment, FunctionsError, Internet, Keyset},
    gateway::{Gateway, TwoUpstreams, Upstream, UpstreamResources, Upstreams, default_timeout},
    hosts::Hosts,
    keyset::{self, KeysetFileError, Missing},
    listeners::{Listeners, Localhost},
    log::Feed,
    mail_key::MailKeyFileError,
    mails::{Delivery, Inbox, NoticesError, Smtp, SmtpError},
    page::{self, About, Page},
    scope_rules,
    seed::{SeedError, Seeder},
    server::Server,
    tables,
    template::{ApiKind, OtherFunction, Parameters, Template, TemplateError},
};
use passwords::Passwords;
use port_file::{LocalServer, Published};
use shared::{
    clock::{Clock, SystemClock},
    context::StartError,
    error::chain,
    hash_cost::HashCost,
    random::{Random, SystemRandom},
};
use tokio::signal;
#[cfg(unix)]
use tokio::signal::unix::SignalKind;

use crate::{
    banner::{Banner, StoreAddress},
    listen::{self, ListenError},
    mailing::{self, MailingError},
    options::Options,
    parameters::{self, GivenError},
    store::{self, Store, UnusableStore},
};

/// Reasons why the API can't be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Keyset(#[from] KeysetFileError),
    #[error(transparent)]
    MailKey(#[from] MailKeyFileError),
    #[error(transparent)]
    Smtp(#[from] SmtpError),
    #[error(transparent)]
    Notices(#[from] NoticesError),
    #[error(transparent)]
    Store(#[from] UnusableStore),
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error(transparent)]
    Functions(FunctionsError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Given(#[from] GivenError),
    #[error(transparent)]
    Database(#[from] DatabaseFileError),
    #[error("--new-keyset needs --db or --keyset: without them, every start makes a new keyset")]
    NewKeyset,
    #[error(transparent)]
    TwoUpstreams(#[from] TwoUpstreams),
    #[error("--upstream-resource {0}: no --upstream has this path: add one, or leave this resource out")]
    ResourceOfNone(String),
    #[error(
        "--upstream-timeout is more than 30 seconds, the most that an HTTP API waits: lower it, or leave out \
         --api http"
    )]
    UpstreamTimeout,
    #[error("the server failed")]
    Serve(#[source] std::io::Error),
}

pub(crate) async fn run(options: Options, feed: Arc<Feed>) -> Result<(), RunError> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
    // The port comes first: if it is taken, nothing has been written yet.
    let listener = listen::listen(options.host, options.port).await?;
    let address = listener.local_addr().map_err(RunError::Serve)?;
    let (listeners, localhost) = Listeners::beside(listener).await;
    warn_of_others(address);
    let url = parameters::url_of(address);
    // Browsers allow WebAuthn and some cookies only at `localhost`.
    let page_url = match localhost {
        Localhost::IsHere => format!("http://localhost:{}/", address.port()),
        Localhost::IsElsewhere => format!("{url}/"),
    };

    let template = Template::of_project()?;
    let parameters = parameters::given(&template, &options, address)?;
    let upstreams = upstreams(&options, address)?;
    let resources = resources(&options, address, &upstreams)?;
    tell_of_others(&template.other_functions(&parameters)?, &upstreams);
    // The keyset comes before the database, so that an interrupted start leaves no database without its keyset.
    let keyset = keyset(&options, &parameters, &*random).await?;
    let mail_key = mailing::key(&options, &*random)?;
    let smtp = options.smtp.as_ref().map(Smtp::new).transpose()?;
    let store = Store::open(&options, &*random).await?;
    let tables = tables::create(&template, &store.client, "").await;
    let tables = tables.map_err(|error| store.without_tables(&error))?;
    let seeder = Seeder { client: &store.client, tables: &tables };
    store.demo.seed(&seeder, &Passwords::new(random.clone())).await?;
    let deployment = Deployment {
        api: options.api,
        parameters,
        tables,
        keyset,
        mail_key,
        lambda_endpoint: options.captcha.clone(),
        dynamodb: store.client,
        aws: store.aws,
        authorizer_cache_ttl: None,
        clock: Arc::new(SystemClock),
        random,
        hash_cost: HashCost::PRODUCTION,
        web: Arc::new(Internet),
    };
    let gateway = Gateway::deploy(&template, &deployment).await;
    let gateway = gateway
        .map_err(|error| not_started(&template, &deployment.parameters, error))?
        .with_upstreams(upstreams.clone())
        .with_resources(resources.clone());
    let gateway = Arc::new(gateway);
    let inbox = Arc::new(Inbox::default());
    let delivery = Delivery { inbox: inbox.clone(), feed: feed.clone(), smtp };
    let mailing = mailing::start(&template, &deployment, &gateway, delivery, store.streams).await;
    mailing.map_err(|error| match error {
        MailingError::Functions(error) => not_started(&template, &deployment.parameters, error),
        MailingError::Notices(error) => error.into(),
    })?;
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

    let sends_mail = mailing::is_on(&deployment.parameters);
    let audience = deployment.parameters.value("Audience").unwrap_or_default().to_owned();
    let about = About {
        url: url.clone(),
        page_url: page_url.clone(),
        api: options.api,
        routes: gateway.routes().to_vec(),
        parameters: deployment.parameters,
        upstreams: upstreams.iter().map(Upstream::to_string).collect(),
        store: store::kind(&options),
        demo: store.demo.clone(),
        client: deployment.dynamodb,
        tables: deployment.tables,
    };
    let page = Page::beside(&gateway, about, &feed, &inbox).map(Arc::new);
    let page_url = page.is_some().then_some(page_url.as_str());
    let banner = Banner {
        url: &url,
        page_url,
        mails_url: page_url.filter(|_| sends_mail).map(|_| format!("{url}{}", page::MAILS)),
        audience: &audience,
        allowed_origins: gateway.pages().allowed(),
        store: &store.address,
        demo: &store.demo,
        upstreams: &upstreams,
        resources: &resources,
    };
    let text = if options.json { banner.to_json().to_string() } else { banner.to_text() };
    // The API is served even if standard output is closed.
    let _ = writeln!(io::stdout(), "{text}");
    let hosts = Arc::new(Hosts::of_this_machine().and(options.allow_host));
    Server { hosts, gateway, feed, page }.serve(listeners, shutdown).await.map_err(RunError::Serve)
}

/// Names the given parameter in an error, instead of the function's variable.
fn not_started(template: &Template, parameters: &Parameters, error: FunctionsError) -> RunError {
    let refused = match &error {
        FunctionsError::Start(StartError::Environment(error)) => template.refused(parameters, error),
        _ => None,
    };
    refused.map_or_else(|| RunError::Functions(error), |refused| GivenError::from(refused).into())
}

/// Warns that the demo credentials let in everyone who reaches the address.
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
            "--upstream {upstream} is this server itself, so requests to it are answered with 508. Give it \
             the address of your own server"
        );
    }
    Ok(upstreams)
}

/// The resources of the APIs whose servers are these upstreams.
fn resources(
    options: &Options,
    address: SocketAddr,
    upstreams: &Upstreams,
) -> Result<UpstreamResources, RunError> {
    let resources = parameters::resources(options, address)?;
    let paths = resources.paths().map(|path| if path.is_empty() { "/" } else { path });
    let unserved = paths.map(str::to_owned).find(|path| upstreams.find(path).is_none());
    unserved.map_or(Ok(resources), |path| Err(RunError::ResourceOfNone(path)))
}

/// Names the functions of template.yaml that don't run here, and says what happens to their routes.
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
            "{id} of template.yaml isn't one of Latchgate's functions, so it doesn't run here: {routes}"
        );
    }
}

async fn keyset(options: &Options, parameters: &Parameters, random: &dyn Random) -> Result<Keyset, RunError> {
    let beside = options.db.as_ref().map(|db| {
        let mut name = db.clone().into_os_string();
        name.push(".keyset.json");
        PathBuf::from(name)
    });
    if options.new_keyset && options.keyset.is_none() && beside.is_none() {
        return Err(RunError::NewKeyset);
    }
    // If the file can't be the database, no keyset is created.
    let database = options.db.as_deref().map_or(Ok(DatabaseFile::New), DatabaseFile::inspect)?;
    let missing = match database {
        DatabaseFile::Existing if !options.new_keyset => Missing::Refuse,
        DatabaseFile::Existing | DatabaseFile::New => Missing::Create,
    };
    let algorithm = parameters.value("SigningAlgorithm").and_then(|name| name.parse().ok());
    let plan = KeyPlan { algorithm: algorithm.unwrap_or_default(), ..KeyPlan::default() };
    let now = SystemClock.now();
    let Some(path) = options.keyset.clone().or(beside) else {
        let document = plan.first(now, random).map_err(KeysetFileError::from)?;
        return Ok(Keyset::Document(Box::new(document)));
    };
    // Other programs read it from another folder.
    let path = std::path::absolute(&path).map_err(|error| KeysetFileError::Io(path, error))?;
    let document = keyset::load_or_create(&path, missing, &plan, now, random).await?;
    Ok(Keyset::File(path, Box::new(document)))
}

/// Tells `latchgate --local` the address. Nothing else needs it, so a failure is only a warning.
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
        sign_up: deployment.parameters.value("SignUp").map(str::to_owned),
        mail_from: deployment.parameters.value("MailFrom").map(str::to_owned),
        pid: std::process::id(),
    };
    server
        .publish(port)
        .inspect_err(|error| tracing::warn!("latchgate --local won't find this server: {}", chain(error)))
        .ok()
}

/// Resolves at Ctrl-C or a supervisor's signal. It listens from this call on, not from the first poll: a reader of the
/// banner may send a signal at once.
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
