//! `cargo run`: the whole API on this machine.

mod banner;
mod listen;
mod mailing;
mod options;
mod parameters;
mod start;
mod store;

use std::{
    io::{IsTerminal, Write, stderr},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use jiff::tz::TimeZone;
use local::log::{Colour, Console, Feed};
use mimalloc::MiMalloc;
use shared::random::SystemRandom;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::options::Options;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let feed = log(&options);
    match Box::pin(start::run(options, feed)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed.
            let _ = writeln!(std::io::stderr(), "latchgate-local: {}", shared::error::chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Starts logging to standard error. Standard output is for the answer.
fn log(options: &Options) -> Arc<Feed> {
    let console = Console {
        format: options.log,
        is_verbose: options.verbose,
        colour: colour(),
        shows_links: stderr().is_terminal(),
        zone: TimeZone::system(),
    };
    let feed = Feed::new(Some(console), &SystemRandom::new());
    let filter =
        shared::log::filter(&local::functions::logging_crates()).with_target("local", LevelFilter::INFO);
    tracing_subscriber::registry().with(feed.layer()).with(filter).init();
    // As in Lambda: a panic's message may contain a secret.
    std::panic::set_hook(Box::new(shared::log::log_panic));
    feed
}

/// Colours for a terminal that supports them, unless the user wants none (<https://no-color.org>).
#[expect(clippy::disallowed_methods, reason = "which terminal this is concerns no function")]
fn colour() -> Colour {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let has_none = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    if stderr().is_terminal() && !is_unwanted && !has_none { Colour::ByOutcome } else { Colour::None }
}
