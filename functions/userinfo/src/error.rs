//! The reasons for which the endpoint refuses requests.

use shared::http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse};

/// Why a request was refused or failed.
pub type UserinfoError = EndpointError<UserinfoReason>;

/// A reason that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum UserinfoReason {
    /// The access token lacks the scope `openid`.
    #[error("an access token without the scope openid")]
    Scope,
    /// The user is deleted or disabled, but the token hasn't expired.
    #[error("the user is disabled, deleted or cut off")]
    UserCutOff,
}

impl IntoErrorResponse for UserinfoReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::Scope => {
                ErrorResponse::new(ErrorCode::InsufficientScope, "The access token does not allow this.")
            }
            // OpenID Connect Core 1.0 section 5.3.3 refers to the errors of RFC 6750. There, section 3.1 has
            // `invalid_token` for a token that is "expired, revoked, malformed, or invalid for other
            // reasons". Without its user a token is invalid.
            Self::UserCutOff => ErrorResponse::new(
                ErrorCode::InvalidToken,
                "The access token is not valid any more: log in again.",
            ),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Scope => "insufficient_scope",
            Self::UserCutOff => "user_cut_off",
        }
    }
}
