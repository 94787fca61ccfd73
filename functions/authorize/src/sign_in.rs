//! Signs users in with a user name and a password.

use lambda_http::http::StatusCode;
use passwords::{Attempted, Password, SignInError, SignedIn, Username};
use shared::{
    clock::Timestamp,
    http::Peer,
    ids::ClientId,
    log::{Cause, Event},
    store::SessionKey,
    tokens::RefreshToken,
};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    browser_session::BrowserSession,
    entrance::{Entered, Entrance},
    form::Form,
    pages::{PageError, SignInProblem},
    visit::Visit,
};

impl Authorize {
    pub(crate) async fn sign_in(
        &self,
        entrance: Entrance<'_>,
        form: &Form,
    ) -> Result<Entered, AuthorizeError> {
        let visit = entrance.visit;
        let refused = |reason, problem| -> AuthorizeError {
            Refused::new(reason, self.sign_in_page(entrance, form.typed_username(), Some(problem))).into()
        };
        let username = form.username.as_deref().and_then(Username::parse);
        let password = form.password.as_ref().and_then(Password::parse);
        let (Some(username), Some(password)) = (username, password) else {
            return Err(refused(AuthorizeReason::IncompleteForm, SignInProblem::Incomplete));
        };
        let attempted = Attempted {
            username: &username,
            password: &password,
            device: visit.shown.device(),
            network: visit.network(),
            // The session belongs to no client.
            not_before: Timestamp::default(),
        };
        let signed_in = match self.sign_in.check(&attempted, visit.now, visit.log).await {
            Ok(signed_in) => signed_in,
            Err(error) if error.is_refusal() => {
                return Err(refused(AuthorizeReason::SignIn(error), SignInProblem::WrongCredentials));
            }
            Err(error) => return Err(self.sign_in_failed(visit, error)),
        };
        if signed_in.credential.must_change {
            self.sign_in.follow_up(&signed_in, visit.log).await;
            visit.log.outcome(Event::LoginPasswordExpired);
            return Ok(Entered::MustChange(self.change_page(entrance, form.typed_username(), None)));
        }
        let (browser, ()) =
            tokio::join!(self.open(visit, &signed_in), self.sign_in.follow_up(&signed_in, visit.log));
        Ok(Entered::In(Box::new(browser?)))
    }

    /// Opens a new session for each sign-in.
    async fn open(
        &self,
        visit: &Visit<'_>,
        signed_in: &SignedIn<'_>,
    ) -> Result<BrowserSession, AuthorizeError> {
        let SignedIn { credential, user, begins_at, .. } = signed_in;
        let on_denied = |key: &SessionKey| visit.log.revoked(key, Cause::MaxSessions);
        let token = RefreshToken::first(credential.user_id.clone(), &*self.random);
        let key = token.session_key(&ClientId::browser());
        self.session_limit.make_room(&key, visit.now, on_denied).await?;
        let peer = Peer::of(visit.request);
        let browser = self.browsers.begin(token, user.clone(), *begins_at, peer, visit.now).await?;
        visit.log.session(&browser.session.key);
        visit.log.outcome(Event::SignInSucceeded);
        Ok(browser)
    }

    /// Ends the browser's previous session, whichever user it belongs to. Callers do this only when the
    /// answer with the new session is ready, so an earlier failure signs no user out.
    pub(crate) async fn end_replaced(&self, visit: &Visit<'_>) -> Result<(), AuthorizeError> {
        let Some(token) = visit.shown.token() else { return Ok(()) };
        let key = token.session_key(&ClientId::browser());
        self.revoker.revoke(&key, visit.now, |key| visit.log.revoked(key, Cause::Replaced)).await?;
        Ok(())
    }

    /// Converts a failure of the sign-in.
    pub(crate) fn sign_in_failed(&self, visit: &Visit<'_>, error: SignInError) -> AuthorizeError {
        match error {
            SignInError::Store(error) => error.into(),
            error @ (SignInError::UnknownUsername
            | SignInError::WrongPassword
            | SignInError::BudgetSpent
            | SignInError::CutOff
            | SignInError::Password(_)) => {
                let (reason, status) = (AuthorizeReason::SignIn(error), StatusCode::INTERNAL_SERVER_ERROR);
                self.stopped(visit, reason, status, PageError::Failure)
            }
        }
    }
}
