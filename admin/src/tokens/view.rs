//! A token, as it is printed.

use serde::Serialize;
use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
};

/// What a token is.
#[derive(Debug, Default, Serialize)]
pub struct TokenView {
    pub(super) kind: &'static str,
    /// Whether it would be accepted now.
    pub(super) valid: bool,
    /// Why not; or what was left unchecked.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) generation: Option<u32>,
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
        "generation",
        "expires_at",
    ];
}
