//! The options that describe a client.

use std::{collections::BTreeSet, time::Duration};

use clap::{Args, ValueEnum};
use shared::{
    client::{ClaimSelection, Client, SignUp},
    duration,
    lifetimes::{ABSOLUTE_TTL, ACCESS_TTL, IDLE_TTL, LEEWAY},
    scope::Scope,
    store::attribute,
};

use super::uris;

/// Whether a client can keep a secret.
#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct KindOption {
    /// A browser or a mobile app, which can't keep a secret
    #[arg(long)]
    pub(crate) public: bool,
    /// A server, which can keep a secret
    #[arg(long)]
    pub(crate) confidential: bool,
}

/// The settings of a client.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// The client's name for people
    #[arg(long)]
    name: Option<String>,
    /// The scopes that it may ask for, separated by spaces; without this, none
    #[arg(long, value_parser = scope)]
    scope: Option<Scope>,
    /// Lifetime of its access tokens: 90 (seconds), 45s, 30m, 2h, 14d [default: the deployment's]
    #[arg(long, value_name = "TIME", value_parser = duration::within(ACCESS_TTL))]
    access_ttl: Option<u64>,
    /// How long its sessions live without a refresh, like 14d [default: the deployment's]
    #[arg(long, value_name = "TIME", value_parser = duration::within(IDLE_TTL))]
    idle_ttl: Option<u64>,
    /// How long its sessions live at most, like 365d [default: the deployment's]
    #[arg(long, value_name = "TIME", value_parser = duration::within(ABSOLUTE_TTL))]
    absolute_ttl: Option<u64>,
    /// How long a used refresh token still gets the same successor, like 10s [default: the deployment's]
    #[arg(long, value_name = "TIME", value_parser = duration::within(LEEWAY))]
    leeway: Option<u64>,
    /// The user claims in its access tokens: names separated by commas, or `none` [default: all]
    #[arg(long, value_parser = claims)]
    claims: Option<ClaimSelection>,
    /// Whether it must send DPoP proofs, so that each of its tokens is bound to a key. Without Dpop=on in the
    /// stack, such a client gets no tokens [default: optional]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "required|optional")]
    dpop: Option<Proofs>,
    /// A URI to which `/authorize` may redirect: https; http on 127.0.0.1, ::1 or localhost, which allows any
    /// port; or an app's URI, like com.example.app:/callback. Can be repeated; an update replaces all of them
    #[arg(long = "redirect-uri", value_name = "URI", value_parser = uris::parse)]
    redirect_uris: Vec<String>,
    /// A URI to which `/end-session` may redirect, of the same kinds. Can be repeated; an update replaces all
    /// of them
    #[arg(long = "post-logout-redirect-uri", value_name = "URI", value_parser = uris::parse)]
    post_logout_redirect_uris: Vec<String>,
    /// The client is your own: `/authorize` doesn't ask its users for consent
    #[arg(long)]
    first_party: bool,
    /// Who may create an account by mail at it: everyone (open) or nobody (invited, closed)
    /// [default: the deployment's]
    #[arg(long, value_name = "open|invited|closed", value_parser = sign_up)]
    sign_up: Option<SignUp>,
    /// A resource that it may ask for, from the parameter ProtectedResources. Can be repeated; an update
    /// replaces all of them [default: all registered resources]
    #[arg(long = "resource", value_name = "URI", value_parser = uris::parse_resource)]
    resources: Vec<String>,
}

/// Whether a client must send proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Proofs {
    Required,
    Optional,
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
    Dpop,
    RedirectUri,
    PostLogoutRedirectUri,
    FirstParty,
    SignUp,
    Resource,
}

impl Settings {
    /// Applies the settings to the client, and returns the attributes that the command line names.
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
            put(&mut client.requires_dpop, self.dpop.map(|proofs| proofs == Proofs::Required))
                .then_some(attribute::DPOP),
            put(&mut client.redirect_uris, uris::each_once(&self.redirect_uris))
                .then_some(attribute::REDIRECT_URIS),
            put(&mut client.post_logout_redirect_uris, uris::each_once(&self.post_logout_redirect_uris))
                .then_some(attribute::POST_LOGOUT_REDIRECT_URIS),
            put(&mut client.is_first_party, self.first_party.then_some(true))
                .then_some(attribute::FIRST_PARTY),
            put(&mut client.sign_up, self.sign_up.map(Some)).then_some(attribute::SIGN_UP),
            put(&mut client.resources, self.resources()).then_some(attribute::RESOURCES),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The resources on the command line; `None` without any.
    fn resources(&self) -> Option<BTreeSet<String>> {
        (!self.resources.is_empty()).then(|| self.resources.iter().cloned().collect())
    }
}

impl Setting {
    /// Resets the setting of the client, and returns its attribute.
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
            Self::Dpop => {
                client.requires_dpop = false;
                attribute::DPOP
            }
            Self::RedirectUri => {
                client.redirect_uris.clear();
                attribute::REDIRECT_URIS
            }
            Self::PostLogoutRedirectUri => {
                client.post_logout_redirect_uris.clear();
                attribute::POST_LOGOUT_REDIRECT_URIS
            }
            Self::FirstParty => {
                client.is_first_party = false;
                attribute::FIRST_PARTY
            }
            Self::SignUp => {
                client.sign_up = None;
                attribute::SIGN_UP
            }
            Self::Resource => {
                client.resources.clear();
                attribute::RESOURCES
            }
        }
    }
}

/// Puts a value, and returns whether there was one.
fn put<T>(place: &mut T, value: Option<T>) -> bool {
    value.map(|value| *place = value).is_some()
}

fn sign_up(text: &str) -> Result<SignUp, &'static str> {
    SignUp::parse(text).ok_or("it is open, invited or closed")
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
