//! `latchgate`: the command line for operators.

use std::process::ExitCode;

use admin::{cli::Cli, run::run};
use clap::Parser;
use shared::error::chain;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run(Cli::parse())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("latchgate: {}", chain(&error));
            ExitCode::from(error.exit_code())
        }
    }
}
