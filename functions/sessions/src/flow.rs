//! The two flows: listing the caller's sessions, and ending one.

use lambda_http::{Body, Request, Response, http::StatusCode};
use shared::{
    http::{RequestError, caller, empty, json},
    ids::SessionId,
    log::{Cause, RequestLog},
    store::{FoundSession, Session, SessionKey, SessionPage},
};

use crate::{
    SessionsApi, SessionsError, SessionsReason,
    cursor::Cursor,
    request::{CURSOR, SessionsRequest},
    view::SessionList,
};

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
            SessionsRequest::List { limit, cursor } => self.list(&caller, limit, cursor).await,
            SessionsRequest::End(session_id) => self.end(&caller, session_id.as_deref(), log).await,
        }
    }

    /// Returns a page: the sessions that one Query reads, so that the answer is far below Lambda's limit. The
    /// caller's session is on the first page and no other, wherever its key is.
    async fn list(
        &self,
        caller: &SessionKey,
        limit: i32,
        cursor: Option<String>,
    ) -> Result<Response<Body>, SessionsError> {
        let now = self.clock.now();
        let is_first = cursor.is_none();
        let cursor = cursor.map(|text| Cursor::parse(&text, &caller.user_id));
        let cursor = cursor.map(|cursor| cursor.ok_or(RequestError::Mistyped(CURSOR))).transpose()?;
        let after = cursor.and_then(|cursor| cursor.after);
        let SessionPage { mut found, is_last } =
            self.sessions.page_of_user(&caller.user_id, after.as_ref(), Some(limit)).await?;
        let place_of = |found: &[FoundSession]| found.last().map(|found| found.key.clone());
        let mut next = (!is_last).then(|| Cursor { after: place_of(&found) });
        if !is_first {
            found.retain(|found| found.key != *caller);
        } else if !is_last && !found.iter().any(|found| found.key == *caller) {
            // It takes the place of the page's last session, with which the next page begins.
            found.pop();
            next = Some(Cursor { after: place_of(&found) });
            found.extend(self.sessions.query_one(caller).await?);
        }
        let mut sessions: Vec<_> = found.into_iter().filter_map(readable).collect();
        sessions.retain(|session| session.is_live(now));
        sessions.sort_by_key(|session| std::cmp::Reverse(session.rotated_at));
        let next = next.map(|cursor| cursor.to_text(&caller.user_id));
        Ok(json(StatusCode::OK, &SessionList::new(&sessions, &caller.session_id, next)))
    }

    /// Ends a session. It reads only the caller's partition, so it doesn't find another user's session.
    async fn end(
        &self,
        caller: &SessionKey,
        session_id: Option<&str>,
        log: &RequestLog,
    ) -> Result<Response<Body>, SessionsError> {
        let now = self.clock.now();
        let session_id = session_id.and_then(SessionId::parse).ok_or(SessionsReason::NotFound)?;
        let key =
            self.sessions.key_of(&caller.user_id, &session_id).await?.ok_or(SessionsReason::NotFound)?;
        self.revoker.revoke(&key, now, |key| log.revoked(key, Cause::User)).await?;
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

/// Drops a malformed session, which must not hide the others.
fn readable(found: FoundSession) -> Option<Session> {
    found
        .session
        .inspect_err(|error| tracing::error!(function = "sessions", reason = %error, "left out"))
        .ok()
}
