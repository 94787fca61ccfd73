//! What a change of password decides against.

use passwords::{PasswordError, PasswordRejection};
use shared::{
    client::ClientError,
    http::{ErrorCode, ErrorResponse, IntoErrorResponse, RequestError},
    keys::KeysetsError,
    store::StoreError,
    tokens::IssueError,
};

/// Why a change of password was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeError {
    /// The request can't be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request did not come through the authorizer.
    #[error("the request has no authorizer context: the endpoint is deployed without its authorizer")]
    Unauthorized,
    /// The session of the access token is over, or its user may not go on.
    #[error("the session is over")]
    SessionOver,
    /// The session's client is gone or disabled.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The new password may not be chosen.
    #[error(transparent)]
    Rejected(#[from] PasswordRejection),
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
    Password(#[from] PasswordError),
    /// There are no keys to work with.
    #[error(transparent)]
    Keysets(#[from] KeysetsError),
    /// The store failed. The same request again completes what was begun.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The access token could not be signed.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl IntoErrorResponse for PasswordChangeError {
    fn response(&self) -> ErrorResponse {
        let rejected =
            |description: &'static str| ErrorResponse::new(ErrorCode::PasswordRejected, description);
        match self {
            Self::Request(error) => error.into(),
            Self::Client(ClientError::Store(error)) | Self::Store(error) => error.into(),
            Self::SessionOver
            | Self::Client(ClientError::Unknown | ClientError::Unproven | ClientError::Disabled) => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The session is over. Log in again.")
            }
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
            Self::Unauthorized | Self::Password(_) => ErrorResponse::server_error(),
            Self::Keysets(error) => error.into(),
            Self::Issue(error) => error.into(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Request(error) => error.reason(),
            Self::Unauthorized => "no_authorizer",
            Self::SessionOver => "session_over",
            Self::Client(error) => error.reason(),
            Self::Rejected(rejection) => rejection.reason(),
            Self::Same => "same_password",
            Self::WrongPassword => "wrong_password",
            Self::BudgetSpent => "budget_spent",
            Self::Password(error) => error.reason(),
            Self::Keysets(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Issue(error) => error.reason(),
        }
    }
}
