//! Why a client's metadata document is not used.

use shared::http::{ErrorCode, ErrorResponse};

/// Why a client's metadata document is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The host has no address, or any of its addresses is not public.
    #[error("its host has no address, or one that is not public")]
    Address,
    /// The host doesn't answer, or has no valid certificate.
    #[error("its host doesn't answer, or has no valid certificate")]
    Unreachable,
    /// The document took too long.
    #[error("it did not arrive in time")]
    Slow,
    /// The status is not 200 (not even a redirect), or the type is not JSON.
    #[error("the answer is not JSON with the status 200")]
    Answer,
    /// The document is too large.
    #[error("it is too large")]
    TooLarge,
    /// The document is not a JSON object, or a member has the wrong type.
    #[error("it is not valid client metadata in JSON")]
    Malformed,
    /// The document's `client_id` is not its URL.
    #[error("its client_id is not its URL")]
    OtherClient,
    /// No redirect URI may be registered.
    #[error("it has no redirect URI that may be registered")]
    RedirectUris,
    /// The client wants to authenticate. A secret in a document would be public, and keys aren't supported.
    #[error("it has a secret, or an authentication method other than none, the only one that is supported")]
    Authentication,
    /// The client doesn't use the code flow.
    #[error("its client doesn't use the authorization code flow")]
    Flow,
    /// Too many documents are being fetched.
    #[error("too many documents are being fetched")]
    Busy,
}

impl DocumentError {
    /// The error that determines the page's status and the log's `error`.
    pub(crate) fn response(self) -> ErrorResponse {
        match self {
            Self::Busy => ErrorResponse::new(ErrorCode::TemporarilyUnavailable, "Try again in a moment."),
            Self::Address
            | Self::Unreachable
            | Self::Slow
            | Self::Answer
            | Self::TooLarge
            | Self::Malformed
            | Self::OtherClient
            | Self::RedirectUris
            | Self::Authentication
            | Self::Flow => {
                ErrorResponse::new(ErrorCode::InvalidRequest, "The client's metadata document can't be used.")
            }
        }
    }

    /// The name of this error in audit events.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Address => "document_address",
            Self::Unreachable => "document_unreachable",
            Self::Slow => "document_slow",
            Self::Answer => "document_answer",
            Self::TooLarge => "document_too_large",
            Self::Malformed => "document_malformed",
            Self::OtherClient => "document_of_another",
            Self::RedirectUris => "document_redirect_uris",
            Self::Authentication => "document_authentication",
            Self::Flow => "document_flow",
            Self::Busy => "documents_busy",
        }
    }
}
