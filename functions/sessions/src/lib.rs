//! `GET /sessions` and `DELETE /sessions/{session_id}`: a user's signed-in devices.
//!
//! Behind the authorizer, like any endpoint of one's own: whom the request is from stands in its context, and nothing
//! here looks at a token.

mod error;
mod view;

use std::sync::Arc;

use lambda_http::{
    Body, Request, RequestExt, Response,
    http::{Method, StatusCode},
};
use shared::{
    audit::{Cause, RequestLog},
    clock::Clock,
    context::{Context, StartError},
    http::{Endpoint, RequestError, caller, empty, json},
    ids::SessionId,
    store::{FoundSession, Session, SessionRevoker},
};

pub use self::error::SessionsError;
use self::view::SessionList;

/// The function.
#[derive(Debug)]
pub struct SessionsApi {
    endpoint: Endpoint,
    revoker: SessionRevoker,
    clock: Arc<dyn Clock>,
}

impl SessionsApi {
    /// Starts the function.
    ///
    /// # Errors
    ///
    /// [`StartError`], if its environment is incomplete.
    pub fn new(context: &Context) -> Result<Self, StartError> {
        let Context { environment, dynamodb, clock, .. } = context;
        Ok(Self {
            endpoint: Endpoint::new("sessions", "GET, DELETE", context)?,
            revoker: SessionRevoker::new(environment, dynamodb)?,
            clock: clock.clone(),
        })
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let log = self.endpoint.begin(request);
        self.endpoint.answer(request, &log, Box::pin(self.list_or_end(request, &log))).await
    }

    async fn list_or_end(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, SessionsError> {
        match (request.method(), request.path_parameters_ref()) {
            (&Method::GET, None) => self.list(request, log).await,
            (&Method::DELETE, Some(path)) => self.end(request, path.first("session_id"), log).await,
            _ => Err(RequestError::Method.into()),
        }
    }

    async fn list(&self, request: &Request, log: &RequestLog) -> Result<Response<Body>, SessionsError> {
        let (caller, now) = (caller(request).ok_or(SessionsError::Unauthorized)?, self.clock.now());
        log.session(&caller);
        let found = self.revoker.sessions.of_user(&caller.user_id).await?;
        let mut sessions: Vec<_> = found.into_iter().filter_map(readable).collect();
        sessions.retain(|session| session.is_live(now));
        sessions.sort_by_key(|session| std::cmp::Reverse(session.rotated_at));
        Ok(json(StatusCode::OK, &SessionList::new(&sessions, &caller.session_id)))
    }

    /// Only the caller's own partition is looked at, so another user's session is simply not there.
    async fn end(
        &self,
        request: &Request,
        id: Option<&str>,
        log: &RequestLog,
    ) -> Result<Response<Body>, SessionsError> {
        let (caller, now) = (caller(request).ok_or(SessionsError::Unauthorized)?, self.clock.now());
        log.session(&caller);
        let id = id.and_then(SessionId::parse).ok_or(SessionsError::NotFound)?;
        let sessions = self.revoker.sessions.of_user(&caller.user_id).await?;
        let found = sessions.into_iter().find(|found| found.key.session_id == id);
        let found = found.ok_or(SessionsError::NotFound)?;
        self.revoker.revoke_found(&found.key, now).await?;
        log.revoked(&found.key, Cause::User);
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

/// One session that can't be read doesn't hide the others.
fn readable(found: FoundSession) -> Option<Session> {
    found
        .session
        .inspect_err(|error| tracing::error!(function = "sessions", reason = %error, "left out"))
        .ok()
}
