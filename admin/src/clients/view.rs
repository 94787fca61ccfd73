//! The printed form of a client.

use serde::Serialize;
use shared::{
    client::{ClaimSelection, Client, ClientKind, SignUp},
    clock::Timestamp,
    ids::ClientId,
};

/// A client as printed. Absent values are left out.
#[derive(Debug, Serialize)]
pub(crate) struct ClientView {
    client_id: ClientId,
    /// The URL at which it describes itself, if it isn't registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) document_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    kind: &'static str,
    /// The number of valid secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets: Option<usize>,
    scope: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dpop: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_party: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_up: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    redirect_uris: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    post_logout_redirect_uris: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absolute_ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leeway: Option<u64>,
    /// The secret, if it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret: Option<String>,
}

impl ClientView {
    pub(crate) const COLUMNS: &[&str] = &[
        "client_id",
        "name",
        "kind",
        "scope",
        "dpop",
        "first_party",
        "sign_up",
        "redirect_uris",
        "disabled",
    ];
    /// The columns if one of the clients describes itself.
    pub(crate) const COLUMNS_WITH_URL: &[&str] = &[
        "client_id",
        "document_url",
        "name",
        "kind",
        "scope",
        "dpop",
        "first_party",
        "sign_up",
        "redirect_uris",
        "disabled",
    ];
    pub(crate) const LINES: &[&str] = &[
        "client_id",
        "document_url",
        "name",
        "kind",
        "secrets",
        "scope",
        "claims",
        "dpop",
        "first_party",
        "sign_up",
        "redirect_uris",
        "post_logout_redirect_uris",
        "resources",
        "disabled",
        "not_before",
        "access_ttl",
        "idle_ttl",
        "absolute_ttl",
        "leeway",
        "client_secret",
    ];

    pub(crate) fn of(client: &Client) -> Self {
        let seconds = |ttl: Option<std::time::Duration>| ttl.map(|ttl| ttl.as_secs());
        let (kind, secrets) = match &client.kind {
            ClientKind::Public => ("public", None),
            ClientKind::Confidential(hashes) => ("confidential", Some(hashes.len())),
        };
        Self {
            client_id: client.client_id.clone(),
            document_url: client.url.as_ref().map(|url| url.as_str().to_owned()),
            name: client.name.clone(),
            kind,
            secrets,
            scope: client.scope.tokens().map(str::to_owned).collect(),
            claims: match &client.claims {
                ClaimSelection::All => None,
                ClaimSelection::Named(names) => Some(names.iter().cloned().collect()),
            },
            dpop: client.requires_dpop.then_some(Client::DPOP_REQUIRED),
            first_party: client.is_first_party.then_some(true),
            sign_up: client.sign_up.map(SignUp::name),
            redirect_uris: client.redirect_uris.clone(),
            post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
            resources: client.resources.iter().cloned().collect(),
            disabled: client.disabled,
            not_before: Some(client.not_before).filter(|instant| *instant > Timestamp::default()),
            access_ttl: seconds(client.overrides.access_ttl),
            idle_ttl: seconds(client.overrides.idle_ttl),
            absolute_ttl: seconds(client.overrides.absolute_ttl),
            leeway: seconds(client.overrides.leeway),
            client_secret: None,
        }
    }
}
