//! Sessions as their user sees them.

use serde::Serialize;
use shared::{
    clock::Timestamp,
    ids::{ClientId, SessionId},
    store::Session,
};

/// A page of `GET /sessions`, last used first.
#[derive(Serialize)]
pub(crate) struct SessionList<'a> {
    sessions: Vec<SessionView<'a>>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Instants are seconds since the Unix epoch; what is unknown is left out.
#[derive(Serialize)]
struct SessionView<'a> {
    session_id: &'a SessionId,
    client_id: &'a ClientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    /// Whether this is the session that asks.
    current: bool,
}

impl<'a> SessionList<'a> {
    pub(crate) fn new(sessions: &'a [Session], current: &SessionId, next_cursor: Option<String>) -> Self {
        let view = |session: &'a Session| SessionView {
            session_id: &session.key.session_id,
            client_id: &session.key.client_id,
            device_name: session.device_name.as_deref(),
            address: session.address.as_deref(),
            user_agent: session.user_agent.as_deref(),
            scope: session.scope.to_text(),
            created_at: session.auth_time,
            last_used_at: session.rotated_at,
            expires_at: session.ends_at(),
            current: session.key.session_id == *current,
        };
        Self { sessions: sessions.iter().map(view).collect(), next_cursor }
    }
}
