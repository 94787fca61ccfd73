//! Errors in a request that any endpoint may find.

/// Errors in a request that any endpoint may find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The endpoint doesn't have this method.
    #[error("method not allowed")]
    Method,
    /// The body is neither a form nor JSON.
    #[error("unsupported media type")]
    MediaType,
    /// The body is too long.
    #[error("body too large")]
    TooLarge,
    /// The body doesn't match its media type.
    #[error("malformed body")]
    Malformed,
    /// A parameter is repeated (RFC 6749 section 3.2).
    #[error("repeated parameter")]
    Repeated,
    /// A parameter of ours is in the query (RFC 6749 section 2.3.1).
    #[error("parameter in the query")]
    InQuery,
    /// A parameter is missing or empty, which counts as missing (RFC 6749 section 3.2).
    #[error("missing parameter {0}")]
    Missing(&'static str),
    /// The `Idempotency-Key` is too short, too long, or repeated.
    #[error("malformed Idempotency-Key")]
    IdempotencyKey,
    /// A parameter has another type, or is too long.
    #[error("malformed parameter {0}")]
    Mistyped(&'static str),
}

impl RequestError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::MediaType => "media_type",
            Self::TooLarge => "body_too_large",
            Self::Malformed => "malformed_body",
            Self::Repeated => "repeated_parameter",
            Self::InQuery => "parameter_in_query",
            Self::Missing(_) => "missing_parameter",
            Self::IdempotencyKey => "malformed_idempotency_key",
            Self::Mistyped(_) => "malformed_parameter",
        }
    }
}
