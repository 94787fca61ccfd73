//! The reasons for which refresh refuses requests.

use shared::{
    http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse},
    resource::TargetError,
    tokens::RefreshTokenError,
};

use crate::{End, Reuse};

/// Why a refresh was refused or failed.
pub type RefreshError = EndpointError<RefreshReason>;

/// A reason that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum RefreshReason {
    /// The `grant_type` is not `refresh_token`.
    #[error("unsupported grant type")]
    GrantType,
    /// The refresh token is not genuine, or another client's.
    #[error(transparent)]
    Token(RefreshTokenError),
    /// The scope is malformed, or wider than what was granted or what the client may have.
    #[error("a scope beyond what was granted")]
    Scope,
    /// The client may not ask for the resource, or it was not granted.
    #[error(transparent)]
    Target(TargetError),
    /// The token or its session is bound to a key, and the request has no proof by it. Nothing was used up.
    #[error("the refresh token is bound to a key: {0:?}")]
    Misused(Misuse),
    /// The session is over.
    #[error("the session is over: {0:?}")]
    Ended(End),
    /// The token was used before. Its session was ended.
    #[error("the refresh token was used before: {0:?}")]
    Reused(Reuse),
    /// The token's successor was used while the request was under way. Nothing was ended.
    #[error("the refresh token was used while the request was under way")]
    Overtaken,
    /// The token is ahead of the table, for example after a backup was restored.
    #[error("the refresh token is ahead of its session")]
    Ahead,
    /// The token has been rotated four billion times.
    #[error("the refresh token has no successor")]
    Worn,
    /// The user is deleted, disabled or cut off. The session was ended.
    #[error("the user is disabled, deleted or cut off")]
    UserCutOff,
}

/// How a request failed to prove the token's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// The token is bound, and the request has no proof.
    NoProof,
    /// The token or its session is bound, and the proof is by another key.
    OtherKey,
}

impl Misuse {
    /// The name in audit events.
    pub fn subtype(self) -> &'static str {
        match self {
            Self::NoProof => "no_proof",
            Self::OtherKey => "other_key",
        }
    }
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
            Self::Target(error) => (*error).into(),
            // All of them get the same answer, which tells a thief nothing about the session.
            Self::Token(_)
            | Self::Misused(_)
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
            Self::Target(error) => error.reason(),
            Self::Misused(misuse) => misuse.subtype(),
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
