//! Changes a password at the pages. Users who enter their current password need no session. All of the user's
//! sessions end, and the browser gets a new one.

use aws_lc_rs::digest;
use passwords::{Attempted, NewPassword, Password, SignInError, SignedIn, Username};
use shared::{
    clock::Timestamp,
    http::Peer,
    ids::{SessionId, UserId},
    log::Cause,
    store::{FoundSession, Notice, SessionKey, User},
    tokens::RefreshToken,
};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, browser_session::BrowserSession, form::Form,
    pages::ChangeProblem, visit::Visit,
};

/// Separates these hashes from others.
const LABEL: &[u8] = b"latchgate change of password at the pages 1";
/// Separates the hashes from which sessions begin.
const SESSION_LABEL: &[u8] = b"latchgate session after a change of password at the pages 1";

/// Why a password is not changed.
pub(crate) struct ChangeRefusal {
    pub(crate) reason: AuthorizeReason,
    pub(crate) problem: ChangeProblem,
}

/// The content of a form for a change.
struct Change {
    username: Username,
    current: Password,
    new: NewPassword,
    /// The mark of the change, which the credential stores. It's derived from this form, so a repeated
    /// request recognises its own change and completes it.
    mark: SessionId,
}

/// A password that was replaced.
struct Replaced {
    user_id: UserId,
    user: User,
    /// The earliest start of sessions that the new password allows.
    valid_from: Timestamp,
}

