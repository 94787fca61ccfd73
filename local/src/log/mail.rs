//! The record of a mail.

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::printable;

/// A mail that the mailer handed over for delivery. Only a terminal shows its link, which signs nobody in but sets a
/// password; the page shows the whole mail from another place.
#[derive(Clone, Debug)]
pub struct MailEntry {
    /// When it was handed over.
    pub at: Timestamp,
    /// The bare address that it goes to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// The link in it, if it has one.
    pub link: Option<SecretString>,
}

impl MailEntry {
    /// The record as JSON, without the link.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "timestamp": self.at.to_string(),
            "level": "INFO",
            "message": "mail",
            "to": printable::text(&self.to),
            "subject": printable::text(&self.subject),
        })
    }
}
