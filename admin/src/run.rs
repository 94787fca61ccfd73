//! From a command line to what it does.

use std::io::{self, Write};

use crate::{
    audit::AuditDestination,
    cli::{Cli, Command},
    console::Console,
    context::Context,
    deployment::Deployment,
    doctor,
    error::{AdminError, STDOUT},
};

/// Carries out a command line.
///
/// # Errors
///
/// [`AdminError`], if it can't be.
pub async fn run(cli: Cli) -> Result<(), AdminError> {
    let Cli { target, manner, command } = cli;
    if let Command::Completions { shell } = command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::to_complete(), "latchgate", &mut script);
        return io::stdout().write_all(&script).map_err(AdminError::io(STDOUT));
    }
    let context = Context {
        deployment: Deployment::connect(&target).await?,
        console: Console { output: manner.output, yes: manner.yes },
        audit: AuditDestination::new(manner.audit_log),
    };
    match command {
        Command::Clients(command) => Box::pin(command.run(&context)).await,
        Command::Users(command) => Box::pin(command.run(&context)).await,
        Command::Sessions(command) => Box::pin(command.run(&context)).await,
        Command::Tokens(command) => Box::pin(command.run(&context)).await,
        Command::Keys(command) => Box::pin(command.run(&context)).await,
        Command::Doctor => Box::pin(doctor::run(&context)).await,
        Command::Completions { .. } => Ok(()),
    }
}
