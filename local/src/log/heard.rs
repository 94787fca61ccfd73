//! Collects the events of a request in progress.

use std::sync::{Arc, Mutex, PoisonError};

use super::Event;

/// The most events kept for one request. A logout everywhere has one for each session.
const MAX_EVENTS: usize = 50;

tokio::task_local! {
    static CURRENT: Arc<Heard>;
}

/// The events of a request. `None` once the request's line is written: later events get their own lines.
#[derive(Debug)]
pub(crate) struct Heard(Mutex<Option<Vec<Arc<Event>>>>);

impl Heard {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Vec::new()))))
    }

    /// Runs the future, and collects its events here.
    pub(crate) fn over<F: Future>(self: Arc<Self>, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }

    /// Takes all collected events, and ends the collection.
    pub(super) fn close(&self) -> Vec<Arc<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    fn hear(&self, event: &Arc<Event>) -> bool {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(events) if events.len() < MAX_EVENTS => {
                events.push(event.clone());
                true
            }
            _ => false,
        }
    }
}

/// Adds the event to the request in progress. `false` if there is none.
pub(super) fn hear(event: &Arc<Event>) -> bool {
    CURRENT.try_with(|heard| heard.hear(event)).unwrap_or(false)
}
