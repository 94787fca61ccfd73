//! The contents of the pages of accounts by mail. References are relative URLs.

use mails::Purpose;

use super::{AskProblem, ChoiceProblem, CodeProblem};

/// The form that asks for an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskView<'a> {
    /// Whether the mail is for a new account or a forgotten password.
    pub(crate) purpose: Purpose,
    /// The initial address; may be empty.
    pub(crate) email: &'a str,
    /// The page where users sign in.
    pub(crate) sign_in: &'a str,
    /// Why the form is shown again.
    pub(crate) problem: Option<AskProblem>,
}

/// The form that asks for the code in a mail.
#[derive(Clone, Copy)]
pub(crate) struct CodeView<'a> {
    /// The address as the user typed it.
    pub(crate) email: &'a str,
    /// The token of the request for the mail.
    pub(crate) request: &'a str,
    /// Whether a new mail was just sent.
    pub(crate) is_new_mail: bool,
    /// The page where users sign in.
    pub(crate) sign_in: &'a str,
    /// Why the form is shown again.
    pub(crate) problem: Option<CodeProblem>,
}

/// The form that asks for a password.
#[derive(Clone, Copy)]
pub(crate) struct ChoiceView<'a> {
    /// Whether the password is for a new account or replaces a forgotten one.
    pub(crate) purpose: Purpose,
    /// The user name, under which a password manager stores the password.
    pub(crate) username: &'a str,
    /// The token of the link.
    pub(crate) link: &'a str,
    /// The URL that gets the form; `None`: the page's own.
    pub(crate) action: Option<&'a str>,
    /// Why the form is shown again.
    pub(crate) problem: Option<ChoiceProblem>,
}

/// The page after a password was set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoneView<'a> {
    /// Whether the password is for a new account or replaces a forgotten one.
    pub(crate) purpose: Purpose,
    /// The page where users sign in.
    pub(crate) sign_in: &'a str,
    /// Whether that page leads on to the app that the user comes from.
    pub(crate) leads_to_app: bool,
}

/// The page for a link that opens nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GoneView<'a> {
    /// The page that sends a new mail, if there is one.
    pub(crate) ask: Option<&'a str>,
    /// The page where users sign in: the link may be used up because the password is set.
    pub(crate) sign_in: &'a str,
}