impl Authorize {
    /// Changes the password that a form names, and signs the user in. If `owner` is signed in, it changes
    /// only the owner's password.
    pub(crate) async fn change_password(
        &self,
        visit: &Visit<'_>,
        form: &Form,
        id: &[u8; 16],
        owner: Option<&UserId>,
    ) -> Result<Result<BrowserSession, ChangeRefusal>, AuthorizeError> {
        let change = match Change::parse(form, id) {
            Ok(change) => change,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let replaced = match self.replace(visit, &change, owner).await? {
            Ok(replaced) => replaced,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.start_over(visit, replaced, id).await.map(Ok)
    }

    async fn replace(
        &self,
        visit: &Visit<'_>,
        change: &Change,
        owner: Option<&UserId>,
    ) -> Result<Result<Replaced, ChangeRefusal>, AuthorizeError> {
        let signed_in =
            match self.sign_in.check(&change.attempted(&change.current, visit), visit.now, visit.log).await {
                Ok(signed_in) => signed_in,
                // At once: known and unknown user names are counted alike.
                Err(error @ SignInError::BudgetSpent) => return Ok(Err(ChangeRefusal::of(error))),
                // The same request may have changed the password before. Every refusal does the same work, so
                // that it doesn't reveal whether the user exists.
                Err(error) if error.is_refusal() => return self.completed(visit, change, owner, error).await,
                Err(error) => return Err(self.sign_in_failed(visit, error)),
            };
        if owner.is_some_and(|owner| *owner != signed_in.credential.user_id) {
            self.sign_in.follow_up(&signed_in, visit.log).await;
            return Ok(Err(ChangeRefusal::of(SignInError::WrongPassword)));
        }
        let replaced = self.sign_in.replace_password(&signed_in, &change.new, &change.mark, visit.now).await;
        match replaced.map_err(|error| self.sign_in_failed(visit, error))? {
            Some(valid_from) => Ok(Ok(Replaced::of(&signed_in, valid_from))),
            None => self.completed(visit, change, owner, SignInError::WrongPassword).await,
        }
    }

    /// Checks whether this form has already changed the password, so that the rest can be completed. Trying
    /// the new password counts as an attempt, so it allows no further guesses. `otherwise` is the reason for
    /// the refusal if it has not.
    async fn completed(
        &self,
        visit: &Visit<'_>,
        change: &Change,
        owner: Option<&UserId>,
        otherwise: SignInError,
    ) -> Result<Result<Replaced, ChangeRefusal>, AuthorizeError> {
        let wrong = || Ok(Err(ChangeRefusal::of(otherwise)));
        let attempted = change.attempted(change.new.password(), visit);
        match self.sign_in.check(&attempted, visit.now, visit.log).await {
            Ok(signed_in) => {
                let credential = &signed_in.credential;
                let is_own = owner.is_none_or(|owner| *owner == credential.user_id);
                if !is_own || credential.changed_in.as_ref() != Some(&change.mark) {
                    return wrong();
                }
                self.sign_in.follow_up(&signed_in, visit.log).await;
                Ok(Ok(Replaced::of(&signed_in, credential.valid_from)))
            }
            Err(error) if error.is_refusal() => wrong(),
            Err(error) => Err(self.sign_in_failed(visit, error)),
        }
    }

    /// Cuts the user's sessions off, begins a session with the new password, and ends the others. It queries
    /// them only now, since someone may have signed in with the old password until it was replaced. Repeating
    /// the form begins the same session, so the browser has only one.
    async fn start_over(
        &self,
        visit: &Visit<'_>,
        replaced: Replaced,
        id: &[u8; 16],
    ) -> Result<BrowserSession, AuthorizeError> {
        let Replaced { user_id, user, valid_from } = replaced;
        self.sign_in.users.cut_off(&user_id, valid_from, Some(Notice::PasswordChanged)).await?;
        let (created_at, peer) = (valid_from.max(visit.now), Peer::of(visit.request));
        let hash = visit.form_hash(SESSION_LABEL, id, &user_id);
        let token = RefreshToken::derived(user_id.clone(), &hash);
        let browser = self.browsers.begin(token, user, created_at, peer, visit.now).await?;
        let is_old = |found: &FoundSession| {
            let is_spared = found.session.as_ref().is_ok_and(|session| session.created_at >= valid_from);
            found.key != browser.session.key && !is_spared
        };
        let on_denied = |key: &SessionKey| visit.log.revoked(key, Cause::PasswordChange);
        self.revoker.revoke_of_user(&user_id, visit.now, is_old, on_denied).await?;
        if visit.shown.token().is_some_and(|token| *token.user_id() != user_id) {
            self.end_replaced(visit).await?;
        }
        visit.log.session(&browser.session.key);
        Ok(browser)
    }
}

impl Change {
    /// Reads a form. It counts no attempt for a form that can't be a change.
    fn parse(form: &Form, id: &[u8; 16]) -> Result<Self, ChangeRefusal> {
        let username = form.username.as_deref().and_then(Username::parse);
        let current = form.current_password.as_ref().and_then(Password::parse);
        let (Some(username), Some(current), Some(new)) = (username, current, &form.new_password) else {
            let (reason, problem) = (AuthorizeReason::IncompleteForm, ChangeProblem::Incomplete);
            return Err(ChangeRefusal { reason, problem });
        };
        let new = NewPassword::parse(new, &username).map_err(|rejection| ChangeRefusal {
            reason: AuthorizeReason::Rejected(rejection),
            problem: ChangeProblem::Rejected(rejection),
        })?;
        if current == *new.password() {
            return Err(ChangeRefusal { reason: AuthorizeReason::Same, problem: ChangeProblem::Same });
        }
        let mark = SessionId::of_secret(digest::digest(&digest::SHA256, &[LABEL, id].concat()).as_ref());
        Ok(Self { username, current, new, mark })
    }

    fn attempted<'a>(&'a self, password: &'a Password, visit: &Visit<'_>) -> Attempted<'a> {
        Attempted {
            username: &self.username,
            password,
            device: visit.shown.device(),
            network: visit.network(),
            not_before: Timestamp::default(),
        }
    }
}

impl Replaced {
    fn of(signed_in: &SignedIn<'_>, valid_from: Timestamp) -> Self {
        Self { user_id: signed_in.credential.user_id.clone(), user: signed_in.user.clone(), valid_from }
    }
}

impl ChangeRefusal {
    /// Every refusal shows the same problem, so it doesn't reveal whether guesses still count.
    fn of(error: SignInError) -> Self {
        Self { reason: AuthorizeReason::SignIn(error), problem: ChangeProblem::WrongPassword }
    }
}
