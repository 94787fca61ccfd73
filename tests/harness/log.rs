//! Captures log lines.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use local::functions::logging_crates;
use serde_json::Value;
use tracing::{Dispatch, Subscriber, subscriber::DefaultGuard};
use tracing_subscriber::{Layer, fmt, layer::SubscriberExt, registry::LookupSpan};

/// For each logging call site, `tracing` asks once which subscribers want it. With only one subscriber in the process,
/// it asks the current thread. If that thread belongs to a test without a subscriber, the site stays silent for good.
/// So there are always two more subscribers, which want the functions' events and discard them.
static ALWAYS: LazyLock<[Dispatch; 2]> = LazyLock::new(|| {
    [(); 2].map(|()| {
        tracing_subscriber::registry().with(shared::log::output(&logging_crates(), io::sink)).into()
    })
});

/// Enables every logging call site from now on.
pub(super) fn hear_everything() {
    LazyLock::force(&ALWAYS);
}

/// Captured log lines.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// A layer that captures events as a function writes them to its standard output.
    pub(crate) fn layer<S>(&self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let log = self.clone();
        shared::log::output(&logging_crates(), move || log.clone())
    }

    /// A layer that captures the events of every crate.
    pub(crate) fn unfiltered<S>(&self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let log = self.clone();
        fmt::layer().json().flatten_event(true).with_writer(move || log.clone())
    }

    /// Captures the functions' log on this thread while the guard lives.
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        hear_everything();
        let log = Self::default();
        let subscriber = tracing_subscriber::registry().with(log.layer());
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// All lines since the last take.
    pub(crate) fn take(&self) -> Vec<Value> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The audit events since the last take.
    pub(crate) fn take_events(&self) -> Vec<Value> {
        self.take_with("event")
    }

    /// The lines since the last take that have this field.
    pub(crate) fn take_with(&self, field: &str) -> Vec<Value> {
        self.take().into_iter().filter(|line| line.get(field).is_some()).collect()
    }

    /// Drops the lines after this many bytes.
    pub(crate) fn truncate(&self, len: usize) {
        self.0.lock().unwrap().truncate(len);
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
