//! The problems that the pages of accounts by mail show.

use lambda_http::http::StatusCode;
use passwords::PasswordRejection;

use super::super::{messages::Messages, problem::rejection};

/// Why no mail is sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskProblem {
    /// The text is not an address.
    Malformed,
    /// Addresses of this domain can't sign up.
    NotAllowed,
    /// It is the address of the account already.
    SameAddress,
    /// The account's password is wrong, or the budget is spent. The page doesn't say which.
    WrongPassword,
    /// The account's password is missing.
    PasswordMissing,
    /// The address, the user or the network has asked for too many mails.
    TooMany,
    /// The captcha is missing, or was not solved.
    Captcha,
    /// The mail of the form is too old to be repeated.
    MailExpired,
    /// The form is of another browser, or too old.
    Expired,
}

impl AskProblem {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Malformed
            | Self::SameAddress
            | Self::PasswordMissing
            | Self::Captcha
            | Self::MailExpired
            | Self::Expired => StatusCode::BAD_REQUEST,
            Self::WrongPassword => StatusCode::UNAUTHORIZED,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    pub(super) fn text(self, messages: &Messages) -> &'static str {
        match self {
            Self::Malformed => messages.email_malformed,
            Self::NotAllowed => messages.email_not_allowed,
            Self::SameAddress => messages.email_same,
            Self::WrongPassword => messages.wrong_own_password,
            Self::PasswordMissing => messages.own_password_missing,
            Self::TooMany => messages.too_many_requests,
            Self::Captcha => messages.captcha_unsolved,
            Self::MailExpired => messages.mail_expired,
            Self::Expired => messages.form_expired,
        }
    }

    /// Whether the user should check the address.
    pub(super) fn is_of_address(self) -> bool {
        matches!(self, Self::Malformed | Self::NotAllowed | Self::SameAddress)
    }

    /// Whether the user should check the password.
    pub(super) fn is_of_password(self) -> bool {
        matches!(self, Self::WrongPassword | Self::PasswordMissing)
    }
}

/// Why the page that asks for a code is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeProblem {
    /// The code is missing, wrong or no longer valid. The page doesn't say how many guesses are left.
    Wrong,
    /// The address, the user or the network has asked for too many mails, or the network has tried too many
    /// codes.
    TooMany,
    /// The captcha of the form for another mail is missing, or was not solved.
    Captcha,
    /// The form is of another browser, or too old.
    Expired,
}

impl CodeProblem {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Wrong | Self::Captcha | Self::Expired => StatusCode::BAD_REQUEST,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    pub(super) fn text(self, messages: &Messages) -> &'static str {
        match self {
            Self::Wrong => messages.wrong_code,
            Self::TooMany => messages.too_many_requests,
            Self::Captcha => messages.captcha_unsolved,
            Self::Expired => messages.form_expired,
        }
    }

    /// Whether the user should check the code.
    pub(super) fn is_of_field(self) -> bool {
        self == Self::Wrong
    }
}

/// Why the form of a link is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkProblem {
    /// The field is empty.
    Missing,
    /// The password is not allowed.
    Rejected(PasswordRejection),
    /// The password has to be changed, and is the current one.
    Same,
    /// The form is of another browser, or too old.
    Expired,
}

impl LinkProblem {
    pub(super) fn text(self, messages: &Messages) -> &'static str {
        match self {
            Self::Missing => messages.password_missing,
            Self::Rejected(reason) => rejection(reason, messages),
            Self::Same => messages.password_same,
            Self::Expired => messages.form_expired,
        }
    }

    /// Whether the user should check the password.
    pub(super) fn is_of_field(self) -> bool {
        self != Self::Expired
    }
}
