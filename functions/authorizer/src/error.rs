//! Why a request doesn't pass.

use lambda_http::lambda_runtime::Diagnostic;
use shared::{
    aborted::Aborted, error::chain, keys::PublicKeysError, log::Ending, store::StoreError,
    tokens::AccessTokenError,
};

use crate::pull::PullError;

/// Why a request doesn't pass.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizerError {
    /// The request has no token, more than one, or one of another scheme.
    #[error("the request does not have one bearer token")]
    NoBearer,
    /// The token is not valid.
    #[error(transparent)]
    Token(#[from] AccessTokenError),
    /// The token's session is over.
    #[error("the session is over")]
    SessionEnded,
    /// The event is not that of an authorizer. What it was is not repeated: it holds a token.
    #[error("the event is not that of an authorizer")]
    Event,
    /// The event names no method of an API.
    #[error("the event has no usable methodArn or routeArn")]
    MethodArn,
    /// The user's claims are more than an endpoint could be handed.
    #[error("the context would be too long")]
    ContextTooLong,
    /// The scope rules make a policy that API Gateway would not evaluate, in a stage with so long a name.
    #[error("the policy would be too long")]
    PolicyTooLong,
    /// There are no keys to verify with.
    #[error(transparent)]
    Keys(#[from] PublicKeysError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The denylist has more rows than an authorizer keeps, so that nobody knows whether the session is over.
    #[error("the denylist has more than {0} rows")]
    DenylistTooLong(usize),
    /// The decision was not carried out.
    #[error(transparent)]
    Aborted(#[from] Aborted),
    /// A refusal that AppSync asked for: it takes an answer instead of an error.
    #[error(transparent)]
    RefusedForAppSync(Box<AuthorizerError>),
}

impl AuthorizerError {
    /// Whether the caller can help it by logging in or refreshing.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::NoBearer | Self::Token(_) | Self::SessionEnded | Self::RefusedForAppSync(_) => true,
            Self::Event
            | Self::MethodArn
            | Self::ContextTooLong
            | Self::PolicyTooLong
            | Self::Keys(_)
            | Self::Store(_)
            | Self::DenylistTooLong(_)
            | Self::Aborted(_) => false,
        }
    }

    /// Its name in audit events.
    fn reason(&self) -> &'static str {
        match self {
            Self::NoBearer => "no_token",
            Self::Token(error) => error.reason(),
            Self::SessionEnded => "session_over",
            Self::Event => "malformed_event",
            Self::MethodArn => "no_method",
            Self::ContextTooLong => "context_too_long",
            Self::PolicyTooLong => "policy_too_long",
            Self::Keys(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::DenylistTooLong(_) => "denylist_too_long",
            Self::Aborted(error) => error.reason(),
            Self::RefusedForAppSync(error) => error.reason(),
        }
    }

    /// For the log. Which answer it becomes is for whoever asked to say: it has no status here.
    pub(crate) fn ending(&self) -> Ending {
        let is_failure = !self.is_refusal();
        Ending { is_failure, answer: None, reason: self.reason(), detail: chain(self) }
    }
}

impl From<PullError> for AuthorizerError {
    fn from(error: PullError) -> Self {
        match error {
            PullError::Store(error) => Self::Store(error),
            PullError::TooLong(max_rows) => Self::DenylistTooLong(max_rows),
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
