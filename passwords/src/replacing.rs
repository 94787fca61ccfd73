//! Replaces a user's password in a session. It requires the current one, and counts every attempt.

use shared::{
    clock::Timestamp,
    store::{Session, User},
};

use crate::{
    Changed, Counter, Credential, Credentials, NewHash, NewPassword, Password, Passwords, Reauthentication,
    ReplaceError, Username, Verdict, reauthentication::Tried,
};

/// A user's request to replace the password.
#[derive(Debug)]
pub struct Replacing<'a> {
    /// The user name in the user's record.
    pub username: &'a Username,
    /// The user's record.
    pub user: &'a User,
    /// The live session of the request.
    pub session: &'a Session,
    /// The current password according to the user.
    pub current: &'a Password,
    /// The new password.
    pub new: &'a NewPassword,
}

impl Credentials {
    /// Replaces the password, and returns the earliest start of sessions with the new one. Repeating the
    /// request returns the same instant, as long as no other session replaces the password.
    ///
    /// # Errors
    ///
    /// [`ReplaceError`], if the password was not replaced.
    pub async fn replace_password(
        &self,
        passwords: &Passwords,
        replacing: &Replacing<'_>,
        now: Timestamp,
    ) -> Result<Timestamp, ReplaceError> {
        let Replacing { username, user, session, current, new } = *replacing;
        let (key, created_at) = (&session.key, session.created_at);
        let entered = Reauthentication { username, user, session: key, created_at, current };
        let Tried { credential, counter, is_right } = self.try_current(passwords, &entered, now).await?;
        if !is_right {
            return self.completed(passwords, replacing, &credential, &counter).await;
        }
        // Another change of password has cut this session off.
        if !user.admits(session.created_at) {
            return Err(ReplaceError::SessionOver);
        }
        if current == new.password() {
            self.forgive(username, &counter).await?;
            return Err(ReplaceError::Same);
        }
        let hash = passwords.hash(new.password()).await?;
        let new_hash = NewHash::replacing(&credential, hash, now);
        let session_id = &session.key.session_id;
        match self.change_password(username, &credential, &new_hash, session_id, &counter).await? {
            Changed::Done => Ok(new_hash.valid_from),
            // Perhaps this request came twice.
            Changed::Meanwhile(Some(stored)) => self.completed(passwords, replacing, &stored, &counter).await,
            Changed::Meanwhile(None) => Err(ReplaceError::WrongPassword),
        }
    }

    /// Checks whether another request of this session has already made the same change: its answer was lost,
    /// it failed half-way, or it is still under way. Then `current` is no longer the user's password, and the
    /// caller completes the change. That is no guess, so the attempt is forgiven.
    async fn completed(
        &self,
        passwords: &Passwords,
        replacing: &Replacing<'_>,
        credential: &Credential,
        counter: &Counter,
    ) -> Result<Timestamp, ReplaceError> {
        if credential.changed_in.as_ref() != Some(&replacing.session.key.session_id) {
            return Err(ReplaceError::WrongPassword);
        }
        match passwords.verify(replacing.new.password(), Some(&credential.password_hash)).await? {
            Verdict::Wrong => Err(ReplaceError::WrongPassword),
            Verdict::Right | Verdict::RightButWeak => {
                self.forgive(replacing.username, counter).await?;
                Ok(credential.valid_from)
            }
        }
    }
}
