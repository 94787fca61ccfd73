//! The flow of a refresh, top to bottom.

use lambda_http::{Body, Request, Response};
use secrecy::ExposeSecret;
use shared::{
    clock::Timestamp,
    http::{DpopError, IntoErrorResponse, Offered, Peer, tokens},
    keys::Keyset,
    log::{Cause, Event, RequestLog},
    store::{Notice, Session, SessionKey, User},
    tokens::{Grant, RefreshToken},
};

use crate::{
    Bounds, Decision, End, Misuse, Presented, Refresh, RefreshError, RefreshReason, Reuse, decide,
    request::RefreshRequest,
    rotation::{Rotated, Rotation},
};

impl Refresh {
    /// Runs a request with the log of the endpoint that answers it.
    ///
    /// # Errors
    ///
    /// [`RefreshError`], if the request is refused or fails.
    pub async fn refresh(&self, request: &Request, log: &RequestLog) -> Result<Response<Body>, RefreshError> {
        let now = self.clock.now();
        let refresh = RefreshRequest::parse(request)?;
        let keyset = self.keysets.current(now).await?;
        // Before any read: a forged token, or another client's, costs nothing.
        let token = keyset.refresh.verify(refresh.refresh_token.expose_secret(), &refresh.client.client_id);
        let token = token.map_err(RefreshReason::Token)?;
        let successor = token.successor().ok_or(RefreshReason::Worn)?;
        let key = token.session_key(&refresh.client.client_id);
        log.session(&key);
        let Offered { key: proven, nonce } = self.prove(request, &token, &keyset, now, log)?;
        let client = self.clients.authenticate(&refresh.client).await?;
        // A bound token works even if new tokens aren't bound any more.
        let jkt = if token.jkt().is_some() { proven } else { self.proofs.binding(&client, proven)? };
        if refresh.scope.as_ref().is_some_and(|scope| !scope.is_within(&client.scope)) {
            return Err(RefreshReason::Scope.into());
        }
        let resources = refresh.resources.iter().map(ExposeSecret::expose_secret);
        let resource = self.indicators.wanted(resources, &client).map_err(RefreshReason::Target)?;

        let rotation = Rotation {
            keyset: &keyset,
            token: &token,
            successor: &successor,
            client: &client,
            // Only public clients' sessions become bound, since only a key tells their devices apart.
            session_jkt: token.jkt().or(jkt.filter(|_| client.is_public())),
            access_jkt: jkt,
            proven,
            nonce,
            lifetimes: client.lifetimes(self.lifetimes),
            retry_key: &refresh.retry_key(&key.session_id, &*self.random),
            key: &key,
            scope: refresh.scope.as_ref(),
            resource,
            peer: &Peer::of(request),
            log,
            now,
        };
        let table = &self.sessions.table;
        let (rotated, user) = tokio::join!(rotation.write(table), self.users.find(token.user_id()));
        let delivered = match rotated {
            Ok(Rotated::Refused(stored)) => {
                // The user first: if reading the user failed, nothing must be ended.
                let user = user?;
                let session = self.settle(stored, &rotation).await?;
                log.outcome(Event::RefreshRetryServed);
                let is_late = rotation.is_late_retry_of(&session);
                let delivered = self.deliver(&rotation, session, user).await;
                if delivered.is_ok() && is_late {
                    log.happened(Event::RefreshKeyUsedLate);
                }
                return delivered;
            }
            Ok(Rotated::Done(session)) => match user {
                Ok(user) => {
                    log.outcome(Event::RefreshSucceeded);
                    self.deliver(&rotation, session, user).await
                }
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        };
        if delivered.as_ref().is_err_and(is_undelivered) {
            rotation.mark_undelivered(table).await;
        }
        delivered
    }

    /// The key of the request's proof. A bound token without a proof by its key is refused before anything is
    /// read. Nothing is used up, and the session stays with the holder of the key.
    fn prove(
        &self,
        request: &Request,
        token: &RefreshToken,
        keyset: &Keyset,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<Offered, RefreshError> {
        let expected = token.jkt();
        if expected.is_none() {
            return Ok(self.proofs.offered(request, self.route, &keyset.refresh, now)?);
        }
        let proven = self.proofs.key(request, self.route, &keyset.refresh, now)?;
        if proven != expected {
            let misuse = if proven.is_none() { Misuse::NoProof } else { Misuse::OtherKey };
            log.misused(misuse.subtype());
            return Err(RefreshReason::Misused(misuse).into());
        }
        Ok(Offered { key: proven, nonce: None })
    }

    /// Issues the tokens of a session that was rotated now, or by the request that this one repeats.
    async fn deliver(
        &self,
        rotation: &Rotation<'_>,
        session: Session,
        user: Option<User>,
    ) -> Result<Response<Body>, RefreshError> {
        let Rotation { keyset, client, successor, lifetimes, now, .. } = rotation;
        let (user, session) = self.admit(user, session, rotation).await?;
        // The client's current scope limits the granted one.
        let scope = rotation.scope.unwrap_or(&session.scope).intersection(&client.scope);
        let target = self.indicators.target(rotation.resource, &session.resources, client);
        let grant = Grant {
            session: &session,
            refresh_token: successor,
            user: &user,
            claims: rotation.client.token_claims(),
            scope: &scope,
            resource: target.map_err(RefreshReason::Target)?,
            access_ttl: lifetimes.access_ttl,
            jkt: session.jkt.or(rotation.access_jkt),
        };
        let response = self.issuer.issue(&grant, keyset, *now, &*self.random)?;
        Ok(tokens(&response, &keyset.refresh, *now))
    }

    /// Acts on the meaning of a failed rotation. For a retry, returns the session.
    async fn settle(
        &self,
        stored: Option<Session>,
        rotation: &Rotation<'_>,
    ) -> Result<Session, RefreshError> {
        let presented = Presented {
            generation: rotation.token.generation(),
            retry_key: rotation.retry_key,
            scope: rotation.scope,
            resource: rotation.resource,
            jkt: rotation.proven,
        };
        let bounds = Bounds {
            now: rotation.now,
            leeway: rotation.lifetimes.leeway,
            not_before: rotation.client.not_before,
        };
        match (decide(stored.as_ref(), presented, bounds), stored) {
            (Decision::Retried, Some(session)) => Ok(session),
            // Impossible, since a retry has a session. Treated as a session that is over.
            (Decision::Retried, None) => Err(RefreshReason::Ended(End::Absent).into()),
            (Decision::Ended(end), _) => Err(RefreshReason::Ended(end).into()),
            (Decision::ScopeExceeded, _) => Err(RefreshReason::Scope.into()),
            (Decision::Target(error), _) => Err(RefreshReason::Target(error).into()),
            (Decision::OtherKey, _) => {
                rotation.log.misused(Misuse::OtherKey.subtype());
                Err(RefreshReason::Misused(Misuse::OtherKey).into())
            }
            (Decision::Overtaken, _) => Err(RefreshReason::Overtaken.into()),
            (Decision::Ahead, _) => Err(RefreshReason::Ahead.into()),
            // With the nonce, the proof may be of the session's key, and this a retry.
            (Decision::Reused(Reuse::OtherKey), _) if let Some(nonce) = &rotation.nonce => {
                Err(DpopError::Nonce(nonce.clone()).into())
            }
            (Decision::Reused(reuse), _) => {
                // Before the session is ended, so that the event is logged even if that fails.
                rotation.log.reused(rotation.key, reuse.subtype());
                let on_denied = |key: &SessionKey| rotation.log.revoked(key, Cause::Theft);
                let (key, now) = (rotation.key, rotation.now);
                self.revoker.revoke_with_notice(key, Notice::Theft, now, on_denied).await?;
                Err(RefreshReason::Reused(reuse).into())
            }
        }
    }

    /// Checks the user. If the user is deleted, disabled or cut off, the session ends and gets no tokens. The
    /// session and the user were read in parallel. If a change of password has claimed the session in between
    /// and cut off the others, the session continues, as it is now stored.
    async fn admit(
        &self,
        user: Option<User>,
        session: Session,
        rotation: &Rotation<'_>,
    ) -> Result<(User, Session), RefreshError> {
        let (key, now) = (&session.key, rotation.now);
        let on_denied = |key: &SessionKey| rotation.log.revoked(key, Cause::CutOff);
        match user {
            Some(user) if user.admits(session.created_at) => return Ok((user, session)),
            Some(user) if !user.disabled => {
                let claimed = self.revoker.revoke_cut_off(key, user.not_before, now, on_denied).await?;
                if let Some(claimed) = claimed {
                    return Ok((user, claimed));
                }
            }
            _ => self.revoker.revoke(key, now, on_denied).await?,
        }
        Err(RefreshReason::UserCutOff.into())
    }
}

/// Whether an error after a rotation isn't the client's fault: a failure of ours, or a resource that was
/// unregistered, or withdrawn from the client, since it was granted.
fn is_undelivered(error: &RefreshError) -> bool {
    let is_withdrawn = matches!(error, RefreshError::Endpoint(RefreshReason::Target(_)));
    is_withdrawn || error.response().status.is_server_error()
}
