//! The flow of a refresh, top to bottom.

use lambda_http::{Body, Request, Response, http::StatusCode};
use secrecy::ExposeSecret;
use shared::{
    http::{IntoErrorResponse, Peer, json},
    log::{Cause, Event, RequestLog},
    store::{Session, SessionKey, User},
    tokens::Grant,
};

use crate::{
    Bounds, Decision, End, Presented, Refresh, RefreshError, RefreshReason, decide,
    request::RefreshRequest,
    rotation::{Rotated, Rotation},
};

impl Refresh {
    pub(crate) async fn refresh(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, RefreshError> {
        let now = self.clock.now();
        let refresh = RefreshRequest::parse(request)?;
        let keyset = self.keysets.current(now).await?;
        // Before any read: a forged token, or another client's, costs nothing.
        let token = keyset.refresh.verify(refresh.refresh_token.expose_secret(), &refresh.client.client_id);
        let token = token.map_err(RefreshReason::Token)?;
        let successor = token.successor().ok_or(RefreshReason::Worn)?;
        let key = token.session_key(&refresh.client.client_id);
        log.session(&key);
        let client = self.clients.authenticate(&refresh.client).await?;
        if refresh.scope.as_ref().is_some_and(|scope| !scope.is_within(&client.scope)) {
            return Err(RefreshReason::Scope.into());
        }

        let rotation = Rotation {
            keyset: &keyset,
            token: &token,
            successor: &successor,
            client: &client,
            lifetimes: client.lifetimes(self.lifetimes),
            retry_key: &refresh.retry_key(&key.session_id, &*self.random),
            key: &key,
            scope: refresh.scope.as_ref(),
            peer: &Peer::of(request),
            log,
            now,
        };
        let table = &self.sessions.table;
        let (rotated, user) = tokio::join!(rotation.write(table), self.users.find(token.user_id()));
        let delivered = match rotated {
            Ok(Rotated::Refused(stored)) => {
                // The user first, so that nothing is ended while the store answers by halves.
                let user = user?;
                let session = self.settle(stored, &rotation).await?;
                log.outcome(Event::RefreshRetryServed);
                let delivered = self.deliver(&rotation, &session, user).await;
                if delivered.is_ok() && rotation.is_late_retry_of(&session) {
                    log.happened(Event::RefreshKeyUsedLate);
                }
                return delivered;
            }
            Ok(Rotated::Done(session)) => match user {
                Ok(user) => {
                    log.outcome(Event::RefreshSucceeded);
                    self.deliver(&rotation, &session, user).await
                }
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        };
        if delivered.as_ref().is_err_and(is_failure) {
            rotation.mark_undelivered(table).await;
        }
        delivered
    }

    /// The tokens of a session that was rotated, now or by the request that this one repeats.
    async fn deliver(
        &self,
        rotation: &Rotation<'_>,
        session: &Session,
        user: Option<User>,
    ) -> Result<Response<Body>, RefreshError> {
        let Rotation { keyset, client, successor, lifetimes, now, .. } = rotation;
        let user = self.admit(user, session, rotation).await?;
        // What the client may have today bounds what it was granted then.
        let scope = rotation.scope.unwrap_or(&session.scope).intersection(&client.scope);
        let grant = Grant {
            session,
            refresh_token: successor,
            user: &user,
            claims: &rotation.client.claims,
            scope: &scope,
            access_ttl: lifetimes.access_ttl,
        };
        let response = self.issuer.issue(&grant, keyset, *now, &*self.random)?;
        Ok(json(StatusCode::OK, &response))
    }

    /// Acts on what a failed rotation means; for a retry, the session goes on.
    async fn settle(
        &self,
        stored: Option<Session>,
        rotation: &Rotation<'_>,
    ) -> Result<Session, RefreshError> {
        let presented = Presented {
            generation: rotation.token.generation(),
            retry_key: rotation.retry_key,
            scope: rotation.scope,
        };
        let bounds = Bounds {
            now: rotation.now,
            leeway: rotation.lifetimes.leeway,
            not_before: rotation.client.not_before,
        };
        match (decide(stored.as_ref(), presented, bounds), stored) {
            (Decision::Retried, Some(session)) => Ok(session),
            // A retry of nothing doesn't exist; if it did it would be a session that is over.
            (Decision::Retried, None) => Err(RefreshReason::Ended(End::Absent).into()),
            (Decision::Ended(end), _) => Err(RefreshReason::Ended(end).into()),
            (Decision::ScopeExceeded, _) => Err(RefreshReason::Scope.into()),
            (Decision::Overtaken, _) => Err(RefreshReason::Overtaken.into()),
            (Decision::Ahead, _) => Err(RefreshReason::Ahead.into()),
            (Decision::Reused(reuse), _) => {
                // Before the session is ended, so that the event is there even if that fails.
                rotation.log.reused(rotation.key, reuse.subtype());
                let on_denied = |key: &SessionKey| rotation.log.revoked(key, Cause::Theft);
                self.revoker.revoke(rotation.key, rotation.now, on_denied).await?;
                Err(RefreshReason::Reused(reuse).into())
            }
        }
    }

    /// A user who is gone, disabled or cut off gets nothing, and the session goes.
    async fn admit(
        &self,
        user: Option<User>,
        session: &Session,
        rotation: &Rotation<'_>,
    ) -> Result<User, RefreshError> {
        match user {
            Some(user) if user.admits(session.created_at) => Ok(user),
            _ => {
                let on_denied = |key: &SessionKey| rotation.log.revoked(key, Cause::CutOff);
                self.revoker.revoke(&session.key, rotation.now, on_denied).await?;
                Err(RefreshReason::UserCutOff.into())
            }
        }
    }
}

/// Whether an error is a failure of ours, and so nothing that the client did.
fn is_failure(error: &RefreshError) -> bool {
    error.response().status.is_server_error()
}
