//! The output of a function: JSON lines, and metrics.
//!
//! Nothing outside can turn the level up: at TRACE the runtime logs whole events and the SDK whole requests, and these hold
//! passwords and tokens.

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

/// The target of events that are lines already, metrics: what a function logs has none of them, and its output does.
pub(crate) const METRICS: &str = "metrics";

/// What is logged: the events of `crates` and of this one at INFO, those of all others at WARN.
pub fn filter(crates: &[&str]) -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(crates.iter().copied().chain(["shared"]).map(|name| (name, LevelFilter::INFO)))
        // The runtime logs every error that a handler returns, and an authorizer refuses by an error. By then the
        // request's own line has been written, at the level that it deserves.
        .with_target("lambda_runtime", LevelFilter::OFF)
}

/// A function's output: what [`filter`] lets pass, and metrics.
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

/// Logs to standard output from now on, panics included. `crates` are those whose events are the function's own.
///
/// # Panics
///
/// If something is logged to already.
pub fn init(crates: &[&str]) {
    let subscriber = tracing_subscriber::registry().with(output(crates, std::io::stdout));
    // Unwrap safety: `main` calls it, once.
    tracing::subscriber::set_global_default(subscriber).expect("nothing is logged to yet");
    std::panic::set_hook(Box::new(log_panic));
}

/// Logs where a panic was, and never its message: that may hold a secret.
pub fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    tracing::error!(location, "panicked");
}

/// The line that an event is.
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
        // What can't be written is lost, as any line would be.
        let _ = write!(self.0, "{value:?}");
    }
}
