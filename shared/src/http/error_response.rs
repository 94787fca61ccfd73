//! The outermost layer of errors: the response (RFC 6749 section 5.2).

use std::{borrow::Cow, time::Duration};

use lambda_http::{
    Body, Response,
    http::{HeaderValue, StatusCode, header},
};
use serde::{Serialize, Serializer};

use super::{CredentialsError, DpopError, RequestError, json, offer_nonce};
use crate::{
    aborted::Aborted,
    client::ClientError,
    dpop::{self, ProofError},
    keys::{KeysetsError, PublicKeysError},
    resource::TargetError,
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
    /// RFC 8707 section 2.
    InvalidTarget,
    /// RFC 6749 section 5.2.
    UnsupportedGrantType,
    /// RFC 6749 section 4.1.2.1.
    UnauthorizedClient,
    /// RFC 6749 section 4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 section 4.1.2.1.
    AccessDenied,
    /// OpenID Connect Core 1.0 section 3.1.2.6.
    LoginRequired,
    /// OpenID Connect Core 1.0 section 3.1.2.6.
    ConsentRequired,
    /// OpenID Connect Core 1.0 section 3.1.2.6.
    InteractionRequired,
    /// OpenID Connect Core 1.0 section 3.1.2.6.
    RequestNotSupported,
    /// OpenID Connect Core 1.0 section 3.1.2.6.
    RequestUriNotSupported,
    /// RFC 6750 section 3.1.
    InvalidToken,
    /// RFC 6750 section 3.1.
    InsufficientScope,
    /// RFC 9449 section 5.
    InvalidDpopProof,
    /// RFC 9449 section 8.
    UseDpopNonce,
    /// The path names nothing that exists. No RFC of this family has a code for it.
    NotFound,
    /// The password may not be chosen. No RFC of this family has a code for it.
    PasswordRejected,
    /// RFC 6749 section 4.1.2.1.
    ServerError,
    /// RFC 6749 section 4.1.2.1.
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// The code as the response has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::NotFound => "not_found",
            Self::PasswordRejected => "password_rejected",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

impl ErrorCode {
    /// A resource's challenge for a token that it refuses (RFC 6750 section 3), for both schemes.
    /// template.yaml has the same for the authorizer's refusals.
    fn challenge(self) -> Option<HeaderValue> {
        match self {
            Self::InvalidToken | Self::InsufficientScope => {
                let (name, algorithms) = (self.name(), dpop::ALGORITHMS.join(" "));
                let bearer = format!("Bearer realm=\"latchgate\", error=\"{name}\"");
                let both = format!("{bearer}, DPoP algs=\"{algorithms}\", error=\"{name}\"");
                HeaderValue::try_from(both).ok()
            }
            _ => None,
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// An error response: `{"error", "error_description"}`. The description never repeats anything from the
/// request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorResponse {
    /// The status of the response.
    #[serde(skip)]
    pub status: StatusCode,
    /// The error code.
    pub error: ErrorCode,
    /// The explanation for people.
    pub error_description: Cow<'static, str>,
    /// The nonce that the next proof needs (RFC 9449 section 8).
    #[serde(skip)]
    dpop_nonce: Option<String>,
    /// How long the caller should wait, if a quota is spent (RFC 6585 section 4).
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl ErrorResponse {
    /// An error with the usual status of its code.
    pub fn new(error: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let status = match error {
            ErrorCode::InvalidRequest
            | ErrorCode::InvalidGrant
            | ErrorCode::InvalidScope
            | ErrorCode::InvalidTarget
            | ErrorCode::InvalidDpopProof
            | ErrorCode::UseDpopNonce
            | ErrorCode::PasswordRejected
            | ErrorCode::UnauthorizedClient
            | ErrorCode::UnsupportedResponseType
            | ErrorCode::LoginRequired
            | ErrorCode::ConsentRequired
            | ErrorCode::InteractionRequired
            | ErrorCode::RequestNotSupported
            | ErrorCode::RequestUriNotSupported
            | ErrorCode::UnsupportedGrantType => StatusCode::BAD_REQUEST,
            ErrorCode::AccessDenied | ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
            ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { status, error, error_description: description.into(), dpop_nonce: None, retry_after: None }
    }

    /// A failure that a repeated request can't help.
    pub fn server_error() -> Self {
        Self::new(ErrorCode::ServerError, "The request could not be carried out.")
    }

    /// A refusal until enough time has passed, since a quota is spent (RFC 6585 section 4).
    pub fn too_many(retry_after: Duration) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(
                ErrorCode::TemporarilyUnavailable,
                "There were too many such requests. Try again later.",
            )
            .with_status(StatusCode::TOO_MANY_REQUESTS)
        }
    }

    /// A service that this deployment doesn't have at present.
    pub fn unavailable(description: &'static str) -> Self {
        Self::new(ErrorCode::TemporarilyUnavailable, description)
    }

    /// A failure that a repeated request may help.
    fn try_again() -> Self {
        Self::new(ErrorCode::TemporarilyUnavailable, "Try again in a moment.")
    }

    fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Converts this into the HTTP response.
    pub fn into_response(self) -> Response<Body> {
        let mut response = json(self.status, &self);
        if let Some(nonce) = &self.dpop_nonce {
            offer_nonce(&mut response, nonce);
        }
        if let Some(retry_after) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after.as_secs().into());
        }
        if let Some(challenge) = self.error.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<ErrorResponse> for Response<Body> {
    fn from(error: ErrorResponse) -> Self {
        error.into_response()
    }
}

impl From<&RequestError> for ErrorResponse {
    fn from(error: &RequestError) -> Self {
        let invalid = |description: &'static str| Self::new(ErrorCode::InvalidRequest, description);
        match error {
            RequestError::Method => invalid("This endpoint does not support that method.")
                .with_status(StatusCode::METHOD_NOT_ALLOWED),
            RequestError::MediaType => {
                invalid("The body must be application/x-www-form-urlencoded or application/json.")
                    .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            RequestError::TooLarge => {
                invalid("The body is too large.").with_status(StatusCode::PAYLOAD_TOO_LARGE)
            }
            RequestError::Malformed => invalid("The body does not match its media type."),
            RequestError::Repeated => invalid("A parameter is repeated."),
            RequestError::InQuery => invalid("Parameters belong in the body, not in the query."),
            RequestError::Missing(name) => {
                Self::new(ErrorCode::InvalidRequest, format!("The parameter {name} is missing."))
            }
            RequestError::IdempotencyKey => {
                invalid("An Idempotency-Key must be one header of 22 to 255 random characters.")
            }
            RequestError::Mistyped(name) => {
                Self::new(ErrorCode::InvalidRequest, format!("The parameter {name} is malformed."))
            }
        }
    }
}

impl From<&DpopError> for ErrorResponse {
    fn from(error: &DpopError) -> Self {
        let invalid = |description: &'static str| Self::new(ErrorCode::InvalidDpopProof, description);
        match error {
            DpopError::Proof(error) => match error {
                ProofError::Repeated => invalid("There is more than one DPoP header."),
                ProofError::Malformed => invalid("The DPoP proof is not a JWT."),
                ProofError::Header => {
                    let [others @ .., last] = dpop::ALGORITHMS;
                    let algorithms = format!("{} or {last}", others.join(", "));
                    let wrong = format!("The DPoP proof's typ must be dpop+jwt, and its alg {algorithms}.");
                    Self::new(ErrorCode::InvalidDpopProof, wrong)
                }
                ProofError::Key => {
                    invalid("The DPoP proof's jwk must be a public key for its alg, and strong enough.")
                }
                ProofError::Signature => invalid("The DPoP proof is not signed by the key in it."),
                ProofError::Claim(name) => Self::new(
                    ErrorCode::InvalidDpopProof,
                    format!("The DPoP proof's {name} is missing or malformed."),
                ),
                ProofError::Method => invalid("The DPoP proof's htm is not the method of the request."),
                ProofError::Address => invalid("The DPoP proof's htu is not the address of the request."),
                ProofError::Time => invalid("The DPoP proof's iat is too far from the current time."),
                ProofError::Token => invalid("The DPoP proof's ath does not match the access token."),
            },
            DpopError::Nonce(nonce) => Self {
                dpop_nonce: Some(nonce.clone()),
                ..Self::new(
                    ErrorCode::UseDpopNonce,
                    "The DPoP proof needs the nonce in the header DPoP-Nonce of this answer.",
                )
            },
            DpopError::Missing => invalid("This client has to send a DPoP proof."),
            DpopError::Off => Self::server_error(),
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

/// Any failure of the keys heals without the caller's help, and ends no session.
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

impl From<TargetError> for ErrorResponse {
    fn from(error: TargetError) -> Self {
        Self::new(ErrorCode::InvalidTarget, error.description())
    }
}

impl From<&IssueError> for ErrorResponse {
    fn from(_: &IssueError) -> Self {
        Self::server_error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_quota_says_how_long_to_wait() {
        let response = ErrorResponse::too_many(Duration::from_secs(720)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "720");
    }

    #[test]
    fn only_a_refused_access_token_gets_a_challenge() {
        let challenge = |code| {
            let response = ErrorResponse::new(code, "why").into_response();
            response.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned())
        };
        for code in [ErrorCode::InvalidToken, ErrorCode::InsufficientScope] {
            let error = format!("error=\"{}\"", code.name());
            let challenge = challenge(code).unwrap();
            assert!(challenge.starts_with("Bearer realm=\"latchgate\", "), "{challenge}");
            assert_eq!(challenge.matches(&error).count(), 2, "of each scheme: {challenge}");
        }
        for code in [ErrorCode::InvalidClient, ErrorCode::InvalidGrant, ErrorCode::AccessDenied] {
            assert_eq!(challenge(code), None, "{code:?}");
        }
    }
}
