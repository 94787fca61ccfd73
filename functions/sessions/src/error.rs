//! What the sessions endpoints decide against.

use shared::{
    http::{ErrorCode, ErrorResponse, IntoErrorResponse, RequestError},
    store::StoreError,
};

/// Why a request was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// The request can't be read.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request did not come through the authorizer.
    #[error("the request has no authorizer context: the endpoint is deployed without its authorizer")]
    Unauthorized,
    /// The user has no such session.
    #[error("no such session")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoErrorResponse for SessionsError {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::Request(error) => error.into(),
            Self::Unauthorized => ErrorResponse::server_error(),
            Self::NotFound => ErrorResponse::new(ErrorCode::NotFound, "There is no such session."),
            Self::Store(error) => error.into(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Request(error) => error.reason(),
            Self::Unauthorized => "no_authorizer",
            Self::NotFound => "unknown_session",
            Self::Store(error) => error.reason(),
        }
    }
}
