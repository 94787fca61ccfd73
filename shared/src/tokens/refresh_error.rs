//! Why a text is not a refresh token.

/// Why a text is not a refresh token for this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshTokenError {
    /// Not of the shape of a refresh token.
    #[error("malformed refresh token")]
    Malformed,
    /// Made with a key that isn't in the keyset, any longer or at all.
    #[error("refresh token of an unknown key")]
    UnknownKey,
    /// Forged, altered, or issued to another client: the HMAC can't tell these apart.
    #[error("forged refresh token, or another client's")]
    Forged,
}

impl RefreshTokenError {
    /// Its name in audit events.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed_token",
            Self::UnknownKey => "token_of_unknown_key",
            Self::Forged => "forged_token",
        }
    }
}
