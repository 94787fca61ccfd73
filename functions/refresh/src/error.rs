//! What refresh decides against.

use shared::{
    http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse},
    tokens::RefreshTokenError,
};

use crate::{End, Reuse};

/// Why a refresh was refused or failed.
pub type RefreshError = EndpointError<RefreshReason>;

/// A reason of this endpoint alone.
#[derive(Debug, thiserror::Error)]
pub enum RefreshReason {
    /// Another `grant_type` than `refresh_token`.
    #[error("unsupported grant type")]
    GrantType,
    /// The refresh token is not genuine, or not this client's.
    #[error(transparent)]
    Token(RefreshTokenError),
    /// More than was granted, more than the client may have, or no scope at all.
    #[error("a scope beyond what was granted")]
    Scope,
    /// The session is over.
    #[error("the session is over: {0:?}")]
    Ended(End),
    /// The token was used before; its session has been ended.
    #[error("the refresh token was used before: {0:?}")]
    Reused(Reuse),
    /// The token's successor was used while the request was under way; nothing was ended.
    #[error("the refresh token was used while the request was under way")]
    Overtaken,
    /// The token is ahead of the table, as after a restored backup.
    #[error("the refresh token is ahead of its session")]
    Ahead,
    /// The token has been rotated four billion times.
    #[error("the refresh token has no successor")]
    Worn,
    /// The user is gone, disabled or cut off; the session has been ended.
    #[error("the user may not go on")]
    UserCutOff,
}

impl IntoErrorResponse for RefreshReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::GrantType => ErrorResponse::new(
                ErrorCode::UnsupportedGrantType,
                "This endpoint takes the grant type refresh_token.",
            ),
            Self::Scope => ErrorResponse::new(
                ErrorCode::InvalidScope,
                "The scope goes beyond what was granted. Scopes are separated by spaces.",
            ),
            // One answer to all of them: a thief learns nothing about what became of the session.
            Self::Token(_)
            | Self::Ended(_)
            | Self::Reused(_)
            | Self::Overtaken
            | Self::Ahead
            | Self::Worn
            | Self::UserCutOff => ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "The refresh token is not valid any more, or never was.",
            ),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::GrantType => "unsupported_grant_type",
            Self::Token(error) => error.reason(),
            Self::Scope => "scope_exceeded",
            Self::Ended(End::Absent) => "session_absent",
            Self::Ended(End::Expired) => "session_expired",
            Self::Ended(End::CutOff) => "client_cut_off",
            Self::Reused(_) => "token_reused",
            Self::Overtaken => "request_overtaken",
            Self::Ahead => "token_ahead",
            Self::Worn => "token_worn",
            Self::UserCutOff => "user_cut_off",
        }
    }
}
