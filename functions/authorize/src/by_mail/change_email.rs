//! Changes the address of a signed-in user: asks for the new one, and confirms it.

use accounts::{AccountsReason, AddressAsked};
use lambda_http::{Body, Response};
use mails::EmailAddress;
use passwords::{Password, Reauthentication, ReplaceError, Username};
use secrecy::SecretString;
use shared::store::StoreError;

use super::{MailForm, Step, is_spent, shown_again};
use crate::{
    Authorize, AuthorizeError, AuthorizeReason,
    browser_session::BrowserSession,
    pages::{AskProblem, AskView, AskedMail},
    redirect,
};

impl Authorize {
    /// The page that asks a signed-in user for the new address. Others sign in at the account first.
    pub(super) async fn first_page_of_change(
        &self,
        step: &Step<'_>,
    ) -> Result<Response<Body>, AuthorizeError> {
        self.check_offer(step, None)?;
        let Some(browser) = self.browser_of(step).await? else { return Ok(signed_out(step)) };
        if !browser.has_address() {
            return Err(self.not_explained(step.visit, AccountsReason::NotAnAddress).into());
        }
        Ok(self.address_page(step, &browser, "", None))
    }

    /// Sends a mail to the new address, if the present password is right.
    pub(super) async fn ask_for_change(
        &self,
        step: &Step<'_>,
        form: &MailForm,
    ) -> Result<Response<Body>, AuthorizeError> {
        let visit = step.visit;
        let Some(browser) = self.browser_of(step).await? else { return Ok(signed_out(step)) };
        let again = |reason, problem| {
            shown_again(reason, self.address_page(step, &browser, &form.email, Some(problem)))
        };
        if visit.form_id(&form.csrf, &purpose(&browser)).is_none() {
            return Err(again(AuthorizeReason::StaleForm, AskProblem::Expired).into());
        }
        let Some(email) = EmailAddress::parse(&form.email) else {
            return Err(again(AuthorizeReason::MalformedEmail, AskProblem::Malformed).into());
        };
        let Some(current) = form.current_password.as_ref().and_then(Password::parse) else {
            return Err(again(AuthorizeReason::IncompleteForm, AskProblem::PasswordMissing).into());
        };
        let network = step.visit.network();
        let asked = AddressAsked {
            current: Reauthentication {
                username: &Username::of(&browser.user)?,
                user: &browser.user,
                session: &browser.session.key,
                created_at: browser.session.created_at,
                current: &current,
            },
            client: None,
            email: &email,
            language: visit.language,
            network: network.as_ref(),
            now: visit.now,
        };
        match self.accounts.ask_for_address(&asked, visit.log).await {
            Ok(requested) => Ok(self.sent_page(step, email.as_str(), &requested.request, false)),
            Err(error) => Err(error.map_reason(|reason| match problem_of(&reason) {
                Some(problem) => again(AuthorizeReason::Accounts(reason), problem),
                None => self.not_explained(visit, reason),
            })),
        }
    }

    /// Gives the account its new address, after a right code.
    pub(super) async fn change_by_code(
        &self,
        step: &Step<'_>,
        link: &SecretString,
    ) -> Result<Response<Body>, AuthorizeError> {
        let visit = step.visit;
        let changed = async {
            let ticket = self.accounts.verify_link(link, step.page.accepted(), visit.now).await?;
            self.accounts.change_address(&ticket, visit.now, visit.log).await
        };
        match changed.await {
            Ok(()) => Ok(self.done_page(step)),
            Err(error) => Err(error.map_reason(|reason| self.link_refused(step, reason))),
        }
    }

    /// The page that asks for the new address again. The session may have ended since.
    pub(super) async fn address_page_again(
        &self,
        step: &Step<'_>,
        email: &str,
        problem: AskProblem,
    ) -> Result<Response<Body>, AuthorizeError> {
        Ok(match self.browser_of(step).await? {
            Some(browser) => self.address_page(step, &browser, email, Some(problem)),
            None => signed_out(step),
        })
    }

    fn address_page(
        &self,
        step: &Step<'_>,
        browser: &BrowserSession,
        email: &str,
        problem: Option<AskProblem>,
    ) -> Response<Body> {
        let visit = step.visit;
        let (csrf, back) = (visit.form_token(&purpose(browser)), step.way.sign_in());
        let mail = AskedMail::ChangeEmail { username: browser.username() };
        let view = AskView { mail, email, back: &back, problem };
        visit.with_form(self.pages.ask_for_mail(&visit.frame(&csrf, None), &view))
    }

    async fn browser_of(&self, step: &Step<'_>) -> Result<Option<BrowserSession>, StoreError> {
        let visit = step.visit;
        let browser = self.browsers.find(visit.shown.token(), visit.now).await?;
        if let Some(browser) = &browser {
            visit.log.session(&browser.session.key);
        }
        Ok(browser)
    }
}

/// The purpose of the form, which only this session's page has.
fn purpose(browser: &BrowserSession) -> [&str; 2] {
    ["change-email", browser.session.key.session_id.as_str()]
}

/// The answer to a browser without a session: a redirect to the page of the account, where its user signs in.
fn signed_out(step: &Step<'_>) -> Response<Body> {
    redirect::to_page(&step.way.sign_in())
}

/// Why the page is shown again, if it explains the reason.
fn problem_of(reason: &AccountsReason) -> Option<AskProblem> {
    match reason {
        AccountsReason::SameAddress => Some(AskProblem::SameAddress),
        AccountsReason::Current(ReplaceError::WrongPassword | ReplaceError::BudgetSpent) => {
            Some(AskProblem::WrongPassword)
        }
        AccountsReason::Current(ReplaceError::SessionOver) => Some(AskProblem::Expired),
        reason => is_spent(reason).then_some(AskProblem::TooMany),
    }
}
