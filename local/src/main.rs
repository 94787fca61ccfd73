//! `cargo run`: the whole API on this machine.

mod banner;
mod options;
mod start;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::{filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::options::Options;

#[tokio::main]
async fn main() -> ExitCode {
    log_for_people();
    match Box::pin(start::run(Options::parse())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("latchgate-local: {}", shared::error::chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// A line a request and what the functions say of it, on standard error: standard output is for what was asked.
fn log_for_people() {
    let filter =
        shared::log::filter(&local::functions::logging_crates()).with_target("local", LevelFilter::INFO);
    // Without colours, since it may be a file.
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).without_time().with_ansi(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
}
