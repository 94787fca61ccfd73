//! The command line.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use clap::Parser;
use local::{
    engine::{ANY_ACCESS_KEY_ID, AccessKeyId},
    gateway::{GivenResource, Upstream},
    hosts::Host,
    log::Format,
    mails::SmtpServer,
    origins::Origin,
    template::ApiKind,
};
use shared::{client::SignUp, duration, keys::SigningAlgorithm, lifetimes};

/// The longest timeout of a REST API's integration with a streamed response, in seconds.
const MAX_UPSTREAM_TIMEOUT: u64 = 900;

/// The version for `--version`. A release also names its commit.
const VERSION: &str = match option_env!("LATCHGATE_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// Latchgate on this machine: login, refresh, logout and the authorizer, as they run on AWS.
#[derive(Debug, Parser)]
#[command(name = "latchgate-local", version = VERSION, about)]
pub(crate) struct Options {
    /// Port to listen on; 0 picks a free one
    #[arg(long, default_value_t = 8787)]
    pub(crate) port: u16,
    /// Address to listen on, like 0.0.0.0 for all addresses of this machine. Others on the network can reach
    /// it, unless it is a loopback address
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into(), value_parser = address)]
    pub(crate) host: IpAddr,
    /// Answer requests for this host too, like laptop.local or an emulator's 10.0.2.2; can be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<Host>,
    /// The API in front of the functions: template.yaml's REST API, or template-http.yaml's HTTP API
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    pub(crate) api: ApiKind,
    /// Keep the database in this file, and the keys next to it [default: all in memory]
    #[arg(long, value_name = "PATH")]
    pub(crate) db: Option<PathBuf>,
    /// Use this store instead of the embedded one: http for DynamoDB Local and the like, https for AWS
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL_DYNAMODB", conflicts_with = "db", value_parser = endpoint)]
    pub(crate) endpoint: Option<String>,
    /// The access key ID for the store of --endpoint, if that isn't AWS
    #[arg(
        long,
        value_name = "ID",
        requires = "endpoint",
        default_value = ANY_ACCESS_KEY_ID,
        value_parser = access_key_id
    )]
    pub(crate) access_key_id: AccessKeyId,
    /// Keep the keys in this file [default: next to the database; without --db, in memory]
    #[arg(long, value_name = "PATH")]
    pub(crate) keyset: Option<PathBuf>,
    /// Make a new keyset if the database's keyset is missing: all users have to log in again
    #[arg(long)]
    pub(crate) new_keyset: bool,
    /// Print one line of JSON instead of the banner
    #[arg(long)]
    pub(crate) json: bool,
    /// The format of the log of requests and events, on standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) log: Format,
    /// With --log human, also show each request's events, as the JSON that AWS gets
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// An origin whose pages may call; can be repeated, or separated by commas [default: http://localhost:3000]
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    pub(crate) origin: Vec<Origin>,
    /// Send requests for all paths but Latchgate's to this server, behind the authorizer, like
    /// http://127.0.0.1:9001; or those at and below a path, like /orders=http://127.0.0.1:9002. Can be
    /// repeated: the longest path wins
    #[arg(long, value_name = "[PATH=]URL")]
    pub(crate) upstream: Vec<Upstream>,
    /// An API in front of a server of --upstream that is a resource, so that it accepts only tokens for
    /// itself: its path or URL, and its scopes, like '/mcp notes:read notes:write'. Can be repeated
    #[arg(long, value_name = "PATH [SCOPE ...]", requires = "upstream")]
    pub(crate) upstream_resource: Vec<GivenResource>,
    /// How long a server of --upstream may take, like 90 (seconds) or 5m [default: 29, or 30 with --api http,
    /// as in AWS]
    #[arg(long, value_name = "TIME", requires = "upstream", value_parser = duration::within(1..=MAX_UPSTREAM_TIMEOUT))]
    pub(crate) upstream_timeout: Option<u64>,
    /// Lifetime of an access token: 90 (seconds), 45s, 30m, 2h, 14d
    #[arg(long, value_name = "TIME", value_parser = duration::within(lifetimes::ACCESS_TTL))]
    pub(crate) access_ttl: Option<u64>,
    /// How long a session lives without a refresh, like 14d
    #[arg(long, value_name = "TIME", value_parser = duration::within(lifetimes::IDLE_TTL))]
    pub(crate) idle_ttl: Option<u64>,
    /// How long a session lives at most, like 365d
    #[arg(long, value_name = "TIME", value_parser = duration::within(lifetimes::ABSOLUTE_TTL))]
    pub(crate) absolute_ttl: Option<u64>,
    /// How long a used refresh token still gets the same successor, like 10s
    #[arg(long, value_name = "TIME", value_parser = duration::within(lifetimes::LEEWAY))]
    pub(crate) leeway: Option<u64>,
    /// The algorithm of the keys in a new keyset: ES256, EdDSA or RS256 [default: ES256]
    #[arg(long, value_name = "NAME")]
    pub(crate) algorithm: Option<SigningAlgorithm>,
    /// Who may create an account at /signup and at the pages: open, invited or closed [default: open]
    #[arg(long, value_name = "WHO", value_parser = sign_up)]
    pub(crate) sign_up: Option<SignUp>,
    /// The sender of mails, an address with or without a name. Without it: `Latchgate <latchgate@localhost>`
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mail_from: Option<String>,
    /// Also send the mails, by this SMTP server, like 127.0.0.1:1025 [default: only show them]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) smtp: Option<SmtpServer>,
    /// Ask the function of CaptchaFunction (here `captcha` by default) at this endpoint of Lambda's API, like that
    /// of `sam local start-lambda` or `cargo lambda watch`, whether the captcha of a request for a mail was solved
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    pub(crate) captcha: Option<String>,
    /// Any other parameter of template.yaml, like ScopeRules='GET /sessions read'; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameter: Vec<(String, String)>,
}

/// An address to listen on.
fn address(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| "an address is like 127.0.0.1 (this machine alone) or 0.0.0.0 (the whole network), and not a name")
}

/// The URL of a store.
fn endpoint(text: &str) -> Result<String, &'static str> {
    if ["http://", "https://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme)) {
        Ok(text.to_owned())
    } else {
        Err("an endpoint is a URL, like http://localhost:8000")
    }
}

/// An access key ID that the credential scope of a signature can contain unescaped.
fn access_key_id(text: &str) -> Result<AccessKeyId, &'static str> {
    let is_word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if is_word { Ok(AccessKeyId::new(text)) } else { Err("an access key ID has letters and digits") }
}

/// Who may create an account.
fn sign_up(text: &str) -> Result<SignUp, &'static str> {
    SignUp::parse(text).ok_or("it is open, invited or closed")
}

/// A template parameter and its value.
fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("a parameter is NAME=VALUE, like AccessTtl=600")?;
    Ok((name.to_owned(), value.to_owned()))
}
