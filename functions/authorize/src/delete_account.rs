//! The page where a user deletes the account.

use accounts::{AccountsReason, Deletion};
use lambda_http::{Body, Request, Response};
use passwords::{Password, ReplaceError};
use shared::{http::IntoErrorResponse, ids::ClientId, log::RequestLog, route};

use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    browser_session::Leaving,
    form::{Action, Form},
    pages::{DeletionProblem, DeletionView, PageError},
    redirect,
    visit::{Visit, forgetting},
};

impl Authorize {
    /// Shows the form to a signed-in user, or handles it. Others sign in at the account first.
    pub(crate) async fn deletion(
        &self,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AuthorizeError> {
        let (form, visit) = self.opened(request, log).await?;
        if form.is_some() {
            self.own_form(&visit)?;
        }
        let leaving = self.browsers.find_leaving(visit.shown.token(), visit.now).await?;
        if let Some(leaving) = &leaving {
            log.session(&leaving.key);
        }
        match (form, leaving) {
            (Some(form), Some(leaving)) => self.delete(&visit, &form, &leaving).await,
            (None, Some(leaving)) if leaving.user.is_some() => Ok(self.deletion_page(&visit, &leaving, None)),
            _ => Ok(redirect::to_page(&account(&visit))),
        }
    }

    /// Deletes the account, if the form was shown for the browser's session and has the password. The same
    /// form completes a deletion that failed half-way, or whose answer got lost.
    async fn delete(
        &self,
        visit: &Visit<'_>,
        form: &Form,
        leaving: &Leaving,
    ) -> Result<Response<Body>, AuthorizeError> {
        let again = |reason, problem| -> AuthorizeError {
            Refused::new(reason, self.deletion_page(visit, leaving, Some(problem))).into()
        };
        if visit.form_id(&form.csrf, &purpose(leaving)).is_none() {
            return Err(again(AuthorizeReason::StaleForm, DeletionProblem::Expired));
        }
        if form.action != Some(Action::Delete) {
            return Err(self.incomplete(visit));
        }
        let Some(current) = form.current_password.as_ref().and_then(Password::parse) else {
            return Err(again(AuthorizeReason::IncompleteForm, DeletionProblem::PasswordMissing));
        };
        if !form.is_confirmed {
            return Err(again(AuthorizeReason::IncompleteForm, DeletionProblem::Unconfirmed));
        }
        let deletion = Deletion {
            session: &leaving.key,
            created_at: leaving.created_at,
            user: leaving.user.as_ref(),
            current: &current,
            client_id: &ClientId::browser(),
            language: visit.language,
            now: visit.now,
        };
        match self.accounts.delete_account(&deletion, visit.log).await {
            Ok(()) => Ok(forgetting(self.pages.account_deleted(&visit.frame("", None)))),
            Err(error) => Err(error.map_reason(|reason| self.not_deleted(visit, leaving, reason))),
        }
    }

    /// The refusal for this reason. A wrong password and a spent budget show the same problem.
    fn not_deleted(&self, visit: &Visit<'_>, leaving: &Leaving, reason: AccountsReason) -> Refused {
        let problem = match &reason {
            AccountsReason::Current(ReplaceError::WrongPassword | ReplaceError::BudgetSpent) => {
                Some(DeletionProblem::WrongPassword)
            }
            AccountsReason::Current(ReplaceError::SessionOver) => Some(DeletionProblem::Expired),
            _ => None,
        };
        let status = reason.response().status;
        let page = match problem {
            Some(problem) => self.deletion_page(visit, leaving, Some(problem)),
            None if status.is_server_error() => {
                self.pages.error(&visit.frame("", None), status, PageError::Failure)
            }
            None => self.pages.error(&visit.frame("", None), status, PageError::BadRequest),
        };
        Refused::new(AuthorizeReason::Accounts(reason), page)
    }

    fn deletion_page(
        &self,
        visit: &Visit<'_>,
        leaving: &Leaving,
        problem: Option<DeletionProblem>,
    ) -> Response<Body> {
        let (csrf, back) = (visit.form_token(&purpose(leaving)), account(visit));
        let view = DeletionView { username: leaving.username(), back: &back, problem };
        visit.with_form(self.pages.delete_account(&visit.frame(&csrf, None), &view))
    }
}

/// The purpose of the form, which only this session's page has.
fn purpose(leaving: &Leaving) -> [&str; 2] {
    ["delete-account", leaving.key.session_id.as_str()]
}

/// The relative URL of the account page.
fn account(visit: &Visit<'_>) -> String {
    redirect::reference(route::ACCOUNT_DELETE, route::ACCOUNT, &visit.chosen_language())
}
