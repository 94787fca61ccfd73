//! What logout decides against.

use shared::http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse};

/// Why a logout was refused or failed.
pub type LogoutError = EndpointError<LogoutReason>;

/// A reason of this endpoint alone.
#[derive(Debug, thiserror::Error)]
pub enum LogoutReason {
    /// All of the user's sessions are to end, by a token whose own is over.
    #[error("everywhere, by a token of a session that is over")]
    SessionOver,
}

impl IntoErrorResponse for LogoutReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::SessionOver => ErrorResponse::new(
                ErrorCode::InvalidGrant,
                "The session of this token is over. Log in to end the others.",
            ),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::SessionOver => "session_over",
        }
    }
}
