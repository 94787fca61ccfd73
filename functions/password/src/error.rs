//! The reasons for which a change of password is refused.

use passwords::{CallerError, PasswordRejection, ReplaceError};
use shared::http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse};

/// Why a change of password was refused or failed.
pub type PasswordChangeError = EndpointError<PasswordChangeReason>;

/// A reason that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeReason {
    /// The caller may change no account.
    #[error(transparent)]
    Caller(#[from] CallerError),
    /// The session is over, but the password was changed.
    #[error("the session is over, and the password was changed")]
    OverAfterChange,
    /// The new password is not allowed.
    #[error(transparent)]
    Rejected(PasswordRejection),
    /// The current password was not replaced.
    #[error(transparent)]
    NotReplaced(ReplaceError),
}

impl IntoErrorResponse for PasswordChangeReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::Caller(error) => error.response(),
            Self::OverAfterChange => ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "The session is over, but the password was changed. Log in with the new one.",
            ),
            Self::Rejected(rejection) => {
                ErrorResponse::new(ErrorCode::PasswordRejected, rejection.description())
            }
            Self::NotReplaced(error) => error.response(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Caller(error) => error.reason(),
            Self::OverAfterChange => "session_over",
            Self::Rejected(rejection) => rejection.reason(),
            Self::NotReplaced(error) => error.reason(),
        }
    }
}
