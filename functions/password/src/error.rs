//! What a change of password decides against.

use passwords::{PasswordError, PasswordRejection};
use shared::{
    client::ClientError,
    http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse},
};

/// Why a change of password was refused or failed.
pub type PasswordChangeError = EndpointError<PasswordChangeReason>;

/// A reason of this endpoint alone.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeReason {
    /// The session of the access token is over, or its user may not go on.
    #[error("the session is over")]
    SessionOver,
    /// The session is over, and the password was changed all the same.
    #[error("the session is over, and the password was changed")]
    OverAfterChange,
    /// The session's client is gone or disabled.
    #[error(transparent)]
    ClientGone(ClientError),
    /// The new password may not be chosen.
    #[error(transparent)]
    Rejected(PasswordRejection),
    /// The new password is the current one.
    #[error("the new password is the current one")]
    Same,
    /// The current password is not the user's, or was replaced in this very moment.
    #[error("wrong password")]
    WrongPassword,
    /// Too many attempts on this user's password.
    #[error("too many attempts on this user name")]
    BudgetSpent,
    /// A password can't be hashed or compared.
    #[error(transparent)]
    Password(PasswordError),
}

impl IntoErrorResponse for PasswordChangeReason {
    fn response(&self) -> ErrorResponse {
        let rejected =
            |description: &'static str| ErrorResponse::new(ErrorCode::PasswordRejected, description);
        match self {
            Self::SessionOver | Self::ClientGone(_) => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The session is over. Log in again.")
            }
            Self::OverAfterChange => ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "The session is over, but the password was changed. Log in with the new one.",
            ),
            Self::Rejected(rejection) => rejected(match rejection {
                PasswordRejection::Malformed => {
                    "A password has at most 1024 bytes and no control characters."
                }
                PasswordRejection::TooShort => "A password has at least 8 characters.",
                PasswordRejection::Common => "That password is among the most common ones.",
                PasswordRejection::LikeUsername => "That password is little more than the user name.",
            }),
            Self::Same => rejected("The new password is the current one."),
            // One answer to both: whoever has come by an access token is not told how far their guesses count.
            Self::WrongPassword | Self::BudgetSpent => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The current password is wrong.")
            }
            Self::Password(_) => ErrorResponse::server_error(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::SessionOver | Self::OverAfterChange => "session_over",
            Self::ClientGone(error) => error.reason(),
            Self::Rejected(rejection) => rejection.reason(),
            Self::Same => "same_password",
            Self::WrongPassword => "wrong_password",
            Self::BudgetSpent => "budget_spent",
            Self::Password(error) => error.reason(),
        }
    }
}
