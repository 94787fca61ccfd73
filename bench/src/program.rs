//! This program.

use std::{env, error::Error, process::Command};

/// Whatever keeps a benchmark from its result.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// This program, to be started once more for this part.
pub(crate) fn itself(part: &str) -> Result<Command, Failure> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(part);
    Ok(command)
}
