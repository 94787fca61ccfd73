//! The flow of a change of password, top to bottom.

use std::{sync::Arc, time::Duration};

use lambda_http::{Body, Request, Response};
use passwords::{Attempt, Budget, Changed, Counter, Credential, NewHash, NewPassword, Username, Verdict};
use shared::{
    client::{Client, ClientError},
    clock::Timestamp,
    http::{Peer, caller},
    keys::Keyset,
    log::{Cause, Event, RequestLog},
    random,
    store::{Claim, Claimed, FoundSession, Session, SessionKey, StoreError, User, attribute},
};

use crate::{PasswordChange, PasswordChangeError, PasswordChangeReason, request::ChangeRequest};

/// For how long a session that asked goes on if the change fails half-way: time to complete it by the same request. Then it ends,
/// even if nobody does, since its tokens are from before the change.
const CLAIMED_TTL: Duration = Duration::from_secs(600);

/// A change by a caller whose client, user and session may go on.
pub(crate) struct Admitted {
    pub(crate) client: Arc<Client>,
    pub(crate) user: User,
    username: Username,
    pub(crate) session: Session,
    pub(crate) keyset: Arc<Keyset>,
    pub(crate) peer: Peer,
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
        let admitted = self.admit(&caller, Peer::of(request)).await?;
        let new =
            NewPassword::parse(&change.new, &admitted.username).map_err(PasswordChangeReason::Rejected)?;

