//! Why a text is not an access token.

/// Why a text is not a valid access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// It is not three parts of canonical base64url, or is too long.
    #[error("malformed access token")]
    Malformed,
    /// The header isn't exactly the `typ`, `alg` and `kid` that Latchgate writes.
    #[error("unacceptable access token header")]
    Header,
    /// No key has this `kid`.
    #[error("access token of an unknown key")]
    UnknownKey,
    /// The key did not sign these bytes.
    #[error("invalid access token signature")]
    Signature,
    /// A claim is missing or of the wrong type.
    #[error("the claim {0:?} of the access token is missing or malformed")]
    Claim(&'static str),
    /// Another issuer issued it.
    #[error("access token of another issuer")]
    Foreign,
    /// It is for another resource (RFC 9068 section 4).
    #[error("access token for another resource")]
    OtherResource,
    /// It is issued or valid only in the future.
    #[error("access token from the future")]
    Future,
    /// It has expired.
    #[error("expired access token")]
    Expired,
}

impl AccessTokenError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed | Self::Header | Self::Claim(_) => "malformed_token",
            Self::UnknownKey => "token_of_unknown_key",
            Self::Signature => "forged_token",
            Self::Foreign => "foreign_token",
            Self::OtherResource => "other_resource",
            Self::Future => "token_from_the_future",
            Self::Expired => "expired_token",
        }
    }
}
