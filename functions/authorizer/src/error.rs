//! What the authorizer decides against.

use lambda_http::lambda_runtime::Diagnostic;
use shared::{store::StoreError, tokens::AccessTokenError};

/// Why a request doesn't pass.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizerError {
    /// The header is not `Bearer` and one token.
    #[error("the Authorization header is not Bearer and one token")]
    NoBearer,
    /// The token is not valid.
    #[error(transparent)]
    Token(#[from] AccessTokenError),
    /// The token's session is over.
    #[error("the session is over")]
    SessionEnded,
    /// The event is not that of a TOKEN authorizer of a REST API. What it was is not repeated: it holds a token.
    #[error("the event is not that of a TOKEN authorizer")]
    Event,
    /// The event names no method of an API.
    #[error("the event has no usable methodArn")]
    MethodArn,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthorizerError {
    /// Whether the caller can help it by logging in or refreshing.
    fn is_refusal(&self) -> bool {
        match self {
            Self::NoBearer | Self::Token(_) | Self::SessionEnded => true,
            Self::Event | Self::MethodArn | Self::Store(_) => false,
        }
    }

    pub(crate) fn log(&self) {
        let reason = shared::http::chain(self);
        if self.is_refusal() {
            tracing::info!(function = "authorizer", reason, "refused");
        } else {
            tracing::error!(function = "authorizer", reason, "failed");
        }
    }
}

/// API Gateway answers 401 to the message `Unauthorized`, exactly so, and 500 to any other.
impl From<AuthorizerError> for Diagnostic {
    fn from(error: AuthorizerError) -> Self {
        let error_message = if error.is_refusal() { "Unauthorized" } else { "The decision failed" };
        Self { error_type: "AuthorizerError".to_owned(), error_message: error_message.to_owned() }
    }
}
