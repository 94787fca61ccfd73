//! The keyset as it is written down.

use serde::{Deserialize, Serialize};

use super::{Jwk, KeysetError};

/// What a secret has before there is a keyset.
const NOT_MADE: &str = "{}";

/// The keyset as JSON: what is in the secret or in the file, private halves and all.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KeysetDocument {
    /// The version of the secret that this one was made from; absent in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// What signs access tokens, newest first.
    pub signing_keys: Vec<Jwk>,
    /// What authenticates refresh tokens, newest first.
    pub refresh_keys: Vec<Jwk>,
}

impl KeysetDocument {
    /// Reads a document; its keys are looked at by [`super::Keyset::parse`].
    ///
    /// # Errors
    ///
    /// [`KeysetError`], if there is none yet, or it is not of the expected shape. What serde_json says of the fault is
    /// dropped: it quotes the input, and the input is keys.
    pub fn parse(json: &str) -> Result<Self, KeysetError> {
        if json.trim() == NOT_MADE {
            return Err(KeysetError::NotMade);
        }
        serde_json::from_str(json).map_err(|e| KeysetError::Json { line: e.line(), column: e.column() })
    }

    /// The text of the document.
    ///
    /// # Panics
    ///
    /// Never: strings, numbers and lists serialise.
    pub fn to_json(&self) -> String {
        // Unwrap safety: see above.
        serde_json::to_string(self).expect("a keyset serialises")
    }
}
