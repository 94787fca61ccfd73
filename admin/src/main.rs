//! `latchgate`: the command line for operators.

use std::process::ExitCode;

use admin::{cli::Cli, console::Console, run::run};
use shared::error::chain;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run(Cli::of_process())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_closed_output() {
                Console::error(&chain(&error));
            }
            ExitCode::from(error.exit_code())
        }
    }
}
