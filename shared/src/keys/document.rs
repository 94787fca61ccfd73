//! The serialised keyset.

use serde::{Deserialize, Serialize};

use super::{Jwk, KeysetError};

/// The content of a secret before its keyset is made.
const NOT_MADE: &str = "{}";

/// The keyset as JSON, with private keys, as in the secret or the file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KeysetDocument {
    /// The version of the secret that this one replaces; absent in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The keys that sign access tokens, newest first.
    pub signing_keys: Vec<Jwk>,
    /// The keys that authenticate refresh tokens, newest first.
    pub refresh_keys: Vec<Jwk>,
}

impl KeysetDocument {
    /// Parses a document. [`super::Keyset::parse`] checks its keys.
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if there is no keyset yet, or its shape is wrong. The error drops serde_json's
    /// message, which quotes the input and thus keys.
    pub fn parse(json: &str) -> Result<Self, KeysetError> {
        if json.trim() == NOT_MADE {
            return Err(KeysetError::NotMade);
        }
        serde_json::from_str(json).map_err(|e| KeysetError::Json { line: e.line(), column: e.column() })
    }

    /// Serialises the document.
    ///
    /// # Panics
    ///
    /// Never: strings, numbers and lists always serialise.
    pub fn to_json(&self) -> String {
        // Unwrap safety: see above.
        serde_json::to_string(self).expect("a keyset serialises")
    }
}
