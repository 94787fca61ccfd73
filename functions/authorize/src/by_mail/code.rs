//! Asks for the code in a mail, and exchanges it for the link in that mail.

use accounts::{Coded, MailCode};
use lambda_http::{
    Body, Response,
    http::{HeaderMap, header},
};
use secrecy::{ExposeSecret, SecretString};

use super::{MailForm, Step, ask::network, is_spent, link::Opened, opens_nothing, shown_again};
use crate::{
    Authorize, AuthorizeError, AuthorizeReason, cookies,
    pages::{CodeProblem, CodeView},
};

impl Authorize {
    /// Handles a code. The page for the password gets the link's token in exchange, so that a rejected
    /// password doesn't count as another guess.
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
        let (purpose, network) = (step.page.purpose(), network(step));
        let coded = Coded { purpose, request, code: &code, network: network.as_ref(), now: visit.now };
        let opened = match self.accounts.link_of_code(&coded).await {
            Ok(token) => self.open_link(step, token).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(Opened { username, link }) => Ok(self.choice_page(step, &username, &link, None)),
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
        let mut page = self.code_page(step, CodeView { is_new_mail, ..view(email, request) });
        keep_way(step, page.headers_mut());
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
        self.code_page(step, CodeView { problem: Some(problem), ..view(&form.email, request) })
    }

    fn code_page(&self, step: &Step<'_>, view: CodeView<'_>) -> Response<Body> {
        let (csrf, sign_in) = (step.form_token(), step.way.sign_in());
        let frame = step.visit.frame(&csrf, None);
        step.visit.with_form(self.pages.mail_sent(&frame, &CodeView { sign_in: &sign_in, ..view }))
    }
}

fn view<'a>(email: &'a str, request: &'a SecretString) -> CodeView<'a> {
    let request = request.expose_secret();
    CodeView { email, request, is_new_mail: false, sign_in: "", problem: None }
}

/// Sets the cookie with the client's request. Without a request, it deletes that of an earlier one.
fn keep_way(step: &Step<'_>, headers: &mut HeaderMap) {
    let cookie = match step.way.kept() {
        Some(query) => Some(cookies::keep_pending(query, step.page.purpose().ttl())),
        None => cookies::pending(step.visit.request).map(|_| cookies::forget_pending()),
    };
    headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
}
