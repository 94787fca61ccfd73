//! The sign-in form, for a client's request or the account.

use lambda_http::{Body, Response};
use shared::{client::Client, log::Event};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    browser_session::BrowserSession,
    by_mail::MailPage,
    form::{Action, Form},
    pages::{ChangePasswordView, ChangeProblem, SignInProblem, SignInView},
    request::{OF_AUTHORIZATION, Pairs},
    target::name_of,
    visit::Visit,
};

/// The purpose of the forms here.
const PURPOSE: [&str; 1] = ["sign-in"];

/// The place where a user signs in.
#[derive(Clone, Copy)]
pub(crate) struct Entrance<'a> {
    pub(crate) visit: &'a Visit<'a>,
    /// The client that asks, if any.
    pub(crate) client: Option<&'a Client>,
    /// The redirect URI to which the form may lead.
    pub(crate) redirect_uri: Option<&'a str>,
}

/// The outcome of a form.
pub(crate) enum Entered {
    /// The user is signed in.
    In(Box<BrowserSession>),
    /// The password was right but has to be changed first. With the page for that.
    MustChange(Response<Body>),
    /// The user cancelled.
    GivenUp,
}

impl Authorize {
    /// Handles a form. It counts an attempt only if the form was shown in this browser.
    pub(crate) async fn enter(&self, entrance: Entrance<'_>, form: &Form) -> Result<Entered, AuthorizeError> {
        let visit = entrance.visit;
        self.own_form(visit)?;
        let Some(id) = visit.form_id(&form.csrf, &PURPOSE) else {
            let page = self.sign_in_page(entrance, form.typed_username(), Some(SignInProblem::Expired));
            return Err(Refused::new(AuthorizeReason::StaleForm, page).into());
        };
        match form.action {
            Some(Action::SignIn) => self.sign_in(entrance, form).await,
            Some(Action::ChangePassword) => match self.change_password(visit, form, &id, None).await? {
                Ok(browser) => {
                    visit.log.happened(Event::PasswordChanged);
                    visit.log.outcome(Event::SignInSucceeded);
                    Ok(Entered::In(Box::new(browser)))
                }
                Err(refusal) => {
                    let page = self.change_page(entrance, form.typed_username(), Some(refusal.problem));
                    Err(Refused::new(refusal.reason, page).into())
                }
            },
            Some(Action::Cancel) => Ok(Entered::GivenUp),
            Some(
                Action::Allow
                | Action::Deny
                | Action::Continue
                | Action::End
                | Action::EndAll
                | Action::SignOut
                | Action::NewDeviceMails { .. }
                | Action::Delete,
            )
            | None => Err(self.incomplete(visit)),
        }
    }

    /// The page that asks for a user name and a password.
    pub(crate) fn sign_in_page(
        &self,
        entrance: Entrance<'_>,
        username: &str,
        problem: Option<SignInProblem>,
    ) -> Response<Body> {
        let Entrance { visit, client, redirect_uri } = entrance;
        let csrf = visit.form_token(&PURPOSE);
        // The pages for these users get the client's request, so that they can lead back here.
        let query = Pairs::of_query(visit.request).to_query(&OF_AUTHORIZATION);
        let forgot = self.accounts.sends_mail().then(|| MailPage::Forgot.url_at_sign_in(&query));
        let new_account = self.accounts.takes_sign_ups(client).then(|| MailPage::New.url_at_sign_in(&query));
        let view = SignInView {
            client: client.map(name_of),
            username,
            forgot: forgot.as_deref(),
            new_account: new_account.as_deref(),
            problem,
        };
        visit.with_form(self.pages.sign_in(&visit.frame(&csrf, redirect_uri), &view))
    }

    /// The page that asks for a new password, since the old one has expired.
    pub(crate) fn change_page(
        &self,
        entrance: Entrance<'_>,
        username: &str,
        problem: Option<ChangeProblem>,
    ) -> Response<Body> {
        let Entrance { visit, redirect_uri, .. } = entrance;
        let csrf = visit.form_token(&PURPOSE);
        let view = ChangePasswordView { username, problem };
        visit.with_form(self.pages.change_password(&visit.frame(&csrf, redirect_uri), &view))
    }
}
