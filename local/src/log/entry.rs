//! The log entries that the page shows.

use std::{fmt, sync::Arc};

use serde_json::{Value, json};

use super::{Event, MailEntry, RequestEntry, printable, sentence};

/// The position of an entry within one run of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryId {
    /// Identifies the run.
    pub start: String,
    /// Counts up from 0.
    pub number: u64,
}

impl EntryId {
    /// Parses an identifier.
    pub fn parse(text: &str) -> Option<Self> {
        let (start, number) = text.rsplit_once('-')?;
        Some(Self { start: start.to_owned(), number: number.parse().ok()? })
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.number)
    }
}

/// A log entry.
#[derive(Clone, Debug)]
pub enum Entry {
    /// An event, at the moment it happens.
    Event(Arc<Event>),
    /// A request that was answered, or whose caller went away.
    Request(Arc<RequestEntry>),
    /// A mail that was handed over for delivery.
    Mail(Arc<MailEntry>),
}

impl Entry {
    /// The entry as JSON, with an explanation for people.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Event(event) => json!({
                "kind": "event",
                "name": event.name(),
                "sentence": sentence::of(event).as_deref().map(printable::text),
                "line": event.to_json(),
            }),
            Self::Request(request) => {
                json!({ "kind": "request", "notes": request.notes, "line": request.to_json() })
            }
            Self::Mail(mail) => json!({ "kind": "mail", "line": mail.to_json() }),
        }
    }
}
