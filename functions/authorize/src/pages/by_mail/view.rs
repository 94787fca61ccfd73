//! The contents of the pages of accounts by mail. References are relative URLs.

use super::{AskProblem, CodeProblem, LinkProblem, MailTask};

/// The form that asks for an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskView<'a> {
    /// What the mail is for.
    pub(crate) mail: AskedMail<'a>,
    /// The initial address; may be empty.
    pub(crate) email: &'a str,
    /// The page where users sign in, or that of the signed-in user's account.
    pub(crate) back: &'a str,
    /// Why the form is shown again.
    pub(crate) problem: Option<AskProblem>,
}

/// A mail that a page sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AskedMail<'a> {
    /// To create an account.
    SignUp,
    /// To choose a new password.
    Reset,
    /// To change the address of an account. The form asks for its password too.
    ChangeEmail {
        /// The user's name, for which a password manager fills the password in.
        username: &'a str,
    },
}

impl AskedMail<'_> {
    /// Whether the form is for anyone, and not for a signed-in user.
    pub(super) fn is_for_strangers(self) -> bool {
        match self {
            Self::SignUp | Self::Reset => true,
            Self::ChangeEmail { .. } => false,
        }
    }
}

/// The form that asks for the code in a mail.
#[derive(Clone, Copy)]
pub(crate) struct CodeView<'a> {
    /// What the mail is for.
    pub(crate) task: MailTask,
    /// The address as the user typed it.
    pub(crate) email: &'a str,
    /// The token of the request for the mail.
    pub(crate) request: &'a str,
    /// Whether a new mail was just sent.
    pub(crate) is_new_mail: bool,
    /// The page where users sign in, or that of the signed-in user's account.
    pub(crate) back: &'a str,
    /// Why the form is shown again.
    pub(crate) problem: Option<CodeProblem>,
}

/// The form that a link opens. It asks for a password, or only for a confirmation.
#[derive(Clone, Copy)]
pub(crate) struct LinkView<'a> {
    /// What the link is for.
    pub(crate) task: MailTask,
    /// The user name afterwards, under which a password manager stores the password: the address of the
    /// mail.
    pub(crate) username: &'a str,
    /// The token of the link.
    pub(crate) link: &'a str,
    /// The URL that gets the form; `None`: the page's own.
    pub(crate) action: Option<&'a str>,
    /// Why the form is shown again.
    pub(crate) problem: Option<LinkProblem>,
}

/// The page after the user has done it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoneView<'a> {
    /// What the user has done.
    pub(crate) task: MailTask,
    /// The page where users sign in, or that of the signed-in user's account.
    pub(crate) next: &'a str,
    /// Whether that page leads on to the app that the user comes from.
    pub(crate) leads_to_app: bool,
}

/// The page for a link that opens nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GoneView<'a> {
    /// What the link was for.
    pub(crate) task: MailTask,
    /// The page that sends a new mail, if there is one.
    pub(crate) ask: Option<&'a str>,
    /// The page where users sign in: the link may be used up because it worked.
    pub(crate) back: &'a str,
}
