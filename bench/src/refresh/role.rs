//! The role of a process that this program starts. Each role has a separate process, so that its processor time can be
//! measured.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::program::{Failure, itself};
use tokio::runtime::Builder;

use super::{
    ceiling,
    chain::Ran,
    function::{self, Lines},
    program,
    server::MARK,
    store::Kept,
};

/// The work of a process.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    /// Starts this build of `cargo run`'s program, and opens this many sessions.
    Program(PathBuf, Kept, usize),
    /// Calls the function with this concurrency, for this many milliseconds.
    Function(Kept, Lines, usize, u64),
    /// Makes only the deciding write in the store.
    Ceiling(Kept, usize, u64),
}

impl Role {
    /// The role on the command line, if there is one.
    pub(crate) fn parse(arguments: &[String]) -> Result<Option<Self>, Failure> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Ok(match arguments[..] {
            ["program", path, kept, sessions] => {
                Some(Self::Program(path.into(), Kept::parse(kept)?, sessions.parse()?))
            }
            ["function", kept, lines, connections, milliseconds] => Some(Self::Function(
                Kept::parse(kept)?,
                Lines::parse(lines)?,
                connections.parse()?,
                milliseconds.parse()?,
            )),
            ["ceiling", kept, connections, milliseconds] => {
                Some(Self::Ceiling(Kept::parse(kept)?, connections.parse()?, milliseconds.parse()?))
            }
            _ => None,
        })
    }

    /// The command that starts this program in this role.
    pub(crate) fn command(self) -> Result<Command, Failure> {
        let mut command = itself("refresh")?;
        match self {
            Self::Program(path, kept, sessions) => {
                command.arg("program").arg(path).args([kept.argument(), &sessions.to_string()])
            }
            Self::Function(kept, lines, connections, milliseconds) => {
                command.args(["function", kept.argument(), lines.argument()]);
                command.args([connections.to_string(), milliseconds.to_string()])
            }
            Self::Ceiling(kept, connections, milliseconds) => {
                command.args(["ceiling", kept.argument()]);
                command.args([connections.to_string(), milliseconds.to_string()])
            }
        };
        Ok(command)
    }

    /// The results of a measuring role, from another process.
    pub(crate) fn found(self) -> Result<Ran, Failure> {
        let output = self.command()?.stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(output.stdout)?;
        let found = text.lines().find_map(|line| line.strip_prefix(MARK));
        Ok(serde_json::from_str(found.ok_or("nothing was found")?)?)
    }

    /// Plays this role in this process.
    pub(crate) fn play(self) -> Result<(), Failure> {
        // A function has one thread.
        let thread = Builder::new_current_thread().enable_all().build()?;
        match self {
            Self::Program(path, kept, sessions) => thread.block_on(program::serve(&path, kept, sessions)),
            Self::Function(kept, lines, connections, milliseconds) => {
                say(thread.block_on(function::measure(kept, lines, connections, milliseconds))?)
            }
            Self::Ceiling(kept, connections, milliseconds) => {
                say(thread.block_on(ceiling::measure(kept, connections, milliseconds))?)
            }
        }
    }
}

fn say(found: Ran) -> Result<(), Failure> {
    println!("{MARK}{}", serde_json::to_string(&found)?);
    Ok(())
}
