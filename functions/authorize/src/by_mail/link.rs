//! The page that a link or a code opens: the user chooses a password there, or confirms an address.

use accounts::{AccountsError, AccountsReason};
use lambda_http::{Body, Response, http::header};
use secrecy::{ExposeSecret, SecretString};
use shared::http::parameter as shared_parameter;

use super::{MailForm, MailPage, Step, opens_nothing, shown_again};
use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused, cookies,
    pages::{DoneView, GoneView, LinkProblem, LinkView, MailTask},
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
            Ok(opened) => Ok(self.link_page(step, &opened, None)),
            Err(error) => Err(error.map_reason(|reason| self.link_refused(step, reason))),
        }
    }

    /// Looks a link up. Only a genuine link that still works tells the address.
    pub(super) async fn open_link(
        &self,
        step: &Step<'_>,
        link: SecretString,
    ) -> Result<Opened, AccountsError> {
        let ticket = self.accounts.verify_link(&link, step.page.accepted(), step.visit.now).await?;
        let pending = self.accounts.pending(&ticket).await?;
        Ok(Opened { username: pending.address.normal().to_owned(), link })
    }

    /// Does what the link is for, with the chosen password if it needs one.
    pub(super) async fn use_link(
        &self,
        step: &Step<'_>,
        form: &MailForm,
    ) -> Result<Response<Body>, AuthorizeError> {
        let Step { visit, page, .. } = step;
        let Some(link) = &form.token else { return Err(self.incomplete(visit)) };
        let opened = Opened { username: form.username.clone(), link: link.clone() };
        let again = |reason, problem| shown_again(reason, self.link_page(step, &opened, Some(problem)));
        if !step.is_own(form) {
            return Err(again(AuthorizeReason::StaleForm, LinkProblem::Expired).into());
        }
        let ticket = match self.accounts.verify_link(link, page.accepted(), visit.now).await {
            Ok(ticket) => ticket,
            Err(error) => return Err(error.map_reason(|reason| self.link_refused(step, reason))),
        };
        let done = match (page.task(), &form.new_password) {
            (MailTask::ChangeEmail, _) => self.accounts.change_address(&ticket, visit.now, visit.log).await,
            (MailTask::SignUp | MailTask::Reset | MailTask::UndoChange, None) => {
                return Err(again(AuthorizeReason::IncompleteForm, LinkProblem::Missing).into());
            }
            (MailTask::SignUp, Some(password)) => {
                self.accounts.confirm(&ticket, password, visit.now, visit.log).await
            }
            (MailTask::Reset, Some(password)) => {
                self.accounts.reset(&ticket, password, visit.now, visit.log).await
            }
            (MailTask::UndoChange, Some(password)) => {
                self.accounts.undo_address_change(&ticket, password, visit.now, visit.log).await
            }
        };
        match done {
            Ok(()) => Ok(self.done_page(step)),
            Err(error) => Err(error.map_reason(|reason| match reason {
                AccountsReason::Rejected(rejection) => {
                    again(AuthorizeReason::Accounts(reason), LinkProblem::Rejected(rejection))
                }
                AccountsReason::Same => again(AuthorizeReason::Accounts(reason), LinkProblem::Same),
                reason => self.link_refused(step, reason),
            })),
        }
    }

    /// The page that a link opens. Its form leaves the link's query, which has the token, behind.
    pub(super) fn link_page(
        &self,
        step: &Step<'_>,
        opened: &Opened,
        problem: Option<LinkProblem>,
    ) -> Response<Body> {
        let Step { visit, page, query, .. } = step;
        let csrf = step.form_token();
        let query = query.to_query(&[parameter::UI_LOCALES]);
        let action = page.is_link().then(|| page.url_at(*page, &query));
        let view = LinkView {
            task: page.task(),
            username: &opened.username,
            link: opened.link.expose_secret(),
            action: action.as_deref(),
            problem,
        };
        visit.with_form(self.pages.link_opened(&visit.frame(&csrf, None), &view))
    }

    pub(super) fn done_page(&self, step: &Step<'_>) -> Response<Body> {
        let Step { visit, page, way, .. } = step;
        let next = way.sign_in();
        let view = DoneView { task: page.task(), next: &next, leads_to_app: way.leads_to_app() };
        let mut done = self.pages.done_by_mail(&visit.frame("", None), &view);
        if way.leads_to_app() && cookies::pending(visit.request).is_some() {
            done.headers_mut().append(header::SET_COOKIE, cookies::forget_pending());
        }
        done
    }

    pub(super) fn link_refused(&self, step: &Step<'_>, reason: AccountsReason) -> Refused {
        let is_of_account = match step.page.task() {
            MailTask::ChangeEmail | MailTask::UndoChange => true,
            MailTask::SignUp | MailTask::Reset => false,
        };
        match reason {
            // The link is that of the address's owner, who may know.
            AccountsReason::Taken if is_of_account => self.not_explained(step.visit, reason),
            reason if opens_nothing(&reason) => self.link_gone(step, AuthorizeReason::Accounts(reason)),
            reason => self.not_explained(step.visit, reason),
        }
    }

    /// The page for a link that opens nothing. It leads to the page to sign in, since a second click on the
    /// button finds the link used up by the first one. It offers a new mail, unless sign-up may be closed
    /// where the user would ask for it.
    fn link_gone(&self, step: &Step<'_>, reason: AuthorizeReason) -> Refused {
        let Step { visit, page, way, .. } = step;
        let task = page.task();
        let is_offered = match task {
            MailTask::SignUp => way.leads_to_app() || self.accounts.takes_sign_ups(None),
            MailTask::Reset | MailTask::ChangeEmail | MailTask::UndoChange => true,
        };
        let ask = MailPage::of_asking(task).filter(|_| is_offered);
        let ask = ask.map(|asking| asking.url_at(*page, way.query()));
        let view = GoneView { task, ask: ask.as_deref(), back: &way.sign_in() };
        Refused::new(reason, self.pages.link_gone(&visit.frame("", None), &view))
    }
}
