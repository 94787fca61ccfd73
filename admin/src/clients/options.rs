//! What can be said of a client.

use std::time::Duration;

use clap::{Args, ValueEnum};
use shared::{
    client::{ClaimSelection, Client},
    duration,
    lifetimes::{ABSOLUTE_TTL, ACCESS_TTL, IDLE_TTL, LEEWAY},
    scope::Scope,
    store::attribute,
};

/// Whether a client can keep a secret.
#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct KindOption {
    /// A browser or a mobile app, which can't keep a secret
    #[arg(long)]
    pub(crate) public: bool,
    /// A server, which can
    #[arg(long)]
    pub(crate) confidential: bool,
}

/// What a client may do, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// What it may ask for, separated by spaces; without it, nothing
    #[arg(long, value_parser = scope)]
    scope: Option<Scope>,
    /// Lifetime of its access tokens: 90 (seconds), 45s, 30m, 2h, 14d [default: the deployment's]
    #[arg(long, value_name = "TIME", value_parser = duration::within(ACCESS_TTL))]
    access_ttl: Option<u64>,
    /// How long its sessions live without being refreshed, like 14d [default: the deployment's]
    #[arg(long, value_name = "TIME", value_parser = duration::within(IDLE_TTL))]
    idle_ttl: Option<u64>,
    /// How long its sessions live however often they are refreshed, like 365d [default: the deployment's]
    #[arg(long, value_name = "TIME", value_parser = duration::within(ABSOLUTE_TTL))]
    absolute_ttl: Option<u64>,
    /// For how long a used refresh token still gets the same successor, like 10s [default: the deployment's]
    #[arg(long, value_name = "TIME", value_parser = duration::within(LEEWAY))]
    leeway: Option<u64>,
    /// Which of a user's claims its access tokens carry: names separated by commas, or `none` [default: all]
    #[arg(long, value_parser = claims)]
    claims: Option<ClaimSelection>,
}

/// A setting by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Setting {
    Name,
    Scope,
    AccessTtl,
    IdleTtl,
    AbsoluteTtl,
    Leeway,
    Claims,
}

impl Settings {
    /// Makes the client what is said, and returns the attributes that were named.
    pub(crate) fn apply(&self, client: &mut Client) -> Vec<&'static str> {
        let seconds = |ttl: Option<u64>| ttl.map(Duration::from_secs);
        let overrides = &mut client.overrides;
        [
            put(&mut client.name, self.name.clone().map(Some)).then_some(attribute::NAME),
            put(&mut client.scope, self.scope.clone()).then_some(attribute::SCOPE),
            put(&mut overrides.access_ttl, seconds(self.access_ttl).map(Some))
                .then_some(attribute::ACCESS_TTL),
            put(&mut overrides.idle_ttl, seconds(self.idle_ttl).map(Some)).then_some(attribute::IDLE_TTL),
            put(&mut overrides.absolute_ttl, seconds(self.absolute_ttl).map(Some))
                .then_some(attribute::ABSOLUTE_TTL),
            put(&mut overrides.leeway, seconds(self.leeway).map(Some)).then_some(attribute::LEEWAY),
            put(&mut client.claims, self.claims.clone()).then_some(attribute::CLAIMS),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Setting {
    /// Takes back what was said of it, and returns the attribute.
    pub(crate) fn reset(self, client: &mut Client) -> &'static str {
        let overrides = &mut client.overrides;
        match self {
            Self::Name => {
                client.name = None;
                attribute::NAME
            }
            Self::Scope => {
                client.scope = Scope::default();
                attribute::SCOPE
            }
            Self::AccessTtl => {
                overrides.access_ttl = None;
                attribute::ACCESS_TTL
            }
            Self::IdleTtl => {
                overrides.idle_ttl = None;
                attribute::IDLE_TTL
            }
            Self::AbsoluteTtl => {
                overrides.absolute_ttl = None;
                attribute::ABSOLUTE_TTL
            }
            Self::Leeway => {
                overrides.leeway = None;
                attribute::LEEWAY
            }
            Self::Claims => {
                client.claims = ClaimSelection::All;
                attribute::CLAIMS
            }
        }
    }
}

/// Whether there was anything to put.
fn put<T>(place: &mut T, value: Option<T>) -> bool {
    value.map(|value| *place = value).is_some()
}

fn scope(text: &str) -> Result<Scope, &'static str> {
    if text.contains(',') {
        return Err("scopes are separated by spaces, not by commas: 'read write'");
    }
    Scope::parse(text).ok_or("a scope is at most 64 words of printable ASCII, without quotes and backslashes")
}

fn claims(text: &str) -> Result<ClaimSelection, &'static str> {
    let names: Vec<String> = match text {
        "none" => vec![],
        names => names.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    ClaimSelection::named(names)
        .ok_or("claims are at most 64 names of at most 128 bytes, separated by commas")
}
