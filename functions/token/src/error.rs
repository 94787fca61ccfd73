//! The reasons for which the token endpoint refuses requests.

use refresh::RefreshReason;
use shared::{
    http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse},
    resource::TargetError,
};

use crate::Mismatch;

/// Why a request for tokens was refused or failed.
pub type TokenError = EndpointError<TokenReason>;

/// A reason that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum TokenReason {
    /// The `grant_type` isn't supported.
    #[error("unsupported grant type")]
    GrantType,
    /// The code is not genuine, or another client's.
    #[error("forged authorization code, or another client's")]
    Forged,
    /// The code has expired, or doesn't match the request. Nothing was used up.
    #[error("the authorization code does not match the request: {0:?}")]
    Mismatch(Mismatch),
    /// The client may not ask for the resource, or it was not granted.
    #[error(transparent)]
    Target(TargetError),
    /// The code was used before. The session that it began was ended.
    #[error("the authorization code was used before")]
    Reused,
    /// The code was used a second time before this request, its first use, completed.
    #[error("the authorization code was used again meanwhile")]
    UsedAgain,
    /// The client's sessions were cut off after the code was issued.
    #[error("the client is disabled, deleted or cut off")]
    ClientCutOff,
    /// The user was deleted, disabled or cut off after the code was issued.
    #[error("the user is disabled, deleted or cut off")]
    UserCutOff,
    /// The session at the pages in which the code was issued is over.
    #[error("the session at the pages is over")]
    BrowserSessionOver,
    /// A reason of the refresh token grant.
    #[error(transparent)]
    Refresh(RefreshReason),
}

impl IntoErrorResponse for TokenReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::GrantType => ErrorResponse::new(
                ErrorCode::UnsupportedGrantType,
                "This endpoint takes the grant types authorization_code and refresh_token.",
            ),
            Self::Target(error) => (*error).into(),
            // All of them get the same answer, which tells a thief nothing about the code.
            Self::Forged
            | Self::Mismatch(_)
            | Self::Reused
            | Self::UsedAgain
            | Self::ClientCutOff
            | Self::UserCutOff
            | Self::BrowserSessionOver => {
                ErrorResponse::new(ErrorCode::InvalidGrant, "The code is not valid any more, or never was.")
            }
            Self::Refresh(reason) => reason.response(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::GrantType => "unsupported_grant_type",
            Self::Forged => "forged_code",
            Self::Mismatch(mismatch) => mismatch.reason(),
            Self::Target(error) => error.reason(),
            Self::Reused => "code_reused",
            Self::UsedAgain => "code_used_again",
            Self::ClientCutOff => "client_cut_off",
            Self::UserCutOff => "user_cut_off",
            Self::BrowserSessionOver => "browser_session_over",
            Self::Refresh(reason) => reason.reason(),
        }
    }
}
