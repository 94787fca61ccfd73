//! From a command line to what it does.

use std::io;

use clap::CommandFactory;

use crate::{
    audit::{AuditDestination, AuditLog},
    cli::{Cli, Command},
    console::Console,
    deployment::Deployment,
    doctor,
    error::AdminError,
};

/// What a command works with.
#[derive(Debug)]
pub struct Context {
    /// What it works on.
    pub deployment: Deployment,
    /// Whom it asks and tells.
    pub console: Console,
    /// Where it is written down.
    pub audit: AuditDestination,
}

impl Context {
    /// Opens the audit log: before anything is changed, so that what can't be written down isn't done.
    ///
    /// # Errors
    ///
    /// [`AdminError`], if it can't be opened.
    pub async fn audit_log(&self) -> Result<AuditLog, AdminError> {
        AuditLog::open(&self.audit, &self.deployment).await
    }
}

/// Carries out a command line.
///
/// # Errors
///
/// [`AdminError`], if it can't be.
pub async fn run(cli: Cli) -> Result<(), AdminError> {
    let Cli { target, manner, command } = cli;
    if let Command::Completions { shell } = command {
        clap_complete::generate(shell, &mut Cli::command(), "latchgate", &mut io::stdout());
        return Ok(());
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
