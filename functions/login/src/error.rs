//! What login decides against.

use passwords::PasswordError;
use shared::http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse};

/// Why a login was refused or failed.
pub type LoginError = EndpointError<LoginReason>;

/// A reason of this endpoint alone.
#[derive(Debug, thiserror::Error)]
pub enum LoginReason {
    /// There is a `grant_type`: this is no token endpoint.
    #[error("a grant type at login")]
    GrantType,
    /// The client may not have this scope, or it is no scope.
    #[error("a scope that the client may not have")]
    Scope,
    /// Nobody has this user name.
    #[error("unknown user name")]
    UnknownUsername,
    /// The password is not the user's.
    #[error("wrong password")]
    WrongPassword,
    /// Too many attempts on this user name.
    #[error("too many attempts on this user name")]
    BudgetSpent,
    /// The password is right, and the user is gone, disabled or cut off.
    #[error("the user may not sign in")]
    CutOff,
    /// The stored hash can't be used.
    #[error(transparent)]
    Password(PasswordError),
}

impl IntoErrorResponse for LoginReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::GrantType => ErrorResponse::new(
                ErrorCode::UnsupportedGrantType,
                "This is a login and not a token endpoint: it takes no grant type.",
            ),
            Self::Scope => ErrorResponse::new(
                ErrorCode::InvalidScope,
                "The client may not have that scope. Scopes are separated by spaces.",
            ),
            // One answer to all four: which it was would tell who has an account.
            Self::UnknownUsername | Self::WrongPassword | Self::BudgetSpent | Self::CutOff => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The user name or the password is wrong.")
            }
            Self::Password(_) => ErrorResponse::server_error(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::GrantType => "unsupported_grant_type",
            Self::Scope => "scope_exceeded",
            Self::UnknownUsername => "unknown_username",
            Self::WrongPassword => "wrong_password",
            Self::BudgetSpent => "budget_spent",
            Self::CutOff => "user_cut_off",
            Self::Password(error) => error.reason(),
        }
    }
}
