//! What is logged, caught.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use local::functions::logging_crates;
use serde_json::Value;
use tracing::{Dispatch, Subscriber, subscriber::DefaultGuard};
use tracing_subscriber::{Layer, fmt, layer::SubscriberExt, registry::LookupSpan};

/// `tracing` asks once, for each place that logs, who wants to hear it. While there is one subscriber in the process it
/// asks the thread that comes there first, which may be another test's and have none: then nobody hears that place any
/// more. So there are always two, who want what a function logs, and write it nowhere.
static ALWAYS: LazyLock<[Dispatch; 2]> = LazyLock::new(|| {
    [(); 2].map(|()| {
        tracing_subscriber::registry().with(shared::log::output(&logging_crates(), io::sink)).into()
    })
});

/// Has every place that logs be heard, from now on.
pub(super) fn hear_everything() {
    LazyLock::force(&ALWAYS);
}

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Writes events here as a function writes them to its standard output.
    pub(crate) fn layer<S>(&self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let log = self.clone();
        shared::log::output(&logging_crates(), move || log.clone())
    }

    /// The same of whatever anybody logs.
    pub(crate) fn unfiltered<S>(&self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let log = self.clone();
        fmt::layer().json().flatten_event(true).with_writer(move || log.clone())
    }

    /// What the functions log on this thread, for as long as the guard lives.
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        hear_everything();
        let log = Self::default();
        let subscriber = tracing_subscriber::registry().with(log.layer());
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// All lines since the last time.
    pub(crate) fn take(&self) -> Vec<Value> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The audit events since the last time.
    pub(crate) fn take_events(&self) -> Vec<Value> {
        self.take_with("event")
    }

    /// The lines since the last time that have this field.
    pub(crate) fn take_with(&self, field: &str) -> Vec<Value> {
        self.take().into_iter().filter(|line| line.get(field).is_some()).collect()
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
