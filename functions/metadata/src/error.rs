//! What metadata decides against.

use shared::{
    http::{ErrorCode, ErrorResponse, IntoErrorResponse, RequestError},
    keys::PublicKeysError,
};

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// Another method than GET.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// There is no such document.
    #[error("there is no such document")]
    NotFound,
    /// The keys can't be had.
    #[error(transparent)]
    Keys(#[from] PublicKeysError),
}

impl IntoErrorResponse for MetadataError {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::Request(error) => error.into(),
            Self::NotFound => ErrorResponse::new(ErrorCode::NotFound, "There is no such document."),
            Self::Keys(error) => error.into(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Request(error) => error.reason(),
            Self::NotFound => "unknown_document",
            Self::Keys(error) => error.reason(),
        }
    }
}
