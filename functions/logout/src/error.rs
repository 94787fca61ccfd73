//! The reasons for which logout refuses requests.

use shared::http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse};

/// Why a logout was refused or failed.
pub type LogoutError = EndpointError<LogoutReason>;

/// A reason that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum LogoutReason {
    /// Logout everywhere with a token whose session is over.
    #[error("everywhere, by a token of a session that is over")]
    SessionOver,
    /// Logout everywhere with an access token for a resource. The resource's API has had the token, and must
    /// not end the user's other sessions.
    #[error("everywhere, by an access token for a resource")]
    OtherResource,
    /// Logout everywhere with a token of a bound session, without a proof of the key.
    #[error("everywhere, without a proof of the session's key")]
    NoProof,
    /// Logout everywhere by a third-party client.
    #[error("everywhere, by a third-party client")]
    ThirdParty,
}

impl IntoErrorResponse for LogoutReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::SessionOver => ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "The session of this token is over. Log in to end the others.",
            ),
            Self::OtherResource => ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "Ending all sessions needs a token that is not for a resource.",
            ),
            Self::NoProof => ErrorResponse::new(
                ErrorCode::InvalidDpopProof,
                "Ending all sessions needs a DPoP proof with the key that this one is bound to.",
            ),
            Self::ThirdParty => ErrorResponse::new(
                ErrorCode::UnauthorizedClient,
                "This client may end only the session of this token.",
            ),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::SessionOver => "session_over",
            Self::OtherResource => "other_resource",
            Self::NoProof => "no_proof",
            Self::ThirdParty => "third_party",
        }
    }
}
