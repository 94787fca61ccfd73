//! Why a text is not a refresh token.

/// Why a text is not a refresh token for this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshTokenError {
    /// It doesn't have the form of a refresh token.
    #[error("malformed refresh token")]
    Malformed,
    /// It was made with a key that isn't in the keyset, or no longer is.
    #[error("refresh token of an unknown key")]
    UnknownKey,
    /// It is forged, altered, or another client's: the HMAC can't tell these apart.
    #[error("forged refresh token, or another client's")]
    Forged,
}

impl RefreshTokenError {
    /// The name of this error in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed_token",
            Self::UnknownKey => "token_of_unknown_key",
            Self::Forged => "forged_token",
        }
    }
}
