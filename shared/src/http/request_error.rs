//! What is wrong with a request, whatever endpoint it is for.

/// What is wrong with a request, whatever endpoint it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Another method than the endpoint has.
    #[error("method not allowed")]
    Method,
    /// Neither a form nor JSON.
    #[error("unsupported media type")]
    MediaType,
    /// Larger than anything legitimate.
    #[error("body too large")]
    TooLarge,
    /// Not what its media type says.
    #[error("malformed body")]
    Malformed,
    /// A parameter stands twice (RFC 6749 section 3.2).
    #[error("repeated parameter")]
    Repeated,
    /// A parameter of ours is in the query (RFC 6749 section 2.3.1).
    #[error("parameter in the query")]
    InQuery,
    /// A parameter is missing, or empty, which is the same (RFC 6749 section 3.2).
    #[error("missing parameter {0}")]
    Missing(&'static str),
    /// The `Idempotency-Key` is too short or too long, or there are two.
    #[error("malformed Idempotency-Key")]
    IdempotencyKey,
    /// A parameter is not of its type, or longer than it may be.
    #[error("malformed parameter {0}")]
    Mistyped(&'static str),
}

impl RequestError {
    /// Its name in audit events.
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
