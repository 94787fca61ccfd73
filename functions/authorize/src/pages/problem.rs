//! The problems and notices that pages show.

use lambda_http::http::StatusCode;
use passwords::PasswordRejection;

use super::messages::{Explanation, Messages};

/// Why a user is not signed in yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInProblem {
    /// The name or the password is wrong, or the budget is spent. The page doesn't say which.
    WrongCredentials,
    /// A field is empty, or can't be a user name or password.
    Incomplete,
    /// The form is of another browser, or too old.
    Expired,
}

impl SignInProblem {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::WrongCredentials => StatusCode::UNAUTHORIZED,
            Self::Incomplete | Self::Expired => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn text(self, messages: &Messages) -> &'static str {
        match self {
            Self::WrongCredentials => messages.wrong_credentials,
            Self::Incomplete => messages.incomplete,
            Self::Expired => messages.form_expired,
        }
    }

    /// Whether the user should check the fields.
    pub(super) fn is_of_fields(self) -> bool {
        self != Self::Expired
    }
}

/// Why a password is not changed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeProblem {
    /// The current password is wrong, or the budget is spent.
    WrongPassword,
    /// The new password is not allowed.
    Rejected(PasswordRejection),
    /// The new password is the current one.
    Same,
    /// A field is empty.
    Incomplete,
    /// The form is of another browser, or too old.
    Expired,
}

impl ChangeProblem {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::WrongPassword => StatusCode::UNAUTHORIZED,
            Self::Rejected(_) | Self::Same | Self::Incomplete | Self::Expired => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn text(self, messages: &Messages) -> &'static str {
        match self {
            Self::WrongPassword => messages.wrong_current_password,
            Self::Rejected(reason) => rejection(reason, messages),
            Self::Same => messages.password_same,
            Self::Incomplete => messages.passwords_incomplete,
            Self::Expired => messages.form_expired,
        }
    }

    /// Whether the user should check the current password.
    pub(super) fn is_of_current(self) -> bool {
        self == Self::WrongPassword
    }

    /// Whether the user should check the new password.
    pub(super) fn is_of_new(self) -> bool {
        matches!(self, Self::Rejected(_) | Self::Same)
    }
}

/// Why a new password is not allowed.
pub(super) fn rejection(reason: PasswordRejection, messages: &Messages) -> &'static str {
    match reason {
        PasswordRejection::Malformed => messages.password_malformed,
        PasswordRejection::TooShort => messages.password_too_short,
        PasswordRejection::Common => messages.password_common,
        PasswordRejection::LikeUsername => messages.password_like_username,
    }
}

/// Why an account is not deleted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeletionProblem {
    /// The password is wrong, or the budget is spent.
    WrongPassword,
    /// The password is missing.
    PasswordMissing,
    /// The user hasn't confirmed the deletion.
    Unconfirmed,
    /// The form is of another browser, or too old.
    Expired,
}

impl DeletionProblem {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::WrongPassword => StatusCode::UNAUTHORIZED,
            Self::PasswordMissing | Self::Unconfirmed | Self::Expired => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn text(self, messages: &Messages) -> &'static str {
        match self {
            Self::WrongPassword => messages.wrong_own_password,
            Self::PasswordMissing => messages.own_password_missing,
            Self::Unconfirmed => messages.delete_unconfirmed,
            Self::Expired => messages.form_expired,
        }
    }

    /// Whether the user should check the password.
    pub(super) fn is_of_password(self) -> bool {
        matches!(self, Self::WrongPassword | Self::PasswordMissing)
    }

    /// Whether the user should check the confirmation.
    pub(super) fn is_of_confirmation(self) -> bool {
        self == Self::Unconfirmed
    }
}

/// A change that was just made to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccountNotice {
    /// The user ended one session.
    DeviceSignedOut,
    /// The user ended all other sessions.
    OthersSignedOut,
    /// The user changed the password.
    PasswordChanged,
    /// The user asked for mails about new devices.
    NewDeviceMailsOn,
    /// The user stopped mails about new devices.
    NewDeviceMailsOff,
}

impl AccountNotice {
    pub(super) fn text(self, messages: &Messages) -> &'static str {
        match self {
            Self::DeviceSignedOut => messages.device_signed_out,
            Self::OthersSignedOut => messages.others_signed_out,
            Self::PasswordChanged => messages.password_changed,
            Self::NewDeviceMailsOn => messages.new_device_mails_turned_on,
            Self::NewDeviceMailsOff => messages.new_device_mails_turned_off,
        }
    }
}

/// The reason for an error page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// The client is unknown or disabled.
    UnknownClient,
    /// The client's metadata document can't be used.
    Document,
    /// The redirect URI is not registered for the client.
    RedirectUri,
    /// The request is invalid.
    BadRequest,
    /// The form is of another browser, or too old.
    FormExpired,
    /// Nobody can create an account at this client.
    SignUpClosed,
    /// The user's name, which is no address, can't be changed here.
    EmailUnchangeable,
    /// The new address, or the one to restore, has had an account since.
    EmailTaken,
    /// There were too many requests.
    TooMany,
    /// A service that the request needs didn't answer in time.
    Unavailable,
    /// A failure of ours.
    Failure,
}

impl PageError {
    pub(super) fn explanation(self, messages: &'static Messages) -> &'static Explanation {
        match self {
            Self::UnknownClient => &messages.unknown_client,
            Self::Document => &messages.unusable_document,
            Self::RedirectUri => &messages.unknown_redirect_uri,
            Self::BadRequest => &messages.bad_request,
            Self::FormExpired => &messages.form_expired_page,
            Self::SignUpClosed => &messages.sign_up_closed,
            Self::EmailUnchangeable => &messages.email_unchangeable,
            Self::EmailTaken => &messages.email_taken,
            Self::TooMany => &messages.too_many,
            Self::Unavailable => &messages.unavailable,
            Self::Failure => &messages.failure,
        }
    }
}
