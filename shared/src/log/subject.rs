//! The client, user and session of a request.

use super::Event;
use crate::ids::{ClientId, SessionId, UserId};

/// The facts that were looked up or verified for a request so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Subject {
    pub(super) user_id: Option<UserId>,
    pub(super) client_id: Option<ClientId>,
    pub(super) session_id: Option<SessionId>,
    pub(super) outcome: Option<Event>,
    pub(super) withheld: Option<usize>,
    pub(super) step: Option<&'static str>,
    pub(super) version: Option<String>,
    pub(super) mailbox: Option<String>,
}

impl Subject {
    /// The identifiers of the user, the client and the session.
    pub(super) fn identifiers(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (
            self.user_id.as_ref().map(UserId::as_str),
            self.client_id.as_ref().map(ClientId::as_str),
            self.session_id.as_ref().map(SessionId::as_str),
        )
    }
}
