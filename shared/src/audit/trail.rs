//! What is known of a request, and how it is written down.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lambda_http::{Request, RequestExt, request::RequestContext};

use super::{Cause, Event};
use crate::{
    http::{Origin, Refuse, chain},
    ids::{ClientId, SessionId, UserId},
    store::SessionKey,
};

/// What is known of a request so far: where it is from, and whom it turned out to be about. Only what has been found
/// or verified is kept here, since what a caller merely says may be a secret in the wrong place.
#[derive(Debug, Default)]
pub struct Trail {
    address: Option<String>,
    request_id: Option<String>,
    subject: Mutex<Subject>,
}

#[derive(Clone, Debug, Default)]
struct Subject {
    user_id: Option<UserId>,
    client_id: Option<ClientId>,
    session_id: Option<SessionId>,
    outcome: Option<Event>,
}

impl Trail {
    /// Of this request.
    pub fn of(request: &Request) -> Self {
        let request_id = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => context.request_id.clone(),
            _ => None,
        };
        Self { address: Origin::of(request).address, request_id, subject: Mutex::default() }
    }

    /// The client was found.
    pub fn client(&self, client_id: &ClientId) {
        self.subject().client_id = Some(client_id.clone());
    }

    /// The user was found.
    pub fn user(&self, user_id: &UserId) {
        self.subject().user_id = Some(user_id.clone());
    }

    /// A genuine token named the session, or it was put.
    pub fn session(&self, key: &SessionKey) {
        let mut subject = self.subject();
        subject.user_id = Some(key.user_id.clone());
        subject.client_id = Some(key.client_id.clone());
        subject.session_id = Some(key.session_id.clone());
    }

    /// What the request came to, for when it is answered.
    pub fn outcome(&self, event: Event) {
        self.subject().outcome = Some(event);
    }

    /// A session was revoked, this request's or another.
    pub fn revoked(&self, key: &SessionKey, cause: Cause) {
        tracing::info!(
            event = Event::SessionRevoked.name(),
            cause = cause.name(),
            user_id = key.user_id.as_str(),
            client_id = key.client_id.as_str(),
            session_id = key.session_id.as_str(),
            address = self.address,
            request_id = self.request_id,
            "a session was revoked"
        );
    }

    /// A refresh token was used again.
    pub fn reused(&self, key: &SessionKey, subtype: &'static str) {
        tracing::warn!(
            event = Event::RefreshTokenReused.name(),
            subtype,
            user_id = key.user_id.as_str(),
            client_id = key.client_id.as_str(),
            session_id = key.session_id.as_str(),
            address = self.address,
            request_id = self.request_id,
            "a refresh token was used a second time; its session ends"
        );
    }

    /// Something happened beside what was asked for.
    pub fn happened(&self, event: Event) {
        let Subject { user_id, client_id, session_id, .. } = self.subject().clone();
        tracing::info!(
            event = event.name(),
            user_id = user_id.as_ref().map(UserId::as_str),
            client_id = client_id.as_ref().map(ClientId::as_str),
            session_id = session_id.as_ref().map(SessionId::as_str),
            address = self.address,
            request_id = self.request_id,
        );
    }

    /// The function answered.
    pub(crate) fn answered(&self, function: &'static str, status: u16) {
        let Subject { user_id, client_id, session_id, outcome } = self.subject().clone();
        tracing::info!(
            event = outcome.map(Event::name),
            function,
            status,
            user_id = user_id.as_ref().map(UserId::as_str),
            client_id = client_id.as_ref().map(ClientId::as_str),
            session_id = session_id.as_ref().map(SessionId::as_str),
            address = self.address,
            request_id = self.request_id,
            "answered"
        );
    }

    /// The function refused (`FUNCTION_refused`), or failed (`FUNCTION_failed`).
    pub(crate) fn refused(&self, function: &'static str, status: u16, error: &impl Refuse) {
        let Subject { user_id, client_id, session_id, .. } = self.subject().clone();
        let (reason, detail) = (error.reason(), chain(error));
        let user_id = user_id.as_ref().map(UserId::as_str);
        let client_id = client_id.as_ref().map(ClientId::as_str);
        let session_id = session_id.as_ref().map(SessionId::as_str);
        let Self { address, request_id, .. } = self;
        if status >= 500 {
            let event = format!("{function}_failed");
            tracing::error!(
                event, function, status, reason, detail, user_id, client_id, session_id, address, request_id,
                "failed"
            );
        } else {
            let event = format!("{function}_refused");
            tracing::info!(
                event, function, status, reason, detail, user_id, client_id, session_id, address, request_id,
                "refused"
            );
        }
    }

    fn subject(&self) -> MutexGuard<'_, Subject> {
        self.subject.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
