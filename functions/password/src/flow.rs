//! The flow of a change of password, top to bottom.

use std::sync::Arc;

use lambda_http::{Body, Request, Response, http::StatusCode};
use passwords::{Attempt, Budget, Counter, Credential, NewHash, NewPassword, Username, Verdict};
use shared::{
    client::{Client, ClientError},
    clock::Timestamp,
    http::{Peer, caller, json},
    keys::Keyset,
    log::{Cause, Event, RequestLog},
    store::{NewSession, Session, SessionKey, StoreError, User, attribute},
    tokens::{Grant, RefreshToken},
};

use crate::{PasswordChange, PasswordChangeError, PasswordChangeReason, request::ChangeRequest};

/// A change by a caller whose client, user and session may go on.
struct Admitted {
    client: Arc<Client>,
    user: User,
    username: Username,
    session: Session,
    keyset: Arc<Keyset>,
    peer: Peer,
    now: Timestamp,
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
        self.users.cut_off(&caller.user_id, valid_from).await?;
        self.end_others(&caller, log, admitted.now).await?;
        let (response, session) = self.open_session(&admitted, valid_from).await?;
        // Last, so that until then the same request again passes the authorizer.
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        self.revoker.revoke(&caller, admitted.now, on_denied).await?;
        log.session(&session);
        log.outcome(Event::PasswordChanged);
        Ok(response)
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
            return self.completed(admitted, &credential, new).await;
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
        let new = NewHash::replacing(&credential, hash, admitted.now);
        let session_id = &admitted.session.key.session_id;
        let is_changed = self
            .credentials
            .change_password(&admitted.username, &credential, &new, session_id, &counter)
            .await?;
        if is_changed { Ok(new.valid_from) } else { Err(PasswordChangeReason::WrongPassword.into()) }
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

    /// Whether this very change was made by an earlier request of the same session, whose answer was lost or which
    /// failed half-way: its current password is no longer current, and what is left of it is to be completed.
    async fn completed(
        &self,
        admitted: &Admitted,
        credential: &Credential,
        new: &NewPassword,
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
            Verdict::Right | Verdict::RightButWeak => Ok(credential.valid_from),
        }
    }

    /// Ends the user's sessions but the one that asks. Queried only now: whoever logged in with the old password
    /// until it was replaced is among them.
    async fn end_others(
        &self,
        caller: &SessionKey,
        log: &RequestLog,
        now: Timestamp,
    ) -> Result<(), PasswordChangeError> {
        let found = self.sessions.of_user(&caller.user_id).await?;
        let others = found.into_iter().map(|found| found.key).filter(|key| key != caller);
        let on_denied = |key: &SessionKey| log.revoked(key, Cause::PasswordChange);
        Ok(self.revoker.revoke_all(others, now, on_denied).await?)
    }

    /// Opens a new session for the caller's device. Its secret is new, so that a thief who has a token of the old session is
    /// left behind.
    async fn open_session(
        &self,
        admitted: &Admitted,
        valid_from: Timestamp,
    ) -> Result<(Response<Body>, SessionKey), PasswordChangeError> {
        let Admitted { client, user, session, keyset, now, .. } = admitted;
        let lifetimes = client.lifetimes(self.lifetimes);
        let refresh_token = RefreshToken::first(session.key.user_id.clone(), &*self.random);
        let new = NewSession {
            key: refresh_token.session_key(&client.client_id),
            created_at: valid_from,
            scope: session.scope.intersection(&client.scope),
            device_name: session.device_name.clone(),
            user_agent: admitted.peer.user_agent.clone(),
            address: admitted.peer.address.clone(),
        };
        let session = Session::begin(new, lifetimes, *now);
        let grant = Grant {
            session: &session,
            refresh_token: &refresh_token,
            user,
            claims: &client.claims,
            scope: &session.scope,
            access_ttl: lifetimes.access_ttl,
        };
        let tokens = self.issuer.issue(&grant, keyset, *now, &*self.random)?;
        self.sessions.put(&session).await?;
        Ok((json(StatusCode::OK, &tokens), session.key))
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
