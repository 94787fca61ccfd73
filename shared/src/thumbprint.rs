//! A key's thumbprint: the hash of its public half.

use std::fmt;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, Serializer};

/// The SHA-256 thumbprint of a key (RFC 7638 section 3). Its text is 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; Self::LEN]);

impl Thumbprint {
    /// The length in bytes.
    pub const LEN: usize = digest::SHA256_OUTPUT_LEN;

    /// The thumbprint of a key with these required members, as JSON without spaces, in the order of their
    /// names.
    pub(crate) fn of_members(json: &str) -> Self {
        let mut bytes = [0; Self::LEN];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, json.as_bytes()).as_ref());
        Self(bytes)
    }

    /// The thumbprint with these bytes.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Parses the text.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// Writes base64url.
impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// Shows the text. A thumbprint is not secret: access tokens contain it.
impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Thumbprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_a_hash_is_refused_as_a_thumbprint() {
        let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        for bad in ["", &text[1..], &format!("{text}A"), &format!("{text}="), &text.replace('I', "J")] {
            assert_eq!(Thumbprint::parse(bad), None, "{bad}");
        }
    }
}
