//! A client, as it is shown.

use serde::Serialize;
use shared::{
    client::{ClaimSelection, Client, ClientKind},
    clock::Timestamp,
    ids::ClientId,
};

/// What is shown of a client; what it has no say of is left out.
#[derive(Debug, Serialize)]
pub(crate) struct ClientView {
    client_id: ClientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    kind: &'static str,
    /// How many secrets are valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets: Option<usize>,
    scope: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Vec<String>>,
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
    /// Only where it was made just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret: Option<String>,
}

impl ClientView {
    pub(crate) const COLUMNS: &[&str] = &["client_id", "name", "kind", "scope", "disabled"];
    pub(crate) const LINES: &[&str] = &[
        "client_id",
        "name",
        "kind",
        "secrets",
        "scope",
        "claims",
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
            name: client.name.clone(),
            kind,
            secrets,
            scope: client.scope.tokens().map(str::to_owned).collect(),
            claims: match &client.claims {
                ClaimSelection::All => None,
                ClaimSelection::Named(names) => Some(names.iter().cloned().collect()),
            },
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
