//! The flow of a change of password, top to bottom.

use std::{sync::Arc, time::Duration};

use lambda_http::{Body, Request, Response};
use passwords::{NewPassword, Owner, ReplaceError, Replacing, Username, check_renamed};
use shared::{
    client::Client,
    clock::Timestamp,
    http::{Peer, caller, caller_jkt},
    keys::Keyset,
    log::{Cause, Event, RequestLog},
    random,
    store::{Claim, Claimed, FoundSession, Notice, Session, SessionKey, User},
    thumbprint::Thumbprint,
};

use crate::{PasswordChange, PasswordChangeError, PasswordChangeReason, request::ChangeRequest};

/// How long the caller's session continues if the change fails half-way, so that repeating the request can
/// complete it. Then the session ends in any case, since its tokens are older than the change.
const CLAIMED_TTL: Duration = Duration::from_secs(600);

/// A change whose client, user and session were admitted.
pub(crate) struct Admitted {
    pub(crate) client: Arc<Client>,
    pub(crate) user: User,
    username: Username,
    pub(crate) session: Session,
    pub(crate) keyset: Arc<Keyset>,
    pub(crate) peer: Peer,
    /// The key to bind the access tokens to: the session's, or that of the caller's access token.
    pub(crate) jkt: Option<Thumbprint>,
    pub(crate) now: Timestamp,
}

impl PasswordChange {
    pub(crate) async fn change(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, PasswordChangeError> {
        let caller = caller(request)?;
        log.session(&caller);
        let change = ChangeRequest::parse(request)?;
        let admit = async || self.admit(&caller, caller_jkt(request)?, Peer::of(request)).await;
        let mut admitted = admit().await?;
        let mut replaced = self.replace(&change, &admitted).await;
        if let Err(PasswordChangeError::Endpoint(PasswordChangeReason::NotReplaced(ReplaceError::Renamed))) =
            replaced
        {
            let again = admit().await?;
            check_renamed(&admitted.username, &again.username)?;
            replaced = self.replace(&change, &again).await;
            admitted = again;
        }
        let valid_from = replaced?;
        let id = random::identifier(&*self.random);
        let ends_at = (admitted.now + CLAIMED_TTL).min(admitted.session.absolute_expires_at);
        let claim = Claim { session: &caller, change: &id, created_at: valid_from, ends_at };
        // Before the cut-off: otherwise a refresh by the client would end this session.
        let claimed = self.revoker.claim(&claim, admitted.now).await?;
        self.users.cut_off(&caller.user_id, valid_from, Some(Notice::PasswordChanged)).await?;
        let superseded = claimed.as_ref().and_then(Claimed::superseded);
        self.end_others(&claim, superseded, admitted.now, log).await?;
        let response = match (&claimed, &change.idempotency_key) {
            // A change of password that was under way must not undo a logout.
            (None, _) => Err(PasswordChangeReason::OverAfterChange.into()),
            (Some(claimed), Some(key)) => self.hand_over(&admitted, &claim, claimed, key, log).await,
            (Some(claimed), None) => self.start_over(&admitted, &claim, claimed, log).await,
        };
        match &response {
            Ok(_) => log.outcome(Event::PasswordChanged),
            // The session is over, but the password was changed.
            Err(PasswordChangeError::Endpoint(PasswordChangeReason::OverAfterChange)) => {
                log.happened(Event::PasswordChanged);
            }
            // Repeating the request completes the change.
            Err(_) => {}
        }
        response
    }

    /// Loads the keyset before anything is written, since a change that can't be answered must change
    /// nothing. Then checks the caller's client, user and session.
    async fn admit(
        &self,
        caller: &SessionKey,
        jkt: Option<Thumbprint>,
        peer: Peer,
    ) -> Result<Admitted, PasswordChangeError> {
        let now = self.clock.now();
        let keyset = self.keysets.current(now).await?;
        let Owner { client, user, username, session, jkt } =
            self.callers.find(caller, jkt, now).await?.owner()?;
        Ok(Admitted { client, user, username, session, keyset, peer, jkt, now })
    }

    /// Replaces the password, and returns the earliest start of sessions with the new one.
    async fn replace(
        &self,
        change: &ChangeRequest,
        admitted: &Admitted,
    ) -> Result<Timestamp, PasswordChangeError> {
        let new =
            NewPassword::parse(&change.new, &admitted.username).map_err(PasswordChangeReason::Rejected)?;
        let replacing = Replacing {
            username: &admitted.username,
            user: &admitted.user,
            session: &admitted.session,
            current: &change.current,
            new: &new,
        };
        let replaced = self.credentials.replace_password(&self.passwords, &replacing, admitted.now).await;
        Ok(replaced.map_err(PasswordChangeReason::NotReplaced)?)
    }

    /// Ends the user's other sessions. It queries them only now, to include logins with the old password
    /// until it was replaced. Sessions that began with the new password stay: one may be the successor that
    /// an equal request has stored. But a successor that a superseded request has stored ends, since no
    /// client uses it.
    async fn end_others(
        &self,
        claim: &Claim<'_>,
        superseded: Option<&str>,
        now: Timestamp,
        log: &RequestLog,
    ) -> Result<(), PasswordChangeError> {
        let is_spared = |session: &Session| {
            let is_nobodys = superseded.is_some() && session.retry_key.as_deref() == superseded;
            session.created_at >= claim.created_at && !is_nobodys
        };
        // A malformed session ends too.
        let is_other = |found: &FoundSession| {
            found.key != *claim.session && !found.session.as_ref().is_ok_and(is_spared)
        };
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        Ok(self.revoker.revoke_of_user(&claim.session.user_id, now, is_other, on_denied).await?)
    }
}
