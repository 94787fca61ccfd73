//! What the page is told.

use std::{fmt, sync::Arc};

use serde_json::{Value, json};

use super::{Event, RequestEntry, printable, sentence};

/// The place of an entry among all of one start of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryId {
    /// Differs at each start.
    pub start: String,
    /// Counts up from 0.
    pub number: u64,
}

impl EntryId {
    /// The identifier of this text, if it is one.
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

/// An entry of the log.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Something that happened, as it happens.
    Event(Arc<Event>),
    /// A request that has been answered, or whose caller went away.
    Request(Arc<RequestEntry>),
}

impl Entry {
    /// The entry, with what it means for a person.
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
        }
    }
}
