//! The role of a process that this program starts.

use crate::program::Failure;
use shared::{context::Context, log};
use tokio::runtime::{Builder, Runtime};

use super::{
    bare,
    cost::beside,
    function::Function,
    memory::{at_once, in_turn},
};

/// Marks the line for the starting process. The other lines are the function's log.
pub(crate) const MARK: &str = "found: ";
/// The logins of a process whose first one is measured, enough for a median of the later ones.
pub(crate) const FIRST_LOGINS: usize = 9;

/// The measurement of a process, and its number of logins or hashes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// Logins and bare hashes in turn.
    Beside(usize),
    /// The first consecutive logins of a process.
    First(usize),
    /// The first consecutive bare hashes of a process.
    FirstBare(usize),
    /// Consecutive logins, and their memory.
    InTurn(usize),
    /// Concurrent logins, and their memory.
    AtOnce(usize),
}

impl Role {
    /// The role on the command line, if there is one.
    pub(crate) fn parse(arguments: &[String]) -> Result<Option<Self>, Failure> {
        let [name, count] = arguments else { return Ok(None) };
        let count = count.parse()?;
        Ok(match name.as_str() {
            "beside" => Some(Self::Beside(count)),
            "first" => Some(Self::First(count)),
            "first-bare" => Some(Self::FirstBare(count)),
            "in-turn" => Some(Self::InTurn(count)),
            "at-once" => Some(Self::AtOnce(count)),
            _ => None,
        })
    }

    /// The command line for this role.
    pub(crate) fn arguments(self) -> [String; 2] {
        let (name, count) = match self {
            Self::Beside(count) => ("beside", count),
            Self::First(count) => ("first", count),
            Self::FirstBare(count) => ("first-bare", count),
            Self::InTurn(count) => ("in-turn", count),
            Self::AtOnce(count) => ("at-once", count),
        };
        [name.to_owned(), count.to_string()]
    }

    /// A runtime with one thread, as in the function. Only the local server has concurrent logins, and it has many
    /// threads.
    pub(crate) fn runtime(self) -> std::io::Result<Runtime> {
        match self {
            Self::Beside(_) | Self::First(_) | Self::FirstBare(_) | Self::InTurn(_) => {
                Builder::new_current_thread().enable_all().build()
            }
            Self::AtOnce(_) => many_threads(),
        }
    }

    /// Starts as the function does, measures, and prints the results.
    pub(crate) async fn play(self) -> Result<(), Failure> {
        log::init(&["login", "passwords"]);
        let function = Function::start(&Context::of_process()?).await?;
        let found = match self {
            Self::Beside(rounds) => serde_json::to_string(&beside(&function, rounds).await?)?,
            Self::First(logins) => serde_json::to_string(&function.times(logins).await?)?,
            Self::FirstBare(hashes) => serde_json::to_string(&bare::times(hashes).await?)?,
            Self::InTurn(logins) => serde_json::to_string(&in_turn(&function, logins).await?)?,
            Self::AtOnce(logins) => serde_json::to_string(&at_once(function, logins).await?)?,
        };
        println!("{MARK}{found}");
        Ok(())
    }
}

/// A runtime with many threads, as in the local server.
pub(crate) fn many_threads() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}
