//! The flow of a logout, top to bottom.

use lambda_http::{Body, Request, Response, http::StatusCode};
use secrecy::ExposeSecret;
use shared::{
    clock::Timestamp,
    http::empty,
    keys::Keyset,
    log::{Cause, Event, RequestLog},
    store::{FoundSession, SessionKey},
    tokens::RefreshToken,
};

use crate::{Logout, LogoutError, LogoutReason, request::LogoutRequest};

impl Logout {
    pub(crate) async fn logout(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, LogoutError> {
        let now = self.clock.now();
        let logout = LogoutRequest::parse(request)?;
        let keyset = self.keysets.current(now).await?;
        // Before any read: a token that this client can't have been issued costs nothing, and ends nothing.
        let Some(key) = self.session_of(&logout, &keyset, now) else {
            log.outcome(Event::LogoutIgnored);
            return Ok(empty(StatusCode::OK));
        };
        log.session(&key);
        // A disabled client may still end what it has.
        self.clients.identify(&logout.client).await?;
        if logout.everywhere {
            self.revoke_others(&key, now, log).await?;
        }
        self.revoker.revoke(&key, now, |key| log.revoked(key, Cause::Logout)).await?;
        log.outcome(Event::LogoutSucceeded);
        Ok(empty(StatusCode::OK))
    }

    /// The session of the token, if it is a genuine one of this client: of any generation, and even expired, since the
    /// session may well live on, and a user who leaves must not be told otherwise.
    fn session_of(&self, logout: &LogoutRequest, keyset: &Keyset, now: Timestamp) -> Option<SessionKey> {
        let (text, client_id) = (logout.token.expose_secret(), &logout.client.client_id);
        if RefreshToken::is_meant_by(text) {
            let token = keyset.refresh.verify(text, client_id).ok()?;
            return Some(token.session_key(client_id));
        }
        let token = self.verifier.verify_even_expired(text, &keyset.public, now).ok()?;
        (token.session.client_id == *client_id).then_some(token.session)
    }

    /// Ends the user's other sessions, if this one lives. A token of a session that is over must not end others, and the
    /// caller is told so, unless all of them are over, as when a logout is repeated. Those are ended all the same: a
    /// refresh that began while one lived may still be under way. This one comes last, so that a retry after a failure
    /// still finds it.
    async fn revoke_others(
        &self,
        key: &SessionKey,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), LogoutError> {
        let found = self.sessions.of_user(&key.user_id).await?;
        let is_live = |found: &FoundSession| found.session.as_ref().is_ok_and(|session| session.is_live(now));
        let own_lives = found.iter().any(|found| found.key == *key && is_live(found));
        if !own_lives && found.iter().any(is_live) {
            // What may be left of its own end, after a failure, is completed all the same.
            self.revoker.revoke(key, now, |key| log.revoked(key, Cause::Logout)).await?;
            return Err(LogoutReason::SessionOver.into());
        }
        let others = found.into_iter().map(|found| found.key).filter(|other| other != key);
        let on_denied = |other: &SessionKey| log.revoked(other, Cause::LogoutEverywhere);
        Ok(self.revoker.revoke_all(others, now, on_denied).await?)
    }
}
