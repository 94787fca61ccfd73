//! The two flows: a list of the caller's sessions, and the end of one.

use lambda_http::{Body, Request, Response, http::StatusCode};
use shared::{
    http::{caller, empty, json},
    ids::SessionId,
    log::{Cause, RequestLog},
    store::{FoundSession, Session, SessionKey},
};

use crate::{SessionsApi, SessionsError, SessionsReason, request::SessionsRequest, view::SessionList};

impl SessionsApi {
    pub(crate) async fn list_or_end(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, SessionsError> {
        let asked = SessionsRequest::parse(request)?;
        let caller = caller(request)?;
        log.session(&caller);
        match asked {
            SessionsRequest::List => self.list(&caller).await,
            SessionsRequest::End(session_id) => self.end(&caller, session_id, log).await,
        }
    }

    async fn list(&self, caller: &SessionKey) -> Result<Response<Body>, SessionsError> {
        let now = self.clock.now();
        let found = self.sessions.of_user(&caller.user_id).await?;
        let mut sessions: Vec<_> = found.into_iter().filter_map(readable).collect();
        sessions.retain(|session| session.is_live(now));
        sessions.sort_by_key(|session| std::cmp::Reverse(session.rotated_at));
        Ok(json(StatusCode::OK, &SessionList::new(&sessions, &caller.session_id)))
    }

    /// Only the caller's own partition is looked at, so another user's session is not found.
    async fn end(
        &self,
        caller: &SessionKey,
        session_id: Option<&str>,
        log: &RequestLog,
    ) -> Result<Response<Body>, SessionsError> {
        let now = self.clock.now();
        let session_id = session_id.and_then(SessionId::parse).ok_or(SessionsReason::NotFound)?;
        let sessions = self.sessions.of_user(&caller.user_id).await?;
        let found = sessions.into_iter().find(|found| found.key.session_id == session_id);
        let found = found.ok_or(SessionsReason::NotFound)?;
        self.revoker.revoke(&found.key, now, |key| log.revoked(key, Cause::User)).await?;
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
