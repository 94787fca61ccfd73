//! The session that continues after a change of password. Its secret is new, so a thief with a token of the
//! old session can't follow. A session's identifier is a hash of its secret, so this is another session.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::SdkError,
    types::{AttributeValue, ReturnValue},
};
use lambda_http::{Body, Response};
use shared::{
    clock::Timestamp,
    http::{IdempotencyKey, tokens},
    lifetimes::{self, Lifetimes},
    log::{Cause, RequestLog},
    random,
    store::{
        Claim, ClaimEnd, Claimed, NewSession, Replaced, Replacement, Session, SessionKey, StoreError,
        attribute,
    },
    thumbprint::Thumbprint,
    tokens::{Grant, RefreshToken},
};

use crate::{PasswordChange, PasswordChangeError, PasswordChangeReason, flow::Admitted};

/// How long the caller's session continues after a request with an `Idempotency-Key`, so that a retry passes
/// the authorizer: as long as the longest leeway.
const REPLACED_TTL: Duration = Duration::from_secs(*lifetimes::LEEWAY.end());
/// Separates these hashes from others.
const LABEL: &[u8] = b"latchgate session after a change of password 1";

impl PasswordChange {
    /// Opens a new session for the caller's device, and ends the caller's. It does that last, so that a
    /// repeated request passes the authorizer until then.
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
        let mut session = self.session_of(admitted, &token, claim.created_at, claimed.jkt()?);
        // A request that claims the old session again recognises this one by its mark.
        session.retry_key = Some(claim.change.to_owned());
        let response = self.tokens_of(admitted, &session, &token)?;
        self.sessions.put(&session).await?;
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        match self.revoker.revoke_claimed(claim, admitted.now, on_denied).await? {
            // The other request makes the same change or a later one, and ends the session.
            ClaimEnd::Ended | ClaimEnd::ClaimedAgain => {
                log.session(&session.key);
                Ok(response)
            }
            // For example by a logout, which the new session must not outlive.
            ClaimEnd::Gone => self.withdraw(&session, admitted.now, log).await,
        }
    }

    /// Like [`Self::start_over`], for a request with an `Idempotency-Key`. All its retries, in any order,
    /// open a single session, whose secret derives from the key, and return its newest token. The caller's
    /// session ends a minute later.
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
        let mut session = self.session_of(admitted, &token, claim.created_at, claimed.jkt()?);
        // A mark that tells this put from any other.
        session.retry_key = Some(random::identifier(&*self.random));
        let mut response = self.tokens_of(admitted, &session, &token)?;

        let name = session.key.session_id.to_string();
        let names_it = |successor: &str| successor.starts_with(&name);
        let put_before = claimed.successor()?.filter(|successor| names_it(successor));
        if put_before.is_none() && claimed.is_being_ended()? {
            return Err(PasswordChangeReason::OverAfterChange.into());
        }
        let stored = match put_before {
            // Not again: the session may have ended meanwhile.
            Some(_) => self.sessions.find(&session.key).await?,
            None => self.sessions.put_new(&session).await?.or_else(|| Some(session.clone())),
        };
        let stored = match (stored, session.jkt) {
            (Some(stored), Some(jkt)) if stored.jkt.is_none() => self.bound(&stored.key, jkt).await?,
            (stored, _) => stored,
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
            // An earlier request stored the new session, and it has ended since. A late request must not undo
            // a logout.
            Replaced::Before(before) => is_put && *before != successor && names_it(before),
            // The old session already named the new one, whose tokens may be in use. So only its own end may
            // end the new one. This request returns no tokens, in case the old session ended by a logout
            // before they arrived.
            Replaced::Gone if put_before.is_some() => {
                return Err(PasswordChangeReason::OverAfterChange.into());
            }
            // For example by a logout, which the new session must not outlive, whichever request stored it.
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

    /// Binds the new session to the key of the caller's, which became bound after the new one was stored: a
    /// change of password unbinds nothing. `None`, if it is over or bound to another key.
    async fn bound(&self, key: &SessionKey, jkt: Thumbprint) -> Result<Option<Session>, StoreError> {
        let update = self.sessions.table.update_item().set_key(Some(key.to_item()));
        let update = update
            .update_expression("SET #jkt = :jkt")
            .condition_expression(
                "attribute_exists(#user_id) AND (attribute_not_exists(#jkt) OR #jkt = :jkt)",
            )
            .expression_attribute_names("#jkt", attribute::JKT)
            .expression_attribute_names("#user_id", attribute::USER_ID)
            .expression_attribute_values(":jkt", AttributeValue::S(jkt.to_string()))
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(updated) => updated.attributes.as_ref().map(Session::from_item).transpose(),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(StoreError::unavailable("UpdateItem on Sessions", error)),
        }
    }

    /// Ends the new session, whose tokens were never sent.
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

    fn session_of(
        &self,
        admitted: &Admitted,
        token: &RefreshToken,
        valid_from: Timestamp,
        jkt: Option<Thumbprint>,
    ) -> Session {
        let Admitted { client, session, peer, now, .. } = admitted;
        let new = NewSession {
            key: token.session_key(&client.client_id),
            created_at: valid_from,
            auth_time: *now,
            scope: session.scope.intersection(&client.scope),
            resources: session.resources.clone(),
            // The device stays the same, and so does its key.
            jkt,
            // Unchanged: a client without a refresh token gets none by this.
            is_refreshable: session.is_refreshable,
            device_name: session.device_name.clone(),
            user_agent: peer.user_agent.clone(),
            address: peer.address.clone(),
        };
        Session::begin(new, self.lifetimes_of(admitted), *now)
    }

    fn lifetimes_of(&self, admitted: &Admitted) -> Lifetimes {
        let lifetimes = admitted.client.lifetimes(self.lifetimes);
        if admitted.session.is_refreshable { lifetimes } else { lifetimes.without_refresh() }
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
            claims: client.token_claims(),
            scope: &session.scope,
            // The request's token was for the audience, so the new one is too.
            resource: None,
            access_ttl: self.lifetimes_of(admitted).access_ttl,
            jkt: session.jkt.or(admitted.jkt),
        };
        let response = self.issuer.issue(&grant, keyset, *now, &*self.random)?;
        let response = if session.is_refreshable { response } else { response.without_refresh_token() };
        Ok(tokens(&response, &keyset.refresh, *now))
    }
}
