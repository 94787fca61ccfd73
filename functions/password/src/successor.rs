//! The session that goes on after a change of password. Its secret is new, so that a thief who has a token of the old session
//! is left behind; and so it is another session, since a session is named by a hash of its secret.

use std::time::Duration;

use lambda_http::{Body, Response, http::StatusCode};
use shared::{
    clock::Timestamp,
    http::{IdempotencyKey, json},
    lifetimes,
    log::{Cause, RequestLog},
    random,
    store::{NewSession, Replacement, Session, SessionKey},
    tokens::{Grant, RefreshToken},
};

use crate::{PasswordChange, PasswordChangeError, PasswordChangeReason, flow::Admitted};

/// For how long the session that asked with an `Idempotency-Key` goes on, so that a retry of the request passes the authorizer:
/// as long as the longest leeway.
const REPLACED_TTL: Duration = Duration::from_secs(*lifetimes::LEEWAY.end());
/// Keeps these hashes apart from any other.
const LABEL: &[u8] = b"latchgate session after a change of password 1";

impl PasswordChange {
    /// Opens a new session for the caller's device, and ends the one that asked: last, so that until then the same request
    /// again passes the authorizer.
    pub(crate) async fn start_over(
        &self,
        admitted: &Admitted,
        valid_from: Timestamp,
        log: &RequestLog,
    ) -> Result<Response<Body>, PasswordChangeError> {
        let old = &admitted.session.key;
        let token = RefreshToken::first(old.user_id.clone(), &*self.random);
        let session = self.session_of(admitted, &token, valid_from);
        let response = self.tokens_of(admitted, &session, &token)?;
        self.sessions.put(&session).await?;
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        self.revoker.revoke(old, admitted.now, on_denied).await?;
        log.session(&session.key);
        Ok(response)
    }

    /// The same for a request with an `Idempotency-Key`: however often and in whatever order the request comes, one session is
    /// opened, whose secret follows from the key, and all get its newest token. The session that asked ends a minute later.
    pub(crate) async fn hand_over(
        &self,
        admitted: &Admitted,
        valid_from: Timestamp,
        key: &IdempotencyKey,
        log: &RequestLog,
    ) -> Result<Response<Body>, PasswordChangeError> {
        let (old, now) = (&admitted.session, admitted.now);
        let hash = key.hash(LABEL, &old.key.session_id);
        let token = RefreshToken::derived(old.key.user_id.clone(), &hash);
        let mut session = self.session_of(admitted, &token, valid_from);
        // Tells this put of the session from any other.
        session.retry_key = Some(random::identifier(&*self.random));
        let mut response = self.tokens_of(admitted, &session, &token)?;
        let mut is_put = true;
        if let Some(stored) = self.sessions.put_new(&session).await? {
            is_put = stored.retry_key == session.retry_key;
            if !stored.is_live(now) {
                return Err(PasswordChangeReason::SessionOver.into());
            }
            response = self.tokens_of(admitted, &stored, &token.at_generation(stored.generation))?;
            session = stored;
        }
        let name = session.key.session_id.as_str();
        let successor = format!("{name}#{}", session.retry_key.as_deref().unwrap_or_default());
        let ends_at = (now + REPLACED_TTL).min(old.ends_at());
        let replacement =
            Replacement { session: &old.key, successor: &successor, created_at: valid_from, now, ends_at };
        let before = self.revoker.replace(&replacement).await?;
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        if is_put && before.as_ref().is_some_and(|before| *before != successor && before.starts_with(name)) {
            // It had been put by an earlier request, and was ended since: a logout is not undone by a late request.
            self.revoker.revoke(&session.key, now, on_denied).await?;
            return Err(PasswordChangeReason::SessionOver.into());
        }
        if before.is_none() {
            on_denied(&old.key);
        }
        log.session(&session.key);
        Ok(response)
    }

    fn session_of(&self, admitted: &Admitted, token: &RefreshToken, valid_from: Timestamp) -> Session {
        let Admitted { client, session, peer, now, .. } = admitted;
        let new = NewSession {
            key: token.session_key(&client.client_id),
            created_at: valid_from,
            scope: session.scope.intersection(&client.scope),
            device_name: session.device_name.clone(),
            user_agent: peer.user_agent.clone(),
            address: peer.address.clone(),
        };
        Session::begin(new, client.lifetimes(self.lifetimes), *now)
    }

    fn tokens_of(
        &self,
        admitted: &Admitted,
        session: &Session,
        token: &RefreshToken,
    ) -> Result<Response<Body>, PasswordChangeError> {
        let Admitted { client, user, keyset, now, .. } = admitted;
        let grant = Grant {
            session,
            refresh_token: token,
            user,
            claims: &client.claims,
            scope: &session.scope,
            access_ttl: client.lifetimes(self.lifetimes).access_ttl,
        };
        let tokens = self.issuer.issue(&grant, keyset, *now, &*self.random)?;
        Ok(json(StatusCode::OK, &tokens))
    }
}
