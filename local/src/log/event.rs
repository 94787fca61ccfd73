//! A logged event.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{
    Level,
    field::{Field, Visit},
};

/// The field of an event's message.
const MESSAGE: &str = "message";

/// An audit event of a function, which docs/operations/events.md lists, or diagnostics.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it was logged.
    pub at: Timestamp,
    /// Its severity.
    pub level: Level,
    /// Its sentence, or an empty text.
    pub message: String,
    /// Its other fields.
    pub fields: Map<String, Value>,
}

impl Event {
    pub(super) fn of(event: &tracing::Event<'_>, at: Timestamp) -> Self {
        let level = *event.metadata().level();
        let mut read = Self { at, level, message: String::new(), fields: Map::new() };
        event.record(&mut read);
        read
    }

    /// The name of an audit event; diagnostics have none.
    pub fn name(&self) -> Option<&str> {
        self.text("event")
    }

    /// The value of a text field.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// Whether the event ends a request of a function: only that line has `duration_ms`.
    pub(super) fn is_last(&self) -> bool {
        self.fields.contains_key("duration_ms")
    }

    /// The line of JSON that a function writes in Lambda.
    pub(super) fn to_json(&self) -> Value {
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), self.at.to_string().into());
        line.insert("level".to_owned(), self.level.as_str().into());
        if !self.message.is_empty() {
            line.insert(MESSAGE.to_owned(), self.message.clone().into());
        }
        line.extend(self.fields.clone());
        Value::Object(line)
    }

    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Event {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == MESSAGE {
            value.clone_into(&mut self.message);
        } else {
            self.insert(field, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
