//! The printed form of a session.

use serde::Serialize;
use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    store::Session,
    thumbprint::Thumbprint,
};

/// A session as printed. Unknown values are left out.
#[derive(Debug, Serialize)]
pub(super) struct SessionView {
    user_id: UserId,
    client_id: ClientId,
    session_id: SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    scope: Vec<String>,
    /// Whether its refresh token is bound to a key, as in the user's own list of devices.
    dpop_bound: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    jkt: Option<Thumbprint>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
}

impl SessionView {
    pub(super) const COLUMNS: &[&str] = &[
        "user_id",
        "client_id",
        "session_id",
        "device_name",
        "address",
        "dpop_bound",
        "created_at",
        "last_used_at",
        "expires_at",
    ];
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self {
            expires_at: session.ends_at(),
            user_id: session.key.user_id,
            client_id: session.key.client_id,
            session_id: session.key.session_id,
            device_name: session.device_name,
            address: session.address,
            user_agent: session.user_agent,
            scope: session.scope.tokens().map(str::to_owned).collect(),
            dpop_bound: session.jkt.is_some(),
            jkt: session.jkt,
            created_at: session.auth_time,
            last_used_at: session.rotated_at,
        }
    }
}
