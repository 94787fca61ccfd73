//! The hosted pages: HTML that works without scripts.

mod brand;
mod by_mail;
mod captcha;
mod device;
mod headers;
mod language;
mod messages;
mod problem;
mod source;
mod template;
mod view;

#[cfg(test)]
mod tests;

use askama::Template;
use lambda_http::{Body, Response, http::StatusCode};
use shared::environment::{Environment, EnvironmentError};
pub(crate) use shared::http::Language;

use self::{brand::Brand, captcha::Captcha, messages::Messages, template::Page};
pub(crate) use self::{
    by_mail::{
        AskProblem, AskView, AskedMail, CodeProblem, CodeView, DoneView, GoneView, LinkProblem, LinkView,
        MailTask,
    },
    problem::{AccountNotice, ChangeProblem, DeletionProblem, PageError, SignInProblem},
    view::{
        AccountView, ChangePasswordView, ConsentView, ContinueView, DeletionView, DeviceView, DocumentView,
        Frame, ResourceView, SignInView,
    },
};

/// The pages of a deployment, with its look.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    brand: Brand,
    /// `None`, if the deployment has none.
    captcha: Option<Captcha>,
}

impl Pages {
    /// Reads the name, the logo, the colours and the captcha's widget from the environment.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`], if the logo is not an `https` URL, a colour is not `#RRGGBB`, or the widget is
    /// unknown or has no key.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            brand: Brand::from_environment(environment)?,
            captcha: Captcha::from_environment(environment)?,
        })
    }

    /// The service's name on the pages.
    pub(crate) fn name(&self) -> &str {
        &self.brand.name
    }

    /// The field of a form in which the captcha's widget sends the solution, if there is a widget.
    pub(crate) fn captcha_field(&self) -> Option<&'static str> {
        self.captcha.as_ref().map(|captcha| captcha.widget.field())
    }

    /// The sign-in form, with `csrf`, `username`, `password`, and `action`: `sign-in` or `cancel`.
    pub(crate) fn sign_in(&self, frame: &Frame<'_>, view: &SignInView<'_>) -> Response<Body> {
        let status = view.problem.map_or(StatusCode::OK, SignInProblem::status);
        self.respond(frame, status, &template::SignIn { page: self.page(frame), view })
    }

    /// The form with `csrf`, `username`, `current_password`, `new_password`, and `action`: `change-password`
    /// or `cancel`.
    pub(crate) fn change_password(&self, frame: &Frame<'_>, view: &ChangePasswordView<'_>) -> Response<Body> {
        let status = view.problem.map_or(StatusCode::OK, ChangeProblem::status);
        self.respond(frame, status, &template::ChangePassword { page: self.page(frame), view })
    }

    /// The consent form, with `csrf`, and `action`: `allow` or `deny`.
    pub(crate) fn consent(&self, frame: &Frame<'_>, view: &ConsentView<'_>) -> Response<Body> {
        self.respond(frame, StatusCode::OK, &template::Consent::new(self.page(frame), frame, view))
    }

    /// The form with `csrf`, and `action`: `continue` or `deny`.
    pub(crate) fn go_on(&self, frame: &Frame<'_>, view: &ContinueView<'_>) -> Response<Body> {
        self.respond(frame, StatusCode::OK, &template::Continue { page: self.page(frame), view })
    }

    /// The account's forms, with `csrf` and `action`: `end` with the `session` to end; `end-all`, which ends
    /// all sessions but the browser's; `new-device-mails-on` or `new-device-mails-off`; `change-password` with
    /// `username`, `current_password` and `new_password`; `sign-out`.
    pub(crate) fn account(&self, frame: &Frame<'_>, view: &AccountView<'_>) -> Response<Body> {
        let status = view.problem.map_or(StatusCode::OK, ChangeProblem::status);
        self.respond(frame, status, &template::Account::new(self.page(frame), view))
    }

    /// The sign-out form, with `csrf`, and `action`: `sign-out` or `cancel`.
    pub(crate) fn sign_out(&self, frame: &Frame<'_>, username: &str) -> Response<Body> {
        self.respond(frame, StatusCode::OK, &template::SignOut { page: self.page(frame), username })
    }

    /// The page after a sign-out, without a form.
    pub(crate) fn signed_out(&self, frame: &Frame<'_>) -> Response<Body> {
        self.respond(frame, StatusCode::OK, &template::SignedOut { page: self.page(frame) })
    }

    /// The form with `csrf`, `username`, `current_password`, the checkbox `confirm`, and `action`: `delete`.
    pub(crate) fn delete_account(&self, frame: &Frame<'_>, view: &DeletionView<'_>) -> Response<Body> {
        let status = view.problem.map_or(StatusCode::OK, DeletionProblem::status);
        self.respond(frame, status, &template::DeleteAccount { page: self.page(frame), view })
    }

    /// The page after the account was deleted, without a form.
    pub(crate) fn account_deleted(&self, frame: &Frame<'_>) -> Response<Body> {
        self.respond(frame, StatusCode::OK, &template::AccountDeleted { page: self.page(frame) })
    }

    /// An error page, without a form.
    pub(crate) fn error(&self, frame: &Frame<'_>, status: StatusCode, error: PageError) -> Response<Body> {
        self.respond(frame, status, &template::Failed::new(self.page(frame), error))
    }

    fn page<'a>(&'a self, frame: &Frame<'a>) -> Page<'a> {
        Page {
            language: frame.language,
            tag: frame.language.tag(),
            text: Messages::of(frame.language),
            brand: &self.brand,
            csrf: frame.csrf,
        }
    }

    fn respond(&self, frame: &Frame<'_>, status: StatusCode, template: &impl Template) -> Response<Body> {
        self.respond_with(None, frame, status, template)
    }

    /// A page that may have the captcha's widget.
    fn respond_with(
        &self,
        captcha: Option<&Captcha>,
        frame: &Frame<'_>,
        status: StatusCode,
        template: &impl Template,
    ) -> Response<Body> {
        let mut html = String::new();
        // Unwrap safety: the values are texts, and writing to a `String` never fails.
        template.render_into(&mut html).expect("templates render");
        let mut response = Response::new(html.into());
        *response.status_mut() = status;
        headers::set(response.headers_mut(), &self.brand, captcha, frame);
        response
    }
}
