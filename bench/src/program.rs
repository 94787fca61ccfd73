//! This program.

use std::{env, error::Error, process::Command};

/// An error that prevents a result.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A command that starts this program again for this part.
pub(crate) fn itself(part: &str) -> Result<Command, Failure> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(part);
    Ok(command)
}
