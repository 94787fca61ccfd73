//! The reasons for which the sessions endpoints refuse requests.

use shared::http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse};

/// Why a request was refused or failed.
pub type SessionsError = EndpointError<SessionsReason>;

/// A reason that only these endpoints have.
#[derive(Debug, thiserror::Error)]
pub enum SessionsReason {
    /// The user has no such session.
    #[error("no such session")]
    NotFound,
}

impl IntoErrorResponse for SessionsReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::NotFound => ErrorResponse::new(ErrorCode::NotFound, "There is no such session."),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotFound => "unknown_session",
        }
    }
}
