//! The printed form of a token.

use serde::Serialize;
use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    thumbprint::Thumbprint,
};

/// The facts about a token.
#[derive(Debug, Default, Serialize)]
pub struct TokenView {
    pub(super) kind: &'static str,
    /// Whether a function would accept it now.
    pub(super) valid: bool,
    /// Why it isn't valid, or what wasn't checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_id: Option<ClientId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    /// The resource that it is for, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) generation: Option<u32>,
    /// Whether it needs a proof by its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dpop_bound: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jkt: Option<Thumbprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<Timestamp>,
}

impl TokenView {
    pub(super) const LINES: &[&str] = &[
        "kind",
        "valid",
        "why",
        "kid",
        "user_id",
        "username",
        "client_id",
        "session_id",
        "session",
        "scope",
        "resource",
        "generation",
        "dpop_bound",
        "jkt",
        "expires_at",
    ];
}
