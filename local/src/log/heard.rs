//! The events of a request, while it is under way.

use std::sync::{Arc, Mutex, PoisonError};

use super::Event;

/// Events that are kept of one request. A logout everywhere has one for each session.
const MAX_EVENTS: usize = 50;

tokio::task_local! {
    static CURRENT: Arc<Heard>;
}

/// What was logged while a request was answered. `None`, once its line has been written: what comes later stands by itself.
#[derive(Debug)]
pub(crate) struct Heard(Mutex<Option<Vec<Arc<Event>>>>);

impl Heard {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Vec::new()))))
    }

    /// The same future, whose events are this request's.
    pub(crate) fn over<F: Future>(self: Arc<Self>, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }

    /// All that was heard; nothing is from now on.
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

/// Whether the event belongs to a request that is under way, and has been added to it.
pub(super) fn hear(event: &Arc<Event>) -> bool {
    CURRENT.try_with(|heard| heard.hear(event)).unwrap_or(false)
}
