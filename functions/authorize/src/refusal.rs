//! Why a client's request is invalid.

use shared::{
    http::{ErrorCode, ErrorResponse},
    resource::TargetError,
};

/// Why a client's request is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// A parameter is repeated.
    #[error("repeated parameter")]
    Repeated,
    /// A parameter is missing.
    #[error("missing parameter {0}")]
    Missing(&'static str),
    /// A parameter is malformed.
    #[error("malformed parameter {0}")]
    Malformed(&'static str),
    /// The request uses a JWT (`request`).
    #[error("a request object")]
    RequestObject,
    /// The request uses a JWT by reference (`request_uri`).
    #[error("a request object by reference")]
    RequestUri,
    /// The response type is not `code`.
    #[error("another response type than code")]
    ResponseType,
    /// The response mode is not `query`.
    #[error("another response mode than query")]
    ResponseMode,
    /// The challenge method is not `S256`.
    #[error("another challenge method than S256")]
    ChallengeMethod,
    /// The client may have none of the scopes.
    #[error("a scope of which the client may not have any part")]
    Scope,
    /// The client may not ask for this resource.
    #[error(transparent)]
    Target(TargetError),
}

impl RequestRefusal {
    /// The error for the client (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
    pub(crate) fn response(self) -> ErrorResponse {
        let invalid = |description: &'static str| ErrorResponse::new(ErrorCode::InvalidRequest, description);
        match self {
            Self::Repeated => invalid("A parameter is repeated."),
            Self::Missing(name) => {
                ErrorResponse::new(ErrorCode::InvalidRequest, format!("The parameter {name} is missing."))
            }
            Self::Malformed(name) => {
                ErrorResponse::new(ErrorCode::InvalidRequest, format!("The parameter {name} is malformed."))
            }
            Self::RequestObject => {
                ErrorResponse::new(ErrorCode::RequestNotSupported, "The parameter request is not supported.")
            }
            Self::RequestUri => ErrorResponse::new(
                ErrorCode::RequestUriNotSupported,
                "The parameter request_uri is not supported.",
            ),
            Self::ResponseType => {
                ErrorResponse::new(ErrorCode::UnsupportedResponseType, "The response_type has to be code.")
            }
            Self::ResponseMode => invalid("The response_mode has to be query."),
            Self::ChallengeMethod => invalid("The code_challenge_method has to be S256."),
            Self::Scope => {
                ErrorResponse::new(ErrorCode::InvalidScope, "The client may not have any of those scopes.")
            }
            Self::Target(error) => error.into(),
        }
    }

    /// The name of this error in audit events.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Repeated => "repeated_parameter",
            Self::Missing(_) => "missing_parameter",
            Self::Malformed(_) => "malformed_parameter",
            Self::RequestObject => "request_object",
            Self::RequestUri => "request_uri",
            Self::ResponseType => "response_type",
            Self::ResponseMode => "response_mode",
            Self::ChallengeMethod => "challenge_method",
            Self::Scope => "scope_exceeded",
            Self::Target(error) => error.reason(),
        }
    }
}
