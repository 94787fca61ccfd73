//! The cursor of a list of users.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// A place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Cursor {
    /// In the order of names, after this user.
    #[serde(rename = "name")]
    Name {
        /// The name; empty, if the user has none.
        name: String,
        /// The identifier, which decides between users without a name.
        user_id: String,
    },
    /// In the stored order, after this user.
    #[serde(rename = "stored")]
    Stored {
        /// The user.
        user_id: String,
    },
}

impl Cursor {
    /// Parses a cursor.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor.ok_or("it is no cursor: pass the one at the end of the previous page")
    }

    pub(super) fn to_text(&self) -> String {
        // Never fails: the cursor contains only texts.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_other_text_is_refused() {
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
