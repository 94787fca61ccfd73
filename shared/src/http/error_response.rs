//! The outermost layer of errors: what goes over the wire (RFC 6749 section 5.2).

use std::borrow::Cow;

use lambda_http::{Body, Response, http::StatusCode};
use serde::{Serialize, Serializer};

use super::{CredentialsError, RequestError, json};
use crate::{
    aborted::Aborted,
    client::ClientError,
    keys::{KeysetsError, PublicKeysError},
    store::StoreError,
    tokens::IssueError,
};

/// The value of `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// RFC 6749 section 5.2.
    InvalidRequest,
    /// RFC 6749 section 5.2.
    InvalidClient,
    /// RFC 6749 section 5.2.
    InvalidGrant,
    /// RFC 6749 section 5.2.
    InvalidScope,
    /// RFC 6749 section 5.2.
    UnsupportedGrantType,
    /// What the path names doesn't exist: no RFC of this family has a code for it.
    NotFound,
    /// The password may not be chosen: no RFC of this family has a code for it.
    PasswordRejected,
    /// RFC 6749 section 4.1.2.1.
    ServerError,
    /// RFC 6749 section 4.1.2.1.
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// As it goes over the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::NotFound => "not_found",
            Self::PasswordRejected => "password_rejected",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// An error response: `{"error", "error_description"}`. The description is ours; it never repeats what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorResponse {
    /// The status of the response.
    #[serde(skip)]
    pub status: StatusCode,
    pub(crate) error: ErrorCode,
    error_description: Cow<'static, str>,
}

impl ErrorResponse {
    /// An error with the status that its code usually has.
    pub fn new(error: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let status = match error {
            ErrorCode::InvalidRequest
            | ErrorCode::InvalidGrant
            | ErrorCode::InvalidScope
            | ErrorCode::PasswordRejected
            | ErrorCode::UnsupportedGrantType => StatusCode::BAD_REQUEST,
            ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, error, error_description: description.into() }
    }

    /// A failure that no request can help.
    pub fn server_error() -> Self {
        Self::new(ErrorCode::ServerError, "The request could not be carried out.")
    }

    /// A failure that heals.
    fn try_again() -> Self {
        Self::new(ErrorCode::TemporarilyUnavailable, "Try again in a moment.")
    }

    fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The response.
    pub fn into_response(self) -> Response<Body> {
        json(self.status, &self)
    }
}

impl From<&RequestError> for ErrorResponse {
    fn from(error: &RequestError) -> Self {
        let invalid = |description: &'static str| Self::new(ErrorCode::InvalidRequest, description);
        match error {
            RequestError::Method => invalid("This endpoint does not have that method.")
                .with_status(StatusCode::METHOD_NOT_ALLOWED),
            RequestError::MediaType => {
                invalid("The body must be application/x-www-form-urlencoded or application/json.")
                    .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            RequestError::TooLarge => {
                invalid("The body is too large.").with_status(StatusCode::PAYLOAD_TOO_LARGE)
            }
            RequestError::Malformed => invalid("The body is not what its media type says."),
            RequestError::Repeated => invalid("A parameter is repeated."),
            RequestError::InQuery => invalid("Parameters belong in the body, not in the query."),
            RequestError::Missing(name) => {
                Self::new(ErrorCode::InvalidRequest, format!("The parameter {name} is missing."))
            }
            RequestError::IdempotencyKey => {
                invalid("An Idempotency-Key is one header with 22 to 255 characters, made at random.")
            }
            RequestError::Mistyped(name) => {
                Self::new(ErrorCode::InvalidRequest, format!("The parameter {name} is malformed."))
            }
        }
    }
}

impl From<&CredentialsError> for ErrorResponse {
    fn from(error: &CredentialsError) -> Self {
        match error {
            CredentialsError::Request(error) => error.into(),
            CredentialsError::Missing => {
                Self::new(ErrorCode::InvalidClient, "The client did not identify itself.")
            }
            CredentialsError::Scheme | CredentialsError::Malformed => {
                Self::new(ErrorCode::InvalidClient, "Clients authenticate by Basic or in the body.")
            }
            CredentialsError::Twice => Self::new(
                ErrorCode::InvalidRequest,
                "Clients authenticate by Basic or in the body, not by both.",
            ),
        }
    }
}

impl From<&ClientError> for ErrorResponse {
    fn from(error: &ClientError) -> Self {
        match error {
            ClientError::Unknown | ClientError::Unproven | ClientError::Disabled => {
                Self::new(ErrorCode::InvalidClient, "Client authentication failed.")
            }
            ClientError::Store(error) => error.into(),
        }
    }
}

impl From<&StoreError> for ErrorResponse {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => Self::try_again(),
            StoreError::Malformed { .. } => Self::server_error(),
        }
    }
}

/// Whatever it is, it heals without the caller's doing, and nobody is logged out over it.
impl From<&KeysetsError> for ErrorResponse {
    fn from(error: &KeysetsError) -> Self {
        match error {
            KeysetsError::Unavailable(_) | KeysetsError::File(_) | KeysetsError::Keyset(_) => {
                Self::try_again()
            }
        }
    }
}

impl From<&PublicKeysError> for ErrorResponse {
    fn from(error: &PublicKeysError) -> Self {
        match error {
            PublicKeysError::Store(error) => error.into(),
            PublicKeysError::Keys(_) => Self::try_again(),
        }
    }
}

impl From<&Aborted> for ErrorResponse {
    fn from(error: &Aborted) -> Self {
        match error {
            Aborted::Panic => Self::server_error(),
            Aborted::TimeUp => Self::try_again(),
        }
    }
}

impl From<&IssueError> for ErrorResponse {
    fn from(_: &IssueError) -> Self {
        Self::server_error()
    }
}
