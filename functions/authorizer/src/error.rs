//! Why a request doesn't pass.

use lambda_http::lambda_runtime::Diagnostic;
use shared::{
    aborted::Aborted, dpop::ProofError, error::chain, keys::PublicKeysError, log::Ending, store::StoreError,
    tokens::AccessTokenError,
};

use crate::pull::PullError;

/// Why a request doesn't pass.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizerError {
    /// The request has no token, several tokens, or another scheme.
    #[error("the request has no access token, or more than one")]
    NoToken,
    /// The token is bound to a key, but its scheme is `Bearer`.
    #[error("a token that is bound to a key came as a bearer token")]
    BoundAsBearer,
    /// The token is not bound to a key, but its scheme is `DPoP`.
    #[error("a token that is not bound to a key came with the scheme DPoP")]
    UnboundAsDpop,
    /// The token is bound to a key, but the request has no proof, or its kind of event can't carry one.
    #[error("there is no DPoP proof")]
    NoProof,
    /// The proof is invalid, or for another request.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The proof is by another key than the token's.
    #[error("the DPoP proof is from another key")]
    OtherKey,
    /// The proof was used before.
    #[error("the DPoP proof was used before")]
    ProofReplayed,
    /// The token is not valid.
    #[error(transparent)]
    Token(#[from] AccessTokenError),
    /// The token's session is over.
    #[error("the session is over")]
    SessionEnded,
    /// The event is not an authorizer's. The error doesn't repeat it, since it contains a token.
    #[error("the event is not an authorizer's")]
    Event,
    /// The event names no method of an API.
    #[error("the event has no usable methodArn or routeArn")]
    MethodArn,
    /// The user's claims are too long for the context.
    #[error("the context would be too long")]
    ContextTooLong,
    /// The scope rules make a policy that is too long for API Gateway, because the stage's name is so long.
    #[error("the policy would be too long")]
    PolicyTooLong,
    /// No keys are available.
    #[error(transparent)]
    Keys(#[from] PublicKeysError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The denylist has more rows than the limit, so it is unknown whether the session is over.
    #[error("the denylist has more than {0} rows")]
    DenylistTooLong(usize),
    /// The decision did not complete.
    #[error(transparent)]
    Aborted(#[from] Aborted),
    /// A refusal for AppSync, which gets an answer instead of an error.
    #[error(transparent)]
    RefusedForAppSync(Box<AuthorizerError>),
}

impl AuthorizerError {
    /// Whether the caller can help it by a login or a refresh.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::NoToken
            | Self::BoundAsBearer
            | Self::UnboundAsDpop
            | Self::NoProof
            | Self::Proof(_)
            | Self::OtherKey
            | Self::ProofReplayed
            | Self::Token(_)
            | Self::SessionEnded
            | Self::RefusedForAppSync(_) => true,
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

    /// The name of this error in audit events.
    fn reason(&self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::BoundAsBearer => "bound_as_bearer",
            Self::UnboundAsDpop => "unbound_as_dpop",
            Self::NoProof => "no_proof",
            Self::Proof(error) => error.reason(),
            Self::OtherKey => "other_key",
            Self::ProofReplayed => "proof_replayed",
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

    /// The error for the log. It has no status, since the caller of the authorizer chooses the response.
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

/// API Gateway answers 401 to exactly the message `Unauthorized`, and 500 to any other.
impl From<AuthorizerError> for Diagnostic {
    fn from(error: AuthorizerError) -> Self {
        let error_message = if error.is_refusal() { "Unauthorized" } else { "The decision failed" };
        Self { error_type: "AuthorizerError".to_owned(), error_message: error_message.to_owned() }
    }
}
