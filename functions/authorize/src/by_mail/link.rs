//! The page that a link or a code opens: the user chooses a password there.

use accounts::{AccountsError, AccountsReason};
use lambda_http::{Body, Response, http::header};
use mails::Purpose;
use secrecy::{ExposeSecret, SecretString};
use shared::http::parameter as shared_parameter;

use super::{MailForm, MailPage, Step, opens_nothing, shown_again};
use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused, cookies,
    pages::{ChoiceProblem, ChoiceView, DoneView, GoneView},
    request::parameter,
};

/// A link that works.
pub(super) struct Opened {
    /// The user name, which is the address of the mail.
    pub(super) username: String,
    /// The token of the link.
    pub(super) link: SecretString,
}

impl Authorize {
    /// Shows the page of a link. It uses nothing up, since mail scanners open links too.
    pub(super) async fn show_link(&self, step: &Step<'_>) -> Result<Response<Body>, AuthorizeError> {
        let Some(token) = step.query.secret(shared_parameter::TOKEN).ok().flatten() else {
            return Err(self.link_gone(step, AuthorizeReason::IncompleteForm).into());
        };
        match self.open_link(step, token.clone()).await {
            Ok(Opened { username, link }) => Ok(self.choice_page(step, &username, &link, None)),
            Err(error) => Err(error.map_reason(|reason| self.link_refused(step, reason))),
        }
    }

    /// Looks a link up. Only a genuine link that still works tells the address.
    pub(super) async fn open_link(
        &self,
        step: &Step<'_>,
        link: SecretString,
    ) -> Result<Opened, AccountsError> {
        let ticket = self.accounts.verify_link(&link, step.page.purpose(), step.visit.now).await?;
        let pending = self.accounts.pending(&ticket).await?;
        Ok(Opened { username: pending.address.normal().to_owned(), link })
    }

    /// Sets the chosen password.
    pub(super) async fn choose_password(
        &self,
        step: &Step<'_>,
        form: &MailForm,
    ) -> Result<Response<Body>, AuthorizeError> {
        let (visit, purpose) = (step.visit, step.page.purpose());
        let Some(link) = &form.token else { return Err(self.incomplete(visit)) };
        let again = |reason, problem| {
            shown_again(reason, self.choice_page(step, &form.username, link, Some(problem)))
        };
        if !step.is_own(form) {
            return Err(again(AuthorizeReason::StaleForm, ChoiceProblem::Expired).into());
        }
        let Some(password) = &form.new_password else {
            return Err(again(AuthorizeReason::IncompleteForm, ChoiceProblem::Missing).into());
        };
        let set = async {
            let ticket = self.accounts.verify_link(link, purpose, visit.now).await?;
            match purpose {
                Purpose::SignUp => self.accounts.confirm(&ticket, password, visit.now, visit.log).await,
                Purpose::Reset => self.accounts.reset(&ticket, password, visit.now, visit.log).await,
            }
        };
        match set.await {
            Ok(()) => Ok(self.done_page(step)),
            Err(error) => Err(error.map_reason(|reason| match reason {
                AccountsReason::Rejected(rejection) => {
                    again(AuthorizeReason::Accounts(reason), ChoiceProblem::Rejected(rejection))
                }
                AccountsReason::Same => again(AuthorizeReason::Accounts(reason), ChoiceProblem::Same),
                reason => self.link_refused(step, reason),
            })),
        }
    }

    /// The page that asks for a password. Its form leaves the link's query, which has the token, behind.
    pub(super) fn choice_page(
        &self,
        step: &Step<'_>,
        username: &str,
        link: &SecretString,
        problem: Option<ChoiceProblem>,
    ) -> Response<Body> {
        let Step { visit, page, query, .. } = step;
        let csrf = step.form_token();
        let action = page.is_link().then(|| page.url_at_others(&query.to_query(&[parameter::UI_LOCALES])));
        let view = ChoiceView {
            purpose: page.purpose(),
            username,
            link: link.expose_secret(),
            action: action.as_deref(),
            problem,
        };
        visit.with_form(self.pages.choose_password(&visit.frame(&csrf, None), &view))
    }

    fn done_page(&self, step: &Step<'_>) -> Response<Body> {
        let Step { visit, page, way, .. } = step;
        let sign_in = way.sign_in();
        let view = DoneView { purpose: page.purpose(), sign_in: &sign_in, leads_to_app: way.leads_to_app() };
        let mut done = self.pages.password_set(&visit.frame("", None), &view);
        if cookies::pending(visit.request).is_some() {
            done.headers_mut().append(header::SET_COOKIE, cookies::forget_pending());
        }
        done
    }

    fn link_refused(&self, step: &Step<'_>, reason: AccountsReason) -> Refused {
        if opens_nothing(&reason) {
            self.link_gone(step, AuthorizeReason::Accounts(reason))
        } else {
            self.not_explained(step.visit, reason)
        }
    }

    /// The page for a link that opens nothing. It leads to the page to sign in, since a second click on the
    /// button finds the link used up by the first one. It offers a new mail, unless sign-up may be closed
    /// where the user would ask for it.
    fn link_gone(&self, step: &Step<'_>, reason: AuthorizeReason) -> Refused {
        let Step { visit, page, way, .. } = step;
        let purpose = page.purpose();
        let is_offered = match purpose {
            Purpose::SignUp => way.leads_to_app() || self.accounts.takes_sign_ups(None),
            Purpose::Reset => true,
        };
        let ask = is_offered.then(|| MailPage::of_asking(purpose).url_at_others(way.query()));
        let view = GoneView { ask: ask.as_deref(), sign_in: &way.sign_in() };
        Refused::new(reason, self.pages.link_gone(&visit.frame("", None), &view))
    }
}
