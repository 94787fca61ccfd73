//! The hosted pages: HTML that works without scripts.

mod brand;
mod by_mail;
mod device;
mod headers;
mod language;
mod messages;
mod problem;
mod source;
mod template;
mod time;
mod view;

#[cfg(test)]
mod tests;

use askama::Template;
use lambda_http::{Body, Response, http::StatusCode};
use shared::environment::{Environment, EnvironmentError};
pub(crate) use shared::http::Language;

use self::{brand::Brand, messages::Messages, template::Page};
pub(crate) use self::{
    by_mail::{AskProblem, AskView, ChoiceProblem, ChoiceView, CodeProblem, CodeView, DoneView, GoneView},
    problem::{AccountNotice, ChangeProblem, PageError, SignInProblem},
    view::{
        AccountView, ChangePasswordView, ConsentView, ContinueView, DeviceView, DocumentView, Frame,
        ResourceView, SignInView,
    },
};

/// The pages of a deployment, with its look.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    brand: Brand,
}

impl Pages {
    /// Reads the name, the logo and the colours from the environment.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Malformed`], if the logo is not an `https` URL, or a colour is not `#RRGGBB`.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self { brand: Brand::from_environment(environment)? })
    }

    /// The service's name on the pages.
    pub(crate) fn name(&self) -> &str {
        &self.brand.name
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
    /// all sessions but the browser's; `change-password` with `username`, `current_password` and
    /// `new_password`; `sign-out`.
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

    /// An error page, without a form.
    pub(crate) fn error(&self, frame: &Frame<'_>, status: StatusCode, error: PageError) -> Response<Body> {
        self.respond(frame, status, &template::Failed::new(self.page(frame), error))
    }

    fn page<'a>(&'a self, frame: &Frame<'a>) -> Page<'a> {
        Page {
            tag: frame.language.tag(),
            text: Messages::of(frame.language),
            brand: &self.brand,
            csrf: frame.csrf,
        }
    }

    fn respond(&self, frame: &Frame<'_>, status: StatusCode, template: &impl Template) -> Response<Body> {
        let mut html = String::new();
        // Unwrap safety: the values are texts, and writing to a `String` never fails.
        template.render_into(&mut html).expect("templates render");
        let mut response = Response::new(html.into());
        *response.status_mut() = status;
        headers::set(response.headers_mut(), &self.brand, frame);
        response
    }
}
