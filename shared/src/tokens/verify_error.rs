//! Why a text is not an access token.

/// Why a text is not a valid access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// Not three parts of canonical base64url, or too long.
    #[error("malformed access token")]
    Malformed,
    /// The header is not exactly `typ`, `alg` and `kid` as Latchgate writes them.
    #[error("unacceptable access token header")]
    Header,
    /// The `kid` is not one of ours.
    #[error("access token of an unknown key")]
    UnknownKey,
    /// The signature is not of this key over these bytes.
    #[error("invalid access token signature")]
    Signature,
    /// A claim is missing or of the wrong type.
    #[error("the claim {0:?} of the access token is missing or malformed")]
    Claim(&'static str),
    /// Issued by another issuer, or for another audience.
    #[error("access token of another issuer or audience")]
    Foreign,
    /// Issued, or valid, only in the future.
    #[error("access token from the future")]
    Future,
    /// No longer valid.
    #[error("expired access token")]
    Expired,
}

impl AccessTokenError {
    /// Its name in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed | Self::Header | Self::Claim(_) => "malformed_token",
            Self::UnknownKey => "token_of_unknown_key",
            Self::Signature => "forged_token",
            Self::Foreign => "foreign_token",
            Self::Future => "token_from_the_future",
            Self::Expired => "expired_token",
        }
    }
}
