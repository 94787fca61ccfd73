//! Runs commands.

use std::io::{self, Write};

use crate::{
    audit::AuditDestination,
    cli::{Cli, Command},
    console::Console,
    context::Context,
    deployment::Deployment,
    doctor,
    error::{AdminError, STDOUT},
    stack,
};

/// Runs a command line.
///
/// # Errors
///
/// [`AdminError`], if the command fails.
pub async fn run(cli: Cli) -> Result<(), AdminError> {
    let Cli { target, manner, command } = cli;
    if let Command::Completions { shell } = command {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::to_complete(), "latchgate", &mut script);
        return io::stdout().write_all(&script).map_err(AdminError::io(STDOUT));
    }
    let console = Console { output: manner.output, yes: manner.yes };
    let command = match command {
        Command::Mails(command) => match command.run_without_deployment(&console)? {
            Some(command) => Command::Mails(command),
            None => return Ok(()),
        },
        command => command,
    };
    // A stack that is half deployed or deleted has nothing to connect to but its account.
    let is_whole_stack = matches!(command, Command::Destroy(_) | Command::Adopt(_));
    let deployment = if is_whole_stack {
        Deployment::around_stack(&target).await?
    } else {
        Deployment::connect(&target).await?
    };
    let context = Context { deployment, console, audit: AuditDestination::new(manner.audit_log) };
    match command {
        Command::Clients(command) => Box::pin(command.run(&context)).await,
        Command::Users(command) => Box::pin(command.run(&context)).await,
        Command::Sessions(command) => Box::pin(command.run(&context)).await,
        Command::Tokens(command) => Box::pin(command.run(&context)).await,
        Command::Keys(command) => Box::pin(command.run(&context)).await,
        Command::Doctor => Box::pin(doctor::run(&context)).await,
        Command::Restore(command) => Box::pin(command.run(&context)).await,
        Command::Destroy(options) => Box::pin(stack::destroy(&context, &options)).await,
        Command::Adopt(options) => Box::pin(stack::adopt(&context, &options)).await,
        Command::Mails(command) => Box::pin(command.run(&context)).await,
        Command::Completions { .. } => Ok(()),
    }
}
