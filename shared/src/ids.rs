//! Identifiers, each with one valid form.

use std::fmt;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

/// The prefix of the hash of a document's URL: "client ID metadata document".
const DOCUMENT_PREFIX: &str = "cimd_";

/// A registered client's identifier (RFC 6749 section 2.2): public, 1 to 64 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ClientId(String);

impl ClientId {
    /// The longest identifier, in bytes: it is part of every session's key.
    pub const MAX_LEN: usize = 64;

    /// Parses a `client_id`: `VSCHAR` of RFC 6749 appendix A.1 without `#`, which separates client and
    /// session in a session's key, and without the space and `:`, which no header carries safely.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b':'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The identifier of a client that describes itself at this URL: `cimd_` and a SHA-256.
    pub fn of_document(url: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, url.as_bytes());
        Self(format!("{DOCUMENT_PREFIX}{}", URL_SAFE_NO_PAD.encode(hash)))
    }

    /// Whether this identifies a client that describes itself. No client can register or send such an
    /// identifier.
    pub fn is_of_document(&self) -> bool {
        self.0.strip_prefix(DOCUMENT_PREFIX).is_some_and(|hash| hash.len() == 43)
    }

    /// The owner of sessions at the pages. No client can be registered with this identifier.
    pub fn browser() -> Self {
        Self("(browser)".to_owned())
    }

    /// Whether no client can be registered with this identifier.
    pub fn is_reserved(&self) -> bool {
        *self == Self::browser()
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user's identifier, the `sub` of tokens (RFC 7519 section 4.1.2): 1 to 128 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// The longest identifier, in bytes: it is part of every token.
    pub const MAX_LEN: usize = 128;

    /// A user ID that never exists, for lookups that only have to take as long as a real one.
    pub fn nobody() -> Self {
        Self("(nobody)".to_owned())
    }

    /// Parses a `user_id`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A session's identifier, the `sid` of access tokens. It's a hash, so it doesn't reveal the session's
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// The length in characters: 128 bits in base64url.
    pub const LEN: usize = 22;

    /// The identifier of the session with this secret: the first 16 bytes of its SHA-256, in base64url.
    pub fn of_secret(secret: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, secret);
        Self(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]))
    }

    /// Parses a `session_id`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == Self::LEN && URL_SAFE_NO_PAD.decode(text).is_ok();
        fits.then(|| Self(text.to_owned()))
    }

    /// The 128 bits as bytes.
    pub fn to_bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        // 22 characters of base64url are 16 bytes, and every identifier has 22.
        let decoded = URL_SAFE_NO_PAD.decode_slice(&self.0, &mut bytes);
        debug_assert_eq!(decoded.ok(), Some(16));
        bytes
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_can_not_reach_into_a_session_key() {
        for bad in ["", "a#b", "a b", "a:b", "ä", "a\n", &"x".repeat(65)] {
            assert_eq!(ClientId::parse(bad), None, "{bad:?}");
        }
        assert!(ClientId::parse("demo-app.v2").is_some());
    }

    #[test]
    fn a_session_id_is_a_truncated_hash_of_the_secret() {
        // SHA-256 of the empty string begins e3b0c442 98fc1c14 9afbf4c8 996fb924.
        let id = SessionId::of_secret(b"");
        assert_eq!(id.as_str(), "47DEQpj8HBSa-_TImW-5JA");
        assert_eq!(id.to_bytes()[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        assert_eq!(SessionId::parse(id.as_str()), Some(id));
        for bad in ["", "47DEQpj8HBSa+/TImW+5JA", "47DEQpj8HBSa-_TImW-5J", "47DEQpj8HBSa-_TImW-5JB"] {
            assert_eq!(SessionId::parse(bad), None, "{bad:?}");
        }
    }
}
