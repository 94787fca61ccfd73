//! `cargo run`: the whole API on this machine.

mod banner;
mod options;
mod start;

use std::process::ExitCode;

use clap::Parser;

use crate::options::Options;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_max_level(tracing::Level::INFO)
        .without_time()
        .init();
    match start::run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("latchgate-local: {}", shared::http::chain(&error));
            ExitCode::FAILURE
        }
    }
}