        let valid_from = self.replace(&admitted, &change, &new).await?;
        let id = random::identifier(&*self.random);
        let ends_at = (admitted.now + CLAIMED_TTL).min(admitted.session.absolute_expires_at);
        let claim = Claim { session: &caller, change: &id, created_at: valid_from, ends_at };
        // Before the cut-off, which would otherwise end this session at a refresh of the client's own.
        let claimed = self.revoker.claim(&claim, admitted.now).await?;
        self.users.cut_off(&caller.user_id, valid_from).await?;
        let superseded = claimed.as_ref().and_then(Claimed::superseded);
        self.end_others(&claim, superseded, admitted.now, log).await?;
        let response = match (&claimed, &change.idempotency_key) {
            // A logout is not undone by a change of password that was under way.
            (None, _) => Err(PasswordChangeReason::OverAfterChange.into()),
            (Some(claimed), Some(key)) => self.hand_over(&admitted, &claim, claimed, key, log).await,
            (Some(claimed), None) => self.start_over(&admitted, &claim, claimed, log).await,
        };
        match &response {
            Ok(_) => log.outcome(Event::PasswordChanged),
            // The session is over, and the password is another all the same.
            Err(PasswordChangeError::Endpoint(PasswordChangeReason::OverAfterChange)) => {
                log.happened(Event::PasswordChanged);
            }
            // The same request again completes the change.
            Err(_) => {}
        }
        response
    }

    /// The keyset first, before anything is written: a change that can't be answered changes nothing. Then the caller's
    /// client, user and session, if all three may go on.
    async fn admit(&self, caller: &SessionKey, peer: Peer) -> Result<Admitted, PasswordChangeError> {
        let now = self.clock.now();
        let keyset = self.keysets.current(now).await?;
        let (client, user, session) = tokio::join!(
            self.clients.enabled(&caller.client_id),
            self.users.find(&caller.user_id),
            self.sessions.find(caller)
        );
        let (client, user, session) = (client.map_err(gone)?, user?, session?);
        let session =
            session.filter(|session| session.is_live(now) && session.created_at >= client.not_before);
        let session = session.ok_or(PasswordChangeReason::SessionOver)?;
        let user = user.filter(|user| !user.disabled).ok_or(PasswordChangeReason::SessionOver)?;
        let username = user.username.as_deref().and_then(Username::stored);
        let malformed = StoreError::Malformed { table: "Users", attribute: attribute::USERNAME };
        let username = username.ok_or(malformed)?;
        Ok(Admitted { client, user, username, session, keyset, peer, now })
    }

    /// Replaces the password, and returns from when on sessions of the new one begin.
    async fn replace(
        &self,
        admitted: &Admitted,
        change: &ChangeRequest,
        new: &NewPassword,
    ) -> Result<Timestamp, PasswordChangeError> {
        let (credential, counter) = self.take_attempt(admitted).await?;
        let verdict = self
            .passwords
            .verify(&change.current, Some(&credential.password_hash))
            .await
            .map_err(PasswordChangeReason::Password)?;
        if verdict == Verdict::Wrong {
            return self.completed(admitted, &credential, new, &counter).await;
        }
        // The user's other sessions were cut off by a change that this session was not part of.
        if !admitted.user.admits(admitted.session.created_at) {
            return Err(PasswordChangeReason::SessionOver.into());
        }
        if change.current == *new.password() {
            self.credentials.forgive(&admitted.username, &counter).await?;
            return Err(PasswordChangeReason::Same.into());
        }
        let hash = self.passwords.hash(new.password()).await.map_err(PasswordChangeReason::Password)?;
        let new_hash = NewHash::replacing(&credential, hash, admitted.now);
        let session_id = &admitted.session.key.session_id;
        let changed = self
            .credentials
            .change_password(&admitted.username, &credential, &new_hash, session_id, &counter)
            .await?;
        match changed {
            Changed::Done => Ok(new_hash.valid_from),
            // Perhaps by the same request, which came twice.
            Changed::Meanwhile(Some(stored)) => self.completed(admitted, &stored, new, &counter).await,
            Changed::Meanwhile(None) => Err(PasswordChangeReason::WrongPassword.into()),
        }
    }

    async fn take_attempt(&self, admitted: &Admitted) -> Result<(Credential, Counter), PasswordChangeError> {
        let SessionKey { user_id, session_id, .. } = &admitted.session.key;
        // The caller has a session of this user, and is counted as its device.
        let budget = Budget::of_device(user_id.clone(), session_id);
        match self.credentials.take_attempt(&admitted.username, &budget, admitted.now).await? {
            Attempt::Known(credential, counter) if credential.user_id == *user_id => {
                Ok((credential, counter))
            }
            Attempt::Known(..) | Attempt::Unknown(_) => {
                // The user's record and the credential don't belong together.
                Err(StoreError::Malformed { table: "Users", attribute: attribute::USERNAME }.into())
            }
            Attempt::Refused(_) => Err(PasswordChangeReason::BudgetSpent.into()),
        }
    }

    /// Whether this very change was made by another request of the same session, whose answer was lost, which failed
    /// half-way, or which is still under way: its current password is no longer current, and what is left of it is to be
    /// completed. That is no guess, so the attempt is given back.
    async fn completed(
        &self,
        admitted: &Admitted,
        credential: &Credential,
        new: &NewPassword,
        counter: &Counter,
    ) -> Result<Timestamp, PasswordChangeError> {
        if credential.changed_in.as_ref() != Some(&admitted.session.key.session_id) {
            return Err(PasswordChangeReason::WrongPassword.into());
        }
        match self
            .passwords
            .verify(new.password(), Some(&credential.password_hash))
            .await
            .map_err(PasswordChangeReason::Password)?
        {
            Verdict::Wrong => Err(PasswordChangeReason::WrongPassword.into()),
            Verdict::Right | Verdict::RightButWeak => {
                self.credentials.forgive(&admitted.username, counter).await?;
                Ok(credential.valid_from)
            }
        }
    }

    /// Ends the user's sessions but the one that asks. Queried only now: whoever logged in with the old password until it was
    /// replaced is among them. Sessions of the new password are spared: one of them may be the successor that an equal request
    /// has put. But the one that a superseded request has put is nobody's any more.
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
        // One that can't be read is nobody's to keep.
        let is_other = |found: &FoundSession| {
            found.key != *claim.session && !found.session.as_ref().is_ok_and(is_spared)
        };
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        Ok(self.revoker.revoke_of_user(&claim.session.user_id, now, is_other, on_denied).await?)
    }
}

/// What an error of the session's client means: the session is over, unless the store failed. A plain `?` would say
/// `invalid_client`, although no client authenticates here.
fn gone(error: ClientError) -> PasswordChangeError {
    match error {
        ClientError::Store(error) => error.into(),
        ClientError::Unknown | ClientError::Unproven | ClientError::Disabled => {
            PasswordChangeReason::ClientGone(error).into()
        }
    }
}
