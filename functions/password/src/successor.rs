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
    store::{Claim, ClaimEnd, Claimed, NewSession, Replaced, Replacement, Session, SessionKey},
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
        claim: &Claim<'_>,
        claimed: &Claimed,
        log: &RequestLog,
    ) -> Result<Response<Body>, PasswordChangeError> {
        if claimed.is_being_ended()? {
            return Err(PasswordChangeReason::OverAfterChange.into());
        }
        let token = RefreshToken::first(claim.session.user_id.clone(), &*self.random);
        let mut session = self.session_of(admitted, &token, claim.created_at);
        // By this a request that claims the old session again knows it.
        session.retry_key = Some(claim.change.to_owned());
        let response = self.tokens_of(admitted, &session, &token)?;
        self.sessions.put(&session).await?;
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        match self.revoker.revoke_claimed(claim, admitted.now, on_denied).await? {
            // Whoever claimed it again makes the same change or a later one, and ends it.
            ClaimEnd::Ended | ClaimEnd::ClaimedAgain => {
                log.session(&session.key);
                Ok(response)
            }
            // By a logout, say, which the new session must not outlive.
            ClaimEnd::Gone => self.withdraw(&session, admitted.now, log).await,
        }
    }

    /// The same for a request with an `Idempotency-Key`: however often and in whatever order the request comes, one session is
    /// opened, whose secret follows from the key, and all get its newest token. The session that asked ends a minute later.
    pub(crate) async fn hand_over(
        &self,
        admitted: &Admitted,
        claim: &Claim<'_>,
        claimed: &Claimed,
        key: &IdempotencyKey,
        log: &RequestLog,
    ) -> Result<Response<Body>, PasswordChangeError> {
        let (old, now) = (&admitted.session, admitted.now);
        let hash = key.hash(LABEL, &old.key.session_id);
        let token = RefreshToken::derived(old.key.user_id.clone(), &hash);
        let mut session = self.session_of(admitted, &token, claim.created_at);
        // Tells this put of the session from any other.
        session.retry_key = Some(random::identifier(&*self.random));
        let mut response = self.tokens_of(admitted, &session, &token)?;

        let name = session.key.session_id.to_string();
        let names_it = |successor: &str| successor.starts_with(&name);
        let put_before = claimed.successor()?.filter(|successor| names_it(successor));
        if put_before.is_none() && claimed.is_being_ended()? {
            return Err(PasswordChangeReason::OverAfterChange.into());
        }
        let stored = match put_before {
            // Not again: it may have been ended since.
            Some(_) => self.sessions.find(&session.key).await?,
            None => self.sessions.put_new(&session).await?.or_else(|| Some(session.clone())),
        };
        let is_put = put_before.is_none()
            && stored.as_ref().is_some_and(|stored| stored.retry_key == session.retry_key);
        if let Some(stored) = stored.as_ref().filter(|_| !is_put) {
            response = self.tokens_of(admitted, stored, &token.at_generation(stored.generation))?;
        }

        let marked = stored.as_ref().and_then(|stored| stored.retry_key.as_deref()).unwrap_or_default();
        let successor = format!("{name}#{marked}");
        let ends_at = (now + REPLACED_TTL).min(old.ends_at());
        let replacement = Replacement { session: &old.key, successor: &successor, now, ends_at };
        let replaced = self.revoker.replace(&replacement).await?;
        let Some(stored) = stored else { return Err(PasswordChangeReason::OverAfterChange.into()) };
        let is_over = match &replaced {
            Replaced::Now => {
                log.revoked(&old.key, Cause::PasswordChange);
                false
            }
            // It had been put by an earlier request, and was ended since: a logout is not undone by a late request.
            Replaced::Before(before) => is_put && *before != successor && names_it(before),
            // The old session named the new one already: from then on nothing but its own end ends the new one, since its tokens
            // may be in use. Nobody gets them from this request, in case the old one ended by a logout before they arrived.
            Replaced::Gone if put_before.is_some() => {
                return Err(PasswordChangeReason::OverAfterChange.into());
            }
            // By a logout, say, which the new session must not outlive, whichever request put it.
            Replaced::Gone => true,
        };
        if is_over {
            return self.withdraw(&stored, now, log).await;
        }
        if !stored.is_live(now) {
            return Err(PasswordChangeReason::OverAfterChange.into());
        }
        log.session(&stored.key);
        Ok(response)
    }

    /// Ends the new session, of which nobody has a token.
    async fn withdraw(
        &self,
        session: &Session,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<Response<Body>, PasswordChangeError> {
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        self.revoker.revoke(&session.key, now, on_denied).await?;
        Err(PasswordChangeReason::OverAfterChange.into())
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
