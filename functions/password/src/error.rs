//! The reasons for which a change of password is refused.

use passwords::{PasswordRejection, ReplaceError};
use shared::{
    client::ClientError,
    http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse},
};

/// Why a change of password was refused or failed.
pub type PasswordChangeError = EndpointError<PasswordChangeReason>;

/// A reason that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeReason {
    /// The session of the access token is over, or its user is disabled.
    #[error("the session is over")]
    SessionOver,
    /// The session is over, but the password was changed.
    #[error("the session is over, and the password was changed")]
    OverAfterChange,
    /// The session's client is gone or disabled.
    #[error(transparent)]
    ClientGone(ClientError),
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
            Self::SessionOver | Self::ClientGone(_) => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The session is over. Log in again.")
            }
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
            Self::SessionOver | Self::OverAfterChange => "session_over",
            Self::ClientGone(error) => error.reason(),
            Self::Rejected(rejection) => rejection.reason(),
            Self::NotReplaced(error) => error.reason(),
        }
    }
}
