//! Accounts by mail: the pages for sign-up, for forgotten passwords, and for changes of the address.
//!
//! A user enters an address, gets a mail, and chooses a password on the page that the mail's link opens, or
//! after entering the mail's code. For another address, a signed-in user enters the present password too, and
//! the link or the code only confirms the address. Showing a page uses nothing up. The pages look the same
//! for every address, whether it has an account or not.

mod ask;
mod change_email;
mod code;
mod form;
mod link;
mod mail_page;
mod way;

use accounts::AccountsReason;
use lambda_http::{
    Body, Request, Response,
    http::{Method, StatusCode, header},
};
use shared::{
    http::{ErrorCode, IntoErrorResponse, RequestError},
    log::RequestLog,
};

pub(crate) use self::mail_page::MailPage;
use self::{
    form::{MailAction, MailForm},
    way::Way,
};
use crate::{
    Authorize, AuthorizeError, AuthorizeReason, Refused,
    pages::{AskedMail, MailTask, PageError},
    request::{Pairs, parameter},
    visit::Visit,
};

/// A visit to one of the pages.
struct Step<'a> {
    visit: &'a Visit<'a>,
    page: MailPage,
    query: &'a Pairs,
    way: Way,
}

impl Step<'_> {
    /// The token for a form of these pages.
    fn form_token(&self) -> String {
        self.visit.form_token(&self.purpose())
    }

    /// Whether this browser got a form with this token from these pages.
    fn is_own(&self, form: &MailForm) -> bool {
        self.visit.form_id(&form.csrf, &self.purpose()).is_some()
    }

    fn purpose(&self) -> [&'static str; 2] {
        ["by-mail", self.page.purpose().name()]
    }
}

impl Authorize {
    pub(crate) async fn by_mail(
        &self,
        page: MailPage,
        request: &Request,
        log: &RequestLog,
    ) -> Result<Response<Body>, AuthorizeError> {
        let form = match *request.method() {
            Method::GET => None,
            Method::POST => Some(MailForm::parse(&Pairs::of_form(request)?, self.pages.captcha_field())?),
            _ => return Err(RequestError::Method.into()),
        };
        let query = Pairs::of_query(request);
        let visit = self.visit_of(request, log, query.one(parameter::UI_LOCALES).ok().flatten()).await?;
        let way = Way::of(page, request, &query);
        let step = Step { visit: &visit, page, query: &query, way };
        match (form, page) {
            (Some(form), _) => self.answered_by_mail(&step, &form).await,
            (None, MailPage::New) => self.first_page(&step, AskedMail::SignUp).await,
            (None, MailPage::Forgot) => self.first_page(&step, AskedMail::Reset).await,
            (None, MailPage::Email) => self.first_page_of_change(&step).await,
            (None, MailPage::Confirm | MailPage::Reset | MailPage::EmailConfirm | MailPage::EmailUndo) => {
                self.show_link(&step).await
            }
        }
    }

    /// Handles a form. A form of another browser is shown again, so that the user can send it from here.
    async fn answered_by_mail(
        &self,
        step: &Step<'_>,
        form: &MailForm,
    ) -> Result<Response<Body>, AuthorizeError> {
        self.own_form(step.visit)?;
        match (form.action, step.page.task()) {
            (Some(MailAction::ChoosePassword), MailTask::SignUp | MailTask::Reset | MailTask::UndoChange)
            | (Some(MailAction::ConfirmEmail), MailTask::ChangeEmail) => self.use_link(step, form).await,
            // No other form is for the mail of an undo.
            (_, MailTask::UndoChange) => Err(self.incomplete(step.visit)),
            (Some(MailAction::Ask), MailTask::ChangeEmail) => self.ask_for_change(step, form).await,
            (Some(MailAction::Ask), MailTask::SignUp) => self.ask(step, form, AskedMail::SignUp).await,
            (Some(MailAction::Ask), MailTask::Reset) => self.ask(step, form, AskedMail::Reset).await,
            (Some(MailAction::EnterCode), _) => self.enter_code(step, form).await,
            (Some(MailAction::Resend), _) => self.ask_again(step, form).await,
            (Some(MailAction::ChoosePassword | MailAction::ConfirmEmail) | None, _) => {
                Err(self.incomplete(step.visit))
            }
        }
    }

    /// The error page for a refusal that none of these pages explains.
    fn not_explained(&self, visit: &Visit<'_>, reason: AccountsReason) -> Refused {
        let status = reason.response().status;
        let error = match &reason {
            reason if is_spent(reason) => PageError::TooMany,
            AccountsReason::Closed | AccountsReason::Domain => PageError::SignUpClosed,
            AccountsReason::NotAnAddress => PageError::EmailUnchangeable,
            AccountsReason::Taken => PageError::EmailTaken,
            _ if status.is_client_error() => PageError::BadRequest,
            _ if status == StatusCode::SERVICE_UNAVAILABLE => PageError::Unavailable,
            _ => PageError::Failure,
        };
        let page = self.pages.error(&visit.frame("", None), status, error);
        shown_again(AuthorizeReason::Accounts(reason), page)
    }
}

/// The refusal of a form with the page that explains it, and how long the user should wait.
fn shown_again(reason: AuthorizeReason, mut page: Response<Body>) -> Refused {
    if let Some(wait) = reason.response().retry_after {
        page.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
    }
    Refused::new(reason, page)
}

/// Whether the link or the code opens nothing, or no longer. The pages don't say why, as the endpoints don't.
fn opens_nothing(reason: &AccountsReason) -> bool {
    reason.response().error == ErrorCode::InvalidGrant
}

/// Whether the captcha is missing, or was not solved.
fn is_unsolved(reason: &AccountsReason) -> bool {
    matches!(reason, AccountsReason::CaptchaMissing | AccountsReason::CaptchaUnsolved)
}

/// Whether too many mails were asked for, or too many codes were tried from the network.
fn is_spent(reason: &AccountsReason) -> bool {
    reason.response().status == StatusCode::TOO_MANY_REQUESTS
}
