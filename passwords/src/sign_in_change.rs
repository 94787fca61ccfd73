//! Changes the password of a user who isn't signed in yet.

use shared::{clock::Timestamp, ids::SessionId};

use crate::{Changed, NewHash, NewPassword, SignIn, SignInError, SignedIn};

impl SignIn {
    /// Replaces the password that was just checked, and forgives its attempt. Returns the earliest start of
    /// sessions with the new password, or `None` if another request has replaced the password meanwhile. The
    /// credential stores `mark`, so that a repeated request is recognised.
    ///
    /// # Errors
    ///
    /// [`SignInError`], if the store or the hash fails.
    pub async fn replace_password(
        &self,
        signed_in: &SignedIn<'_>,
        new: &NewPassword,
        mark: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, SignInError> {
        let SignedIn { credential, username, counter, .. } = signed_in;
        let hash = self.passwords.hash(new.password()).await?;
        let new_hash = NewHash::replacing(credential, hash, now);
        let changed =
            self.credentials.change_password(username, credential, &new_hash, mark, counter).await?;
        Ok(match changed {
            Changed::Done => Some(new_hash.valid_from),
            Changed::Meanwhile(_) => None,
        })
    }
}
