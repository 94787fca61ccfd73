//! The flow of a token request, top to bottom.

use std::time::Duration;

use lambda_http::{Body, Request, Response};
use secrecy::ExposeSecret;
use shared::{
    clock::Timestamp,
    http::Peer,
    lifetimes::Lifetimes,
    log::{Cause, RequestLog},
    random,
    resource::GrantedResources,
    route,
    scope::Scope,
    store::{Code, NewSession, Notice, Redeemed, Redemption, Sealed, Session, SessionKey},
    tokens::{RefreshToken, SessionSecret},
};

use crate::{
    Decision, TokenEndpoint, TokenError, TokenReason, decide,
    opening::Opening,
    request::{CodeRequest, TokenRequest},
};

/// How long the session of a reused code can't begin: longer than any request takes.
const BARRED_TTL: Duration = Duration::from_secs(60 * 60);

impl TokenEndpoint {
    pub(crate) async fn issue(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, TokenError> {
        match TokenRequest::parse(request)? {
            TokenRequest::Code(code) => self.redeem(request, &code, log).await,
            TokenRequest::Refresh => {
                let refreshed = Box::pin(self.refresh.refresh(request, log)).await;
                refreshed.map_err(|error| error.map_reason(TokenReason::Refresh))
            }
        }
    }

    /// The authorization code grant (RFC 6749 section 4.1.3). With a warm client it takes three round trips,
    /// two write units and two read units. It redeems the code, stores the session, and reads the user and
    /// the session at the pages in parallel. A refusal by the condition costs one write unit, and another
    /// client's code costs nothing.
    ///
    /// A code stays used if the request is refused, and is given back after a failure of ours. If giving it
    /// back fails, the user has to sign in again, which needs no password while the session at the pages
    /// lives.
    async fn redeem(
        &self,
        request: &Request,
        asked: &CodeRequest,
        log: &RequestLog,
    ) -> Result<Response<Body>, TokenError> {
        let now = self.clock.now();
        let keyset = self.keysets.current(now).await?;
        // Before any read: a forged code, or another client's, costs nothing.
        let code = keyset.refresh.verify_code(asked.code.expose_secret(), &asked.client.client_id);
        let code = code.ok_or(TokenReason::Forged)?;
        let proven = self.proofs.offered_key(request, route::TOKEN, &keyset.refresh, now)?;
        let client = self.clients.authenticate(&asked.client).await?;
        log.client(&client.client_id);
        let jkt = self.proofs.binding(&client, proven)?;
        let resources = asked.resources.iter().map(ExposeSecret::expose_secret);
        let resource = self.indicators.wanted(resources, &client).map_err(TokenReason::Target)?;

        // Redeeming the code stores its session's identifier, and only then returns the user.
        let secret = SessionSecret::new(&*self.random);
        let redemption = Redemption {
            code_hash: &code.hash(),
            client_id: &client.client_id,
            redirect_uri: &asked.redirect_uri,
            code_challenge: &asked.code_challenge,
            jkt: proven,
            resource,
            session_id: &secret.session_id(),
            redeemer: &random::identifier(&*self.random),
            now,
        };
        let code = match self.codes.redeem(&redemption).await {
            Ok(Redeemed::Done(code)) => code,
            Ok(Redeemed::Refused(stored)) => return self.refuse(stored, &redemption, log).await,
            Err(error) => {
                self.give_back(&redemption).await;
                return Err(error.into());
            }
        };
        log.user(&code.user_id);
        let resource = match self.indicators.target(resource, &code.resources, &client) {
            Ok(resource) => resource,
            Err(error) => {
                self.give_back(&redemption).await;
                return Err(TokenReason::Target(error).into());
            }
        };
        let opening = Opening {
            keyset: &keyset,
            client: &client,
            refresh_token: RefreshToken::first_of(code.user_id.clone(), secret),
            code: &code,
            resource,
            jkt,
            peer: Peer::of(request),
            log,
            now,
        };
        match self.open_session(&opening).await {
            Ok(response) => Ok(response),
            Err(error) => Err(self.take_back(&opening, &redemption, error).await),
        }
    }

    /// Acts on the meaning of a refused redemption. It always returns an error.
    async fn refuse(
        &self,
        mut stored: Option<Code>,
        redemption: &Redemption<'_>,
        log: &RequestLog,
    ) -> Result<Response<Body>, TokenError> {
        loop {
            let first = match decide(stored.as_ref(), redemption) {
                Decision::Refused(mismatch) => return Err(TokenReason::Mismatch(mismatch).into()),
                Decision::Target(error) => return Err(TokenReason::Target(error).into()),
                Decision::Reused(first) => first,
            };
            log.session(&first);
            // Before the session is ended, so that the event is logged even if that fails.
            log.code_reused(&first);
            let is_sealed = stored.is_some_and(|code| code.redeemer.is_none());
            // The first use may be under way, and fail. It must not give the code back.
            if !is_sealed
                && let Sealed::Changed(by_now) = self.codes.seal(redemption, &first.session_id).await?
            {
                stored = by_now;
                continue;
            }
            self.end_first_use(first, redemption.now, log).await?;
            return Err(TokenReason::Reused.into());
        }
    }

    /// Ends the session of a code's first use, for good (RFC 6749 section 4.1.2), and has its user told by mail,
    /// as after a refresh token that came twice. The first use may still be
    /// under way. So this stores an ended session in the place of the session that the first use would store.
    /// If a live one is there, it is ended first. Its place is taken in any case, since the SDK repeats a put
    /// whose answer was lost.
    async fn end_first_use(
        &self,
        first: SessionKey,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), TokenError> {
        let bar = barred(first, now);
        while let Some(first) = self.sessions.put_new(&bar).await? {
            if !first.is_live(now) {
                break;
            }
            let on_denied = |key: &SessionKey| log.revoked(key, Cause::Theft);
            self.revoker.revoke_with_notice(&bar.key, Notice::Theft, now, on_denied).await?;
        }
        Ok(())
    }
}

/// A session that is over. It stays until no request can store another in its place.
fn barred(key: SessionKey, now: Timestamp) -> Session {
    let new = NewSession {
        key,
        created_at: now,
        auth_time: now,
        scope: Scope::default(),
        resources: GrantedResources::default(),
        jkt: None,
        is_refreshable: false,
        device_name: None,
        user_agent: None,
        address: None,
    };
    let nothing = Duration::ZERO;
    let lifetimes =
        Lifetimes { access_ttl: nothing, idle_ttl: BARRED_TTL, absolute_ttl: nothing, leeway: nothing };
    Session::begin(new, lifetimes, now)
}

#[cfg(test)]
mod tests {
    use shared::ids::{ClientId, SessionId, UserId};

    use super::*;

    #[test]
    fn a_barred_session_is_over_at_once_and_swept_later() {
        let now = Timestamp::from_unix(1000);
        let session = barred(
            SessionKey {
                user_id: UserId::parse("u1").unwrap(),
                client_id: ClientId::parse("app").unwrap(),
                session_id: SessionId::of_secret(b"secret"),
            },
            now,
        );
        assert!(!session.is_live(now));
        assert_eq!(session.ends_at(), now);
        // The TTL attribute.
        assert_eq!(session.expires_at, now + BARRED_TTL);
    }
}
