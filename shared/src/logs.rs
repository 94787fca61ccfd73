//! What a function logs: JSON lines, ours at INFO and everybody else's at WARN.
//!
//! Not to be turned up from outside: at TRACE the runtime logs whole events and the SDK whole requests, and these hold
//! passwords and tokens.

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// The crates whose events are ours.
const OURS: [&str; 10] = [
    "login",
    "refresh",
    "logout",
    "sessions",
    "password",
    "authorizer",
    "keys",
    "metadata",
    "shared",
    "credentials",
];

/// What is logged.
pub fn filter() -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OURS.map(|name| (name, LevelFilter::INFO)))
        // The runtime logs every error that a handler returns, and an authorizer refuses by an error. What went wrong
        // has been logged by then, at the level that it deserves.
        .with_target("lambda_runtime", LevelFilter::OFF)
}

/// Logs to standard output from now on.
pub fn init() {
    let lines = fmt::layer().json().flatten_event(true).with_target(false);
    tracing_subscriber::registry().with(lines).with(filter()).init();
}
