//! The contents of each page. Texts are unescaped: the templates escape them.

use shared::{clock::Timestamp, scope::Scope};

use super::{AccountNotice, ChangeProblem, DeletionProblem, Language, SignInProblem};

/// The values that all pages have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// The language of the page.
    pub(crate) language: Language,
    /// The value of each form's `csrf`.
    pub(crate) csrf: &'a str,
    /// The redirect URI to which a form may lead.
    pub(crate) redirect_uri: Option<&'a str>,
}

/// The sign-in form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignInView<'a> {
    /// The name of the client that asks; `None`, if the user came to the account.
    pub(crate) client: Option<&'a str>,
    /// The initial user name; may be empty.
    pub(crate) username: &'a str,
    /// The relative URL of the page for a forgotten password, if there is one.
    pub(crate) forgot: Option<&'a str>,
    /// The relative URL of the page for a new account, if there is one.
    pub(crate) new_account: Option<&'a str>,
    /// Why the form is shown again.
    pub(crate) problem: Option<SignInProblem>,
}

/// The form for a new password, after the old one has expired.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangePasswordView<'a> {
    /// The user whose password it is.
    pub(crate) username: &'a str,
    /// Why the form is shown again.
    pub(crate) problem: Option<ChangeProblem>,
}

/// The form that asks for consent to a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConsentView<'a> {
    /// The name of the client.
    pub(crate) client: &'a str,
    /// The document of a client that isn't registered.
    pub(crate) document: Option<DocumentView<'a>>,
    /// The signed-in user.
    pub(crate) username: &'a str,
    /// The scope that the client gets with the user's consent.
    pub(crate) scopes: &'a Scope,
    /// The APIs that the scope is for. Empty, if the request names none.
    pub(crate) resources: &'a [ResourceView<'a>],
    /// Whether the client gets a refresh token.
    pub(crate) keeps_signed_in: bool,
}

/// The form that asks whether to continue to a client with consent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContinueView<'a> {
    /// The name of the client.
    pub(crate) client: &'a str,
    /// The signed-in user.
    pub(crate) username: &'a str,
}

/// A client that isn't registered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DocumentView<'a> {
    /// The URL of its document.
    pub(crate) url: &'a str,
    /// Its own name for itself.
    pub(crate) name: Option<&'a str>,
}

/// An API that a client asks to use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceView<'a> {
    /// The name that people read.
    pub(crate) name: Option<&'a str>,
    /// The host of the API.
    pub(crate) host: Option<&'a str>,
}

/// The account page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountView<'a> {
    /// The signed-in user.
    pub(crate) username: &'a str,
    /// The user's live sessions, in order.
    pub(crate) devices: &'a [DeviceView<'a>],
    /// Whether the user has more sessions.
    pub(crate) has_more: bool,
    /// The change that was just made.
    pub(crate) notice: Option<AccountNotice>,
    /// Why the password was not changed.
    pub(crate) problem: Option<ChangeProblem>,
    /// Whether the user wants mails about new devices; `None`, if the page doesn't ask.
    pub(crate) new_device_mails: Option<bool>,
    /// The relative URL of the page for another address, if the user has one and can change it.
    pub(crate) change_email: Option<&'a str>,
    /// The relative URL of the page that deletes the account.
    pub(crate) delete_account: &'a str,
}

/// The form that deletes an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeletionView<'a> {
    /// The signed-in user.
    pub(crate) username: &'a str,
    /// The relative URL of the account page.
    pub(crate) back: &'a str,
    /// Why the form is shown again.
    pub(crate) problem: Option<DeletionProblem>,
}

/// A session in the list of devices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceView<'a> {
    /// The identifier of the session in the form.
    pub(crate) id: &'a str,
    /// The user's name for the device.
    pub(crate) name: Option<&'a str>,
    /// The name of the client; `None`, if the session is one at the pages.
    pub(crate) client: Option<&'a str>,
    /// The `User-Agent` of the last use, which identifies the device if the user gave it no name.
    pub(crate) user_agent: Option<&'a str>,
    /// The IP address of the last use.
    pub(crate) address: Option<&'a str>,
    /// When the user signed in.
    pub(crate) signed_in_at: Timestamp,
    /// When the session was last used.
    pub(crate) last_used_at: Timestamp,
    /// Whether this is the browser's own session.
    pub(crate) is_this: bool,
    /// Whether its tokens are bound to a key of the device (RFC 9449).
    pub(crate) is_bound: bool,
}
