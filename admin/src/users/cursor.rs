//! Where a list of users goes on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// A place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Cursor {
    /// By name: after this user.
    #[serde(rename = "name")]
    Name {
        /// The name, or an empty text.
        name: String,
        /// Of two without a name, the identifiers decide.
        user_id: String,
    },
    /// As they are stored: after this user.
    #[serde(rename = "stored")]
    Stored {
        /// The user.
        user_id: String,
    },
}

impl Cursor {
    /// The cursor that `text` is.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor.ok_or("it is no cursor: take the one that the page before ended with")
    }

    pub(super) fn to_text(&self) -> String {
        // Never fails: there are only texts in it.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let user_id = "u-1".to_owned();
        for cursor in [
            Cursor::Name { name: "γιώργος".to_owned(), user_id: user_id.clone() },
            Cursor::Stored { user_id },
        ] {
            assert_eq!(Cursor::parse(&cursor.to_text()), Ok(cursor));
        }
        for bad in ["", "u-1", "e30", "!"] {
            assert!(Cursor::parse(bad).is_err(), "{bad}");
        }
    }
}
