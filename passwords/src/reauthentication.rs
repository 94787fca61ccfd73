//! Checks the current password of a signed-in user, and counts every attempt.

use shared::{
    clock::Timestamp,
    store::{SessionKey, StoreError, User, attribute},
};

use crate::{
    Attempt, Budget, Counter, Credential, Credentials, Password, Passwords, ReplaceError, Username, Verdict,
};

/// A signed-in user who enters the current password.
#[derive(Clone, Copy, Debug)]
pub struct Reauthentication<'a> {
    /// The user name in the user's record.
    pub username: &'a Username,
    /// The user's record.
    pub user: &'a User,
    /// The live session of the request.
    pub session: &'a SessionKey,
    /// When the session began.
    pub created_at: Timestamp,
    /// The current password, as the user entered it.
    pub current: &'a Password,
}

/// A counted attempt with the current password.
pub(crate) struct Tried {
    pub(crate) credential: Credential,
    pub(crate) counter: Counter,
    pub(crate) is_right: bool,
}

impl Credentials {
    /// Checks the current password, and forgives the attempt if it is right. Whether the user is disabled is
    /// the caller's to check.
    ///
    /// # Errors
    ///
    /// [`ReplaceError`], if the password is wrong, the attempts are spent, the user was renamed meanwhile, or a
    /// later cut-off ended the session.
    pub async fn check_password(
        &self,
        passwords: &Passwords,
        entered: &Reauthentication<'_>,
        now: Timestamp,
    ) -> Result<(), ReplaceError> {
        let Tried { counter, is_right, .. } = self.try_current(passwords, entered, now).await?;
        if !is_right {
            return Err(ReplaceError::WrongPassword);
        }
        if entered.created_at < entered.user.not_before {
            return Err(ReplaceError::SessionOver);
        }
        Ok(self.forgive(entered.username, &counter).await?)
    }

    /// Counts an attempt, and compares the password.
    pub(crate) async fn try_current(
        &self,
        passwords: &Passwords,
        entered: &Reauthentication<'_>,
        now: Timestamp,
    ) -> Result<Tried, ReplaceError> {
        let (credential, counter) = self.take_attempt_at(entered.username, entered.session, now).await?;
        let verdict = passwords.verify(entered.current, Some(&credential.password_hash)).await?;
        Ok(Tried { credential, counter, is_right: verdict != Verdict::Wrong })
    }

    /// Counts an attempt at the user's own credential alone: nothing counts at a name that isn't the user's any
    /// more.
    async fn take_attempt_at(
        &self,
        username: &Username,
        session: &SessionKey,
        now: Timestamp,
    ) -> Result<(Credential, Counter), ReplaceError> {
        let is_own = |credential: &Credential| credential.user_id == session.user_id;
        // The caller has a session of this user, so the attempt counts as its device's.
        let device = Budget::of_device(session.user_id.clone(), &session.session_id);
        let attempt = match self.count(username, &device, now).await? {
            // Only the device's budget is spent.
            Attempt::Refused(Some(credential)) if is_own(&credential) => {
                self.count(username, &Budget::Strangers, now).await?
            }
            attempt => attempt,
        };
        match attempt {
            Attempt::Known(credential, counter) if is_own(&credential) => Ok((credential, counter)),
            Attempt::Refused(Some(credential)) if is_own(&credential) => Err(ReplaceError::BudgetSpent),
            Attempt::Known(..) | Attempt::Unknown(_) | Attempt::Refused(_) => Err(ReplaceError::Renamed),
        }
    }
}

/// Checks that a record that was read once more, after [`ReplaceError::Renamed`], has another user name.
///
/// # Errors
///
/// [`StoreError::Malformed`], if it has the same: then the record and the credential don't match.
pub fn check_renamed(before: &Username, now: &Username) -> Result<(), StoreError> {
    let malformed = StoreError::Malformed { table: "Users", attribute: attribute::USERNAME };
    if before == now { Err(malformed) } else { Ok(()) }
}
