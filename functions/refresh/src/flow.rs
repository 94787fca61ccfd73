//! The flow of a refresh, top to bottom.

use lambda_http::{Body, Request, Response, http::StatusCode};
use secrecy::ExposeSecret;
use shared::{
    client::Client,
    clock::Timestamp,
    http::{Origin, json},
    store::{Session, StoreError, User},
    tokens::{Grant, RefreshToken},
};

use crate::{
    Bounds, Decision, End, Presented, Refresh, RefreshError, Reuse, decide,
    request::RefreshRequest,
    rotation::{Rotated, Rotation},
};

impl Refresh {
    pub(crate) async fn refresh(&self, request: &Request) -> Result<Response<Body>, RefreshError> {
        let now = self.clock.now();
        let refresh = RefreshRequest::parse(request)?;
        // Before any read: a forged token, or another client's, costs nothing.
        let token =
            self.keyset.refresh.verify(refresh.refresh_token.expose_secret(), &refresh.client.client_id)?;
        let successor = token.successor().ok_or(RefreshError::Worn)?;
        let client = self.clients.authenticate(&refresh.client).await?;
        if refresh.scope.as_ref().is_some_and(|scope| !scope.is_within(&client.scope)) {
            return Err(RefreshError::Scope);
        }

        let key = token.session_key(&client.client_id);
        let retry_key = refresh.retry_key(&key.session_id, &*self.random);
        let rotation = Rotation {
            key: &key,
            generation: token.generation(),
            next_generation: successor.generation(),
            retry_key: &retry_key,
            scope: refresh.scope.as_ref(),
            not_before: client.not_before,
            lifetimes: client.lifetimes(self.lifetimes),
            origin: &Origin::of(request),
            now,
        };
        let table = &self.revoker.sessions.table;
        let (rotated, user) = tokio::join!(rotation.write(table), self.users.find(token.user_id()));
        match rotated? {
            Rotated::Done(session) => {
                let delivered = self.deliver(&rotation, &client, &session, &successor, user).await;
                if delivered.as_ref().is_err_and(RefreshError::is_failure) {
                    rotation.mark_undelivered(table).await;
                }
                delivered
            }
            Rotated::Refused(stored) => {
                // First, so that nothing is ended while the store answers by halves.
                let user = user?;
                let session = self.settle(stored, &rotation).await?;
                self.deliver(&rotation, &client, &session, &successor, Ok(user)).await
            }
        }
    }

    /// The tokens of a session that was rotated, now or by the request that this one repeats.
    async fn deliver(
        &self,
        rotation: &Rotation<'_>,
        client: &Client,
        session: &Session,
        successor: &RefreshToken,
        user: Result<Option<User>, StoreError>,
    ) -> Result<Response<Body>, RefreshError> {
        let user = self.admit(user?, session, rotation.now).await?;
        // What the client may have today bounds what it was granted then.
        let scope = rotation.scope.unwrap_or(&session.scope).intersection(&client.scope);
        let access_ttl = rotation.lifetimes.access_ttl;
        let grant = Grant { session, refresh_token: successor, user: &user, scope: &scope, access_ttl };
        let response = self.issuer.issue(&grant, rotation.now, &*self.random)?;
        Ok(json(StatusCode::OK, &response))
    }

    /// Acts on what a failed rotation means; for a retry, the session goes on.
    async fn settle(
        &self,
        stored: Option<Session>,
        rotation: &Rotation<'_>,
    ) -> Result<Session, RefreshError> {
        let presented = Presented {
            generation: rotation.generation,
            retry_key: rotation.retry_key,
            scope: rotation.scope,
        };
        let bounds =
            Bounds { now: rotation.now, leeway: rotation.lifetimes.leeway, not_before: rotation.not_before };
        match (decide(stored.as_ref(), presented, bounds), stored) {
            (Decision::Retried, Some(session)) => Ok(session),
            // A retry of nothing doesn't exist; if it did it would be a session that is over.
            (Decision::Retried, None) => Err(RefreshError::Ended(End::Absent)),
            (Decision::Ended(end), _) => Err(RefreshError::Ended(end)),
            (Decision::ScopeExceeded, _) => Err(RefreshError::Scope),
            (Decision::Ahead, _) => Err(RefreshError::Ahead),
            (Decision::Reused(reuse), _) => {
                report_reuse(reuse, rotation);
                self.revoker.revoke_found(rotation.key, rotation.now).await?;
                Err(RefreshError::Reused(reuse))
            }
        }
    }

    /// A user who is gone, disabled or cut off gets nothing, and the session goes.
    async fn admit(
        &self,
        user: Option<User>,
        session: &Session,
        now: Timestamp,
    ) -> Result<User, RefreshError> {
        match user {
            Some(user) if user.admits(session.created_at) => Ok(user),
            _ => {
                self.revoker.revoke_found(&session.key, now).await?;
                Err(RefreshError::UserCutOff)
            }
        }
    }
}

/// The audit event: written before the session is ended, so that it is there even if that fails.
fn report_reuse(reuse: Reuse, rotation: &Rotation<'_>) {
    tracing::warn!(
        event = "refresh_token_reused",
        subtype = reuse.subtype(),
        user_id = %rotation.key.user_id,
        client_id = %rotation.key.client_id,
        session_id = %rotation.key.session_id,
        address = rotation.origin.address,
        "a refresh token was used a second time; its session ends"
    );
}
