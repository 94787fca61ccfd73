//! Why a password was not replaced.

use shared::{
    http::{ErrorCode, ErrorResponse, IntoErrorResponse},
    store::StoreError,
};

use crate::PasswordError;

/// Why a user could not replace the password.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Another change of password cut the session off.
    #[error("the session is over")]
    SessionOver,
    /// The new password is the current one.
    #[error("the new password is the current one")]
    Same,
    /// The current password is wrong, or another request has just replaced it.
    #[error("wrong password")]
    WrongPassword,
    /// There were too many attempts on this user's password.
    #[error("too many attempts on this user name")]
    BudgetSpent,
    /// The user's record was read before an operator or a change of the address renamed the user. Nothing was
    /// counted.
    #[error("the user was renamed meanwhile")]
    Renamed,
    /// A password can't be hashed or compared.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoErrorResponse for ReplaceError {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::SessionOver => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The session is over. Log in again.")
            }
            Self::Same => {
                ErrorResponse::new(ErrorCode::PasswordRejected, "The new password is the current one.")
            }
            // Both get the same answer, so that a thief of a session doesn't learn whether guesses still
            // count.
            Self::WrongPassword | Self::BudgetSpent => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The current password is wrong.")
            }
            Self::Renamed => ErrorResponse::unavailable("Try again in a moment."),
            Self::Password(_) => ErrorResponse::server_error(),
            Self::Store(error) => error.into(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::SessionOver => "session_over",
            Self::Same => "same_password",
            Self::WrongPassword => "wrong_password",
            Self::BudgetSpent => "budget_spent",
            Self::Renamed => "renamed_meanwhile",
            Self::Password(error) => error.reason(),
            Self::Store(error) => error.reason(),
        }
    }
}
