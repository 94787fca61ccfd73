//! WordPress since 6.8: `$wp`, and a bcrypt hash of a keyed digest, so that all of a long password counts.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{bcrypt::Bcrypt, rejection::HashRejection};
use crate::error::PasswordError;

/// The key, which is public. It separates these digests from others.
const KEY: &[u8] = b"wp-sha384";

#[derive(Clone)]
pub(super) struct WordPress(Bcrypt);

impl WordPress {
    /// Parses `$wp$2y$10$…`.
    pub(super) fn parse(text: &str) -> Result<Self, HashRejection> {
        let bcrypt = text.strip_prefix("$wp").ok_or(HashRejection::Unknown)?;
        Bcrypt::parse(bcrypt).map(Self)
    }

    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, PasswordError> {
        let key = hmac::Key::new(hmac::HMAC_SHA384, KEY);
        self.0.matches(STANDARD.encode(hmac::sign(&key, password)).as_bytes())
    }
}
