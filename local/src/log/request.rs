//! The record of a request.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Event, printable, sentence};

/// The outcome of a request. Texts from the caller are safe to print.
#[derive(Clone, Debug)]
pub struct RequestEntry {
    /// The time of the answer.
    pub at: Timestamp,
    /// The request's method.
    pub method: String,
    /// The request's path, shortened if it is long or contains a token.
    pub path: String,
    /// The status of the answer. `None` if the caller went away before.
    pub status: Option<u16>,
    /// The `error` of the answer.
    pub error: Option<String>,
    /// The log's reason code. For a successful request, the event's name if it says more than the status.
    pub reason: Option<String>,
    /// The user, if one was found or verified.
    pub user_id: Option<String>,
    /// The client, if one was found or verified.
    pub client_id: Option<String>,
    /// Your server, if it answered instead of Latchgate.
    pub upstream: Option<String>,
    /// The duration.
    pub elapsed: Duration,
    /// Other events, a sentence each.
    pub notes: Vec<String>,
}

/// The server's own observations of a request.
pub(super) struct Observed<'a> {
    pub(super) at: Timestamp,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) status: Option<u16>,
    /// The error of an answer that no function gave, and its reason.
    pub(super) own: Option<(&'a str, &'a str)>,
    /// Your server, if it answered.
    pub(super) upstream: Option<String>,
    pub(super) elapsed: Duration,
}

impl RequestEntry {
    /// Combines the observations with the logged events.
    pub(super) fn of(observed: &Observed<'_>, events: &[Arc<Event>]) -> Self {
        // The endpoint's event comes after the authorizer's, and knows at least as much.
        let found = |field: &str| {
            let text = events.iter().rev().find_map(|event| event.text(field));
            text.map(printable::text)
        };
        let own = |text: &str| (!text.is_empty()).then(|| printable::text(text));
        let last = events.iter().rev().find(|event| event.is_last());
        let outcome = last.and_then(|event| event.name()).filter(|name| !is_ordinary(name));
        Self {
            at: observed.at,
            method: printable::path(observed.method),
            path: printable::path(observed.path),
            status: observed.status,
            error: observed.own.and_then(|(error, _)| own(error)).or_else(|| found("error")),
            reason: found("reason")
                .or_else(|| observed.own.and_then(|(_, reason)| own(reason)))
                .or_else(|| outcome.map(str::to_owned)),
            user_id: found("user_id"),
            client_id: found("client_id"),
            upstream: observed.upstream.as_deref().map(printable::text),
            elapsed: observed.elapsed,
            notes: events.iter().filter_map(|event| note(event)).collect(),
        }
    }

    /// The duration in milliseconds, rounded to the microsecond.
    fn milliseconds(&self) -> f64 {
        (self.elapsed.as_secs_f64() * 1e6).round() / 1e3
    }

    /// The record as JSON, for machines and for the page.
    pub fn to_json(&self) -> Value {
        let mut line = json!({
            "timestamp": self.at.to_string(),
            "level": if self.status.is_some_and(|status| status >= 500) { "ERROR" } else { "INFO" },
            "message": "request",
            "method": self.method,
            "path": self.path,
            "elapsed_ms": self.milliseconds(),
        });
        for (name, value) in [
            ("status", self.status.map(Value::from)),
            ("error", self.error.clone().map(Value::from)),
            ("reason", self.reason.clone().map(Value::from)),
            ("user_id", self.user_id.clone().map(Value::from)),
            ("client_id", self.client_id.clone().map(Value::from)),
            ("upstream", self.upstream.clone().map(Value::from)),
        ] {
            if let Some(value) = value {
                line[name] = value;
            }
        }
        line
    }
}

/// The sentence about an event, for its request's record.
fn note(event: &Event) -> Option<String> {
    let sentence = printable::text(&sentence::of(event)?);
    Some(if event.name().is_some() { sentence } else { format!("{}  {sentence}", event.level) })
}

/// Whether the event adds nothing to a success status.
fn is_ordinary(name: &str) -> bool {
    name.ends_with("_succeeded") || ["access_allowed", "access_refused", "access_failed"].contains(&name)
}
