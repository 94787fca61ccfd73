//! `latchgate`: the command line for operators.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use admin::{cli::Cli, run::run};
use shared::error::chain;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run(Cli::of_process())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_closed_output() {
                // Nobody may be there to read it.
                let _ = writeln!(io::stderr(), "latchgate: {}", chain(&error));
            }
            ExitCode::from(error.exit_code())
        }
    }
}
