//! The flow of a logout, top to bottom.

use lambda_http::{Body, Request, Response, http::StatusCode};
use secrecy::ExposeSecret;
use shared::{
    clock::Timestamp,
    http::{DpopError, empty},
    keys::Keyset,
    log::{Cause, Event, RequestLog},
    route,
    store::{FoundSession, Notice, SessionKey},
    thumbprint::Thumbprint,
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
        // Before any read: a token that can't be this client's costs nothing, and ends nothing.
        let Some((key, is_for_resource)) = self.session_of(&logout, &keyset, now) else {
            log.outcome(Event::LogoutIgnored);
            return Ok(empty(StatusCode::OK));
        };
        log.session(&key);
        // A disabled client may still end its sessions.
        let client = self.clients.identify(&logout.client).await?;
        // Ending one session needs no proof, since standard clients send none. A thief can only end the
        // stolen session.
        if logout.everywhere {
            if client.is_third_party() {
                return Err(LogoutReason::ThirdParty.into());
            }
            if is_for_resource {
                return Err(LogoutReason::OtherResource.into());
            }
            let prove = || self.proofs.key(request, route::LOGOUT, &keyset.refresh, now);
            self.revoke_others(&key, prove, now, log).await?;
        }
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::Logout);
        if logout.everywhere {
            // One notice for all of them, with the session that ends last: a retry still finds it.
            self.revoker.revoke_with_notice(&key, Notice::SessionsEnded, now, on_denied).await?;
        } else {
            self.revoker.revoke(&key, now, on_denied).await?;
        }
        log.outcome(Event::LogoutSucceeded);
        Ok(empty(StatusCode::OK))
    }

    /// The session of a genuine token of this client, of any generation and even expired: the session may
    /// still live, and then a logout must end it. Also whether it's an access token for a resource, which
    /// another API has had.
    fn session_of(
        &self,
        logout: &LogoutRequest,
        keyset: &Keyset,
        now: Timestamp,
    ) -> Option<(SessionKey, bool)> {
        let (text, client_id) = (logout.token.expose_secret(), &logout.client.client_id);
        if RefreshToken::is_meant_by(text) {
            let token = keyset.refresh.verify(text, client_id).ok()?;
            return Some((token.session_key(client_id), false));
        }
        let (session, is_for_resource) = self.verifier.session_of(text, &keyset.public, now).ok()?;
        (session.client_id == *client_id).then_some((session, is_for_resource))
    }

    /// Ends the user's other sessions, and this one last, so that a retry after a failure still finds it.
    /// This session has to live, and the request needs a proof if the session is bound to a key. A token of a
    /// session that is over must not end live ones, so the caller gets an error. If no session lives, for
    /// example when a logout is repeated, all are ended again: a refresh that began earlier may still be
    /// under way.
    async fn revoke_others(
        &self,
        key: &SessionKey,
        prove: impl FnOnce() -> Result<Option<Thumbprint>, DpopError>,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), LogoutError> {
        let found = self.sessions.of_user(&key.user_id).await?;
        let own = found.iter().find(|found| found.key == *key).and_then(|own| own.session.as_ref().ok());
        // As stored: the token may be older than the binding.
        if let Some(jkt) = own.and_then(|own| own.jkt)
            && prove()? != Some(jkt)
        {
            return Err(LogoutReason::NoProof.into());
        }
        let is_live = |found: &FoundSession| found.session.as_ref().is_ok_and(|session| session.is_live(now));
        let own_lives = found.iter().any(|found| found.key == *key && is_live(found));
        if !own_lives && found.iter().any(is_live) {
            // Completes this session's own end, which may have failed half-way.
            self.revoker.revoke(key, now, |key| log.revoked(key, Cause::Logout)).await?;
            return Err(LogoutReason::SessionOver.into());
        }
        let others: Vec<_> = found.into_iter().map(|found| found.key).filter(|other| other != key).collect();
        let has_signed_in_at_the_pages = others.iter().any(|other| other.client_id.is_reserved());
        let on_denied = |other: &SessionKey| log.revoked(other, Cause::LogoutEverywhere);
        self.revoker.revoke_all(others, now, on_denied).await?;
        if has_signed_in_at_the_pages {
            // Meanwhile, a code of an ended session at the pages may have become a session. Once those are
            // gone, no code can (ADR 27).
            let is_other = |found: &FoundSession| found.key != *key;
            self.revoker.revoke_of_user(&key.user_id, now, is_other, on_denied).await?;
        }
        Ok(())
    }
}
