//! The reasons for which there is no document.

use shared::{
    http::{EndpointError, ErrorCode, ErrorResponse, IntoErrorResponse},
    keys::PublicKeysError,
};

/// Why there is no document.
pub type MetadataError = EndpointError<MetadataReason>;

/// A reason that only this endpoint has.
#[derive(Debug, thiserror::Error)]
pub enum MetadataReason {
    /// The document doesn't exist.
    #[error("there is no such document")]
    NotFound,
    /// The keys aren't available.
    #[error(transparent)]
    Keys(PublicKeysError),
}

impl IntoErrorResponse for MetadataReason {
    fn response(&self) -> ErrorResponse {
        match self {
            Self::NotFound => ErrorResponse::new(ErrorCode::NotFound, "There is no such document."),
            Self::Keys(error) => error.into(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotFound => "unknown_document",
            Self::Keys(error) => error.reason(),
        }
    }
}
