//! The output of a function: JSON lines and metrics.
//!
//! No configuration can raise the level. At TRACE, the runtime logs whole events and the SDK whole requests,
//! with passwords and tokens.

use std::{fmt, panic::PanicHookInfo};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
};

/// The target of metrics, which are complete lines. The output writes them unchanged.
pub(crate) const METRICS: &str = "metrics";

/// Selects the events to log: INFO for `crates` and this crate, WARN for all others.
pub fn filter(crates: &[&str]) -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(crates.iter().copied().chain(["shared"]).map(|name| (name, LevelFilter::INFO)))
        // The runtime logs every error that a handler returns, and an authorizer refuses by an error. By
        // then, the request's own line has been written at the right level.
        .with_target("lambda_runtime", LevelFilter::OFF)
}

/// A function's output: the events that [`filter`] selects, and metrics.
pub fn output<S, W>(crates: &[&str], writer: W) -> impl Layer<S> + use<S, W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Clone + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
    let metrics = tracing_subscriber::fmt::layer().event_format(AsItIs).with_writer(writer.clone());
    let only_metrics = Targets::new().with_target(METRICS, LevelFilter::INFO);
    lines.with_writer(writer).with_filter(filter(crates)).and_then(metrics.with_filter(only_metrics))
}

/// Starts logging to standard output, panics included. `crates` are the function's own.
///
/// # Panics
///
/// If logging has already started.
pub fn init(crates: &[&str]) {
    let subscriber = tracing_subscriber::registry().with(output(crates, std::io::stdout));
    // Unwrap safety: `main` calls this once.
    tracing::subscriber::set_global_default(subscriber).expect("nothing is logged to yet");
    std::panic::set_hook(Box::new(log_panic));
}

/// Logs where a panic was, without its message, which may contain a secret.
pub fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    tracing::error!(location, "panicked");
}

/// Writes an event's message as the whole line.
struct AsItIs;

impl<S, N> FormatEvent<S, N> for AsItIs
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        event.record(&mut Message(&mut writer));
        writeln!(writer)
    }
}

struct Message<'a, 'writer>(&'a mut Writer<'writer>);

impl Visit for Message<'_, '_> {
    fn record_debug(&mut self, _field: &Field, value: &dyn fmt::Debug) {
        // If writing fails, the line is lost like any other.
        let _ = write!(self.0, "{value:?}");
    }
}
