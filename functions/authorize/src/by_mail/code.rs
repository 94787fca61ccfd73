//! Asks for the code in a mail, and exchanges it for the link in that mail.

use accounts::{Coded, MailCode};
use lambda_http::{
    Body, Response,
    http::{HeaderMap, header},
};
use secrecy::{ExposeSecret, SecretString};

use super::{MailForm, Step, is_spent, opens_nothing, shown_again};
use crate::{
    Authorize, AuthorizeError, AuthorizeReason, cookies,
    pages::{CodeProblem, CodeView, MailTask},
};

impl Authorize {
    /// Handles a code. The page for the password gets the link's token in exchange, so that a rejected
    /// password doesn't count as another guess. A new address needs no password.
    pub(super) async fn enter_code(
        &self,
        step: &Step<'_>,
        form: &MailForm,
    ) -> Result<Response<Body>, AuthorizeError> {
        let visit = step.visit;
        let Some(request) = &form.request else { return Err(self.incomplete(visit)) };
        let shown = |reason, problem| shown_again(reason, self.code_page_again(step, form, request, problem));
        if !step.is_own(form) {
            return Err(shown(AuthorizeReason::StaleForm, CodeProblem::Expired).into());
        }
        let Some(code) = form.code.as_ref().and_then(MailCode::parse) else {
            return Err(shown(AuthorizeReason::IncompleteForm, CodeProblem::Wrong).into());
        };
        let (purpose, network) = (step.page.purpose(), step.visit.network());
        let coded = Coded { purpose, request, code: &code, network: network.as_ref(), now: visit.now };
        let opened = match self.accounts.link_of_code(&coded).await {
            // Nothing is left to choose.
            Ok(link) if step.page.task() == MailTask::ChangeEmail => {
                return self.change_by_code(step, &link).await;
            }
            Ok(link) => self.open_link(step, link).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(opened) => Ok(self.link_page(step, &opened, None)),
            Err(error) => Err(error.map_reason(|reason| match reason {
                reason if is_spent(&reason) => shown(AuthorizeReason::Accounts(reason), CodeProblem::TooMany),
                reason if opens_nothing(&reason) => {
                    shown(AuthorizeReason::Accounts(reason), CodeProblem::Wrong)
                }
                reason => self.not_explained(visit, reason),
            })),
        }
    }

    /// The page after a mail was sent. The browser keeps the client's request for the page of the link.
    pub(super) fn sent_page(
        &self,
        step: &Step<'_>,
        email: &str,
        request: &SecretString,
        is_new_mail: bool,
    ) -> Response<Body> {
        let mut page = self.code_page(step, CodeView { is_new_mail, ..view(step, email, request) });
        match step.page.task() {
            MailTask::SignUp | MailTask::Reset => keep_way(step, page.headers_mut()),
            MailTask::ChangeEmail | MailTask::UndoChange => {}
        }
        page
    }

    /// The page of this form again.
    pub(super) fn code_page_again(
        &self,
        step: &Step<'_>,
        form: &MailForm,
        request: &SecretString,
        problem: CodeProblem,
    ) -> Response<Body> {
        self.code_page(step, CodeView { problem: Some(problem), ..view(step, &form.email, request) })
    }

    fn code_page(&self, step: &Step<'_>, view: CodeView<'_>) -> Response<Body> {
        let (csrf, back) = (step.form_token(), step.way.sign_in());
        let frame = step.visit.frame(&csrf, None);
        step.visit.with_form(self.pages.mail_sent(&frame, &CodeView { back: &back, ..view }))
    }
}

fn view<'a>(step: &Step<'_>, email: &'a str, request: &'a SecretString) -> CodeView<'a> {
    let (task, request) = (step.page.task(), request.expose_secret());
    CodeView { task, email, request, is_new_mail: false, back: "", problem: None }
}

/// Sets the cookie with the client's request. Without a request, it deletes that of an earlier one.
fn keep_way(step: &Step<'_>, headers: &mut HeaderMap) {
    let cookie = match step.way.kept() {
        Some(query) => Some(cookies::keep_pending(query, step.page.purpose().ttl())),
        None => cookies::pending(step.visit.request).map(|_| cookies::forget_pending()),
    };
    headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
}
