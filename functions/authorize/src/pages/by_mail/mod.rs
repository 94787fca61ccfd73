//! The pages of accounts by mail: sign-up, and forgotten passwords.

mod problem;
mod view;

#[cfg(test)]
pub(super) mod tests;

use askama::Template;
use lambda_http::{Body, Response, http::StatusCode};
use mails::Purpose;

pub(crate) use self::{
    problem::{AskProblem, ChoiceProblem, CodeProblem},
    view::{AskView, ChoiceView, CodeView, DoneView, GoneView},
};
use super::{
    Frame, Pages,
    messages::{Explanation, Messages},
    template::Page,
};

impl Pages {
    /// The form with `csrf`, `email`, and `action`: `ask`.
    pub(crate) fn ask_for_mail(&self, frame: &Frame<'_>, view: &AskView<'_>) -> Response<Body> {
        let status = view.problem.map_or(StatusCode::OK, AskProblem::status);
        let page = self.page(frame);
        let (title, lead) = match view.purpose {
            Purpose::SignUp => (page.text.new_account, page.text.new_account_lead),
            Purpose::Reset => (page.text.forgot_password, page.text.forgot_password_lead),
        };
        self.respond(frame, status, &Ask { page, view, title, lead })
    }

    /// The forms with `csrf`, `email`, `request`, and `action`: `enter-code` with the `code`, or `resend`.
    pub(crate) fn mail_sent(&self, frame: &Frame<'_>, view: &CodeView<'_>) -> Response<Body> {
        let status = view.problem.map_or(StatusCode::OK, CodeProblem::status);
        self.respond(frame, status, &Sent { page: self.page(frame), view })
    }

    /// The form with `csrf`, `token`, `username`, `new_password`, and `action`: `choose-password`.
    pub(crate) fn choose_password(&self, frame: &Frame<'_>, view: &ChoiceView<'_>) -> Response<Body> {
        let status = if view.problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let page = self.page(frame);
        let (title, label, button) = match view.purpose {
            Purpose::SignUp => (page.text.choose_first_password, page.text.password, page.text.new_account),
            Purpose::Reset => (page.text.choose_password, page.text.new_password, page.text.change_password),
        };
        self.respond(frame, status, &Choice { page, view, title, label, button })
    }

    /// The page after a password was set, without a form.
    pub(crate) fn password_set(&self, frame: &Frame<'_>, view: &DoneView<'_>) -> Response<Body> {
        let page = self.page(frame);
        self.respond(frame, StatusCode::OK, &Done { page, view, said: done(view.purpose, page.text) })
    }

    /// The page for a link that opens nothing (any more), without a form.
    pub(crate) fn link_gone(&self, frame: &Frame<'_>, view: &GoneView<'_>) -> Response<Body> {
        self.respond(frame, StatusCode::BAD_REQUEST, &Gone { page: self.page(frame), view })
    }
}

fn done(purpose: Purpose, text: &'static Messages) -> &'static Explanation {
    match purpose {
        Purpose::SignUp => &text.account_created,
        Purpose::Reset => &text.password_reset,
    }
}

#[derive(Template)]
#[template(path = "ask_for_mail.html")]
struct Ask<'a> {
    page: Page<'a>,
    view: &'a AskView<'a>,
    title: &'static str,
    lead: &'static str,
}

#[derive(Template)]
#[template(path = "mail_sent.html")]
struct Sent<'a> {
    page: Page<'a>,
    view: &'a CodeView<'a>,
}

#[derive(Template)]
#[template(path = "choose_password.html")]
struct Choice<'a> {
    page: Page<'a>,
    view: &'a ChoiceView<'a>,
    title: &'static str,
    label: &'static str,
    button: &'static str,
}

#[derive(Template)]
#[template(path = "password_set.html")]
struct Done<'a> {
    page: Page<'a>,
    view: &'a DoneView<'a>,
    said: &'static Explanation,
}

#[derive(Template)]
#[template(path = "link_gone.html")]
struct Gone<'a> {
    page: Page<'a>,
    view: &'a GoneView<'a>,
}
