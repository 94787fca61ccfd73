//! Sessions as the user sees them.

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
    /// The cursor of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A session. Instants are seconds since the Unix epoch. Unknown values are left out.
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
    /// Whether its refresh token is bound to a key of the device.
    dpop_bound: bool,
    /// Whether this is the caller's session.
    current: bool,
}

impl<'a> SessionList<'a> {
    pub(crate) fn new(sessions: &'a [Session], current: &SessionId, next_cursor: Option<String>) -> Self {
        let view = |session: &'a Session| SessionView {
            session_id: &session.key.session_id,
            client_id: &session.key.client_id,
            device_name: known(session.device_name.as_deref()),
            address: known(session.address.as_deref()),
            user_agent: known(session.user_agent.as_deref()),
            scope: session.scope.to_text(),
            created_at: session.auth_time,
            last_used_at: session.rotated_at,
            expires_at: session.ends_at(),
            dpop_bound: session.jkt.is_some(),
            current: session.key.session_id == *current,
        };
        Self { sessions: sessions.iter().map(view).collect(), next_cursor }
    }
}

/// The text of a row, unless it is empty. No function writes empty ones.
fn known(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
