//! The pages of accounts by mail: sign-up, forgotten passwords, and changes of the address.

mod problem;
mod task;
mod view;

#[cfg(test)]
pub(super) mod tests;

use askama::Template;
use lambda_http::{Body, Response, http::StatusCode};

use self::task::LinkTexts;
pub(crate) use self::{
    problem::{AskProblem, CodeProblem, LinkProblem},
    task::MailTask,
    view::{AskView, AskedMail, CodeView, DoneView, GoneView, LinkView},
};
use super::{Frame, Pages, captcha::Captcha, messages::Explanation, template::Page};

impl Pages {
    /// The form with `csrf`, `email`, and `action`: `ask`. For a change of the address, it has
    /// `current_password` too. Otherwise it has the captcha's widget, if there is one.
    pub(crate) fn ask_for_mail(&self, frame: &Frame<'_>, view: &AskView<'_>) -> Response<Body> {
        let status = view.problem.map_or(StatusCode::OK, AskProblem::status);
        let captcha = self.captcha.as_ref().filter(|_| view.mail.is_for_strangers());
        let page = self.page(frame);
        self.respond_with(captcha, frame, status, &Ask::new(page, view, captcha))
    }

    /// The forms with `csrf`, `email`, `request`, and `action`: `enter-code` with the `code`, or `resend`,
    /// which has the captcha's widget.
    pub(crate) fn mail_sent(&self, frame: &Frame<'_>, view: &CodeView<'_>) -> Response<Body> {
        let status = view.problem.map_or(StatusCode::OK, CodeProblem::status);
        let captcha = self.captcha.as_ref().filter(|_| view.task.is_for_strangers());
        let page = self.page(frame);
        let (button, back) = (view.task.code_button(page.text), view.task.back(page.text));
        self.respond_with(captcha, frame, status, &Sent { page, view, captcha, button, back })
    }

    /// The form with `csrf`, `token`, and `action`: `choose-password` with `username` and `new_password`, or
    /// `confirm-email`.
    pub(crate) fn link_opened(&self, frame: &Frame<'_>, view: &LinkView<'_>) -> Response<Body> {
        let status = if view.problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let page = self.page(frame);
        let texts = view.task.link_texts(page.text);
        self.respond(frame, status, &Opened { page, view, texts })
    }

    /// The page after it is done, without a form.
    pub(crate) fn done_by_mail(&self, frame: &Frame<'_>, view: &DoneView<'_>) -> Response<Body> {
        self.respond(frame, StatusCode::OK, &Done::new(self.page(frame), view))
    }

    /// The page for a link that opens nothing (any more), without a form.
    pub(crate) fn link_gone(&self, frame: &Frame<'_>, view: &GoneView<'_>) -> Response<Body> {
        let page = self.page(frame);
        self.respond(frame, StatusCode::BAD_REQUEST, &Gone::new(page, view))
    }
}

#[derive(Template)]
#[template(path = "ask_for_mail.html")]
struct Ask<'a> {
    page: Page<'a>,
    view: &'a AskView<'a>,
    title: &'static str,
    lead: &'static str,
    label: &'static str,
    /// The user whose password the form asks for.
    username: Option<&'a str>,
    /// Whether the password is the first field to fill in.
    is_password_next: bool,
    captcha: Option<&'a Captcha>,
    back: &'static str,
}

impl<'a> Ask<'a> {
    fn new(page: Page<'a>, view: &'a AskView<'a>, captcha: Option<&'a Captcha>) -> Self {
        let text = page.text;
        let (title, lead) = match view.mail {
            AskedMail::SignUp => (text.new_account, text.new_account_lead),
            AskedMail::Reset => (text.forgot_password, text.forgot_password_lead),
            AskedMail::ChangeEmail { .. } => (text.change_email, text.change_email_lead),
        };
        let (label, back, username) = match view.mail {
            AskedMail::SignUp | AskedMail::Reset => (text.email, text.back_to_sign_in, None),
            AskedMail::ChangeEmail { username } => (text.new_email, text.back_to_account, Some(username)),
        };
        let is_of_address = view.problem.is_some_and(AskProblem::is_of_address);
        let is_password_next = username.is_some() && !view.email.is_empty() && !is_of_address;
        Self { page, view, title, lead, label, username, is_password_next, captcha, back }
    }
}

#[derive(Template)]
#[template(path = "mail_sent.html")]
struct Sent<'a> {
    page: Page<'a>,
    view: &'a CodeView<'a>,
    captcha: Option<&'a Captcha>,
    button: &'static str,
    back: &'static str,
}

#[derive(Template)]
#[template(path = "link_opened.html")]
struct Opened<'a> {
    page: Page<'a>,
    view: &'a LinkView<'a>,
    texts: LinkTexts,
}

#[derive(Template)]
#[template(path = "done_by_mail.html")]
struct Done<'a> {
    page: Page<'a>,
    view: &'a DoneView<'a>,
    said: &'static Explanation,
    next: &'static str,
    /// Whether the page tells users of an app to go back to the app and sign in there.
    is_by_app: bool,
}

impl<'a> Done<'a> {
    fn new(page: Page<'a>, view: &'a DoneView<'a>) -> Self {
        let (task, text) = (view.task, page.text);
        let is_by_app = !task.signs_nobody_out() && !view.leads_to_app;
        Self { page, view, said: task.done(text), next: task.next(text), is_by_app }
    }
}

#[derive(Template)]
#[template(path = "link_gone.html")]
struct Gone<'a> {
    page: Page<'a>,
    view: &'a GoneView<'a>,
    said: &'static Explanation,
    elsewhere: Option<&'static str>,
    back: &'static str,
}

impl<'a> Gone<'a> {
    fn new(page: Page<'a>, view: &'a GoneView<'a>) -> Self {
        let (task, text) = (view.task, page.text);
        let elsewhere = if view.ask.is_none() { task.ask_elsewhere(text) } else { None };
        Self { page, view, said: task.link_gone(text), elsewhere, back: task.back(text) }
    }
}
