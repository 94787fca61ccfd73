//! The reasons for which login refuses requests.

use passwords::SignInError;
use shared::http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse};

/// Why a login was refused or failed.
pub type LoginError = EndpointError<LoginReason>;

/// A reason that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum LoginReason {
    /// The request has a `grant_type`, but this is not a token endpoint.
    #[error("a grant type at login")]
    GrantType,
    /// The scope is malformed, or the client may not have it.
    #[error("a scope that the client may not have")]
    Scope,
    /// The sign-in failed.
    #[error(transparent)]
    SignIn(SignInError),
}

impl IntoErrorResponse for LoginReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::GrantType => ErrorResponse::new(
                ErrorCode::UnsupportedGrantType,
                "This is a login endpoint, not a token endpoint: leave out grant_type.",
            ),
            Self::Scope => ErrorResponse::new(
                ErrorCode::InvalidScope,
                "The client may not have that scope. Scopes are separated by spaces.",
            ),
            Self::SignIn(error) => error.response(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::GrantType => "unsupported_grant_type",
            Self::Scope => "scope_exceeded",
            Self::SignIn(error) => error.reason(),
        }
    }
}
