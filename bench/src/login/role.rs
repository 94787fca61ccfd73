//! What this program does where it was started by itself.

use crate::program::Failure;
use shared::{context::Context, log};
use tokio::runtime::{Builder, Runtime};

use super::{
    bare,
    cost::beside,
    function::Function,
    memory::{at_once, in_turn},
};

/// Marks the one line that is meant for the process that started this one: the others are what the function logs.
pub(crate) const MARK: &str = "found: ";
/// Logins of a process of which the first is wanted: enough for the later ones to have a median.
pub(crate) const FIRST_LOGINS: usize = 9;

/// What a process of its own measures, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// Logins, and bare hashes in turn with them.
    Beside(usize),
    /// The first logins of a process, one after the other.
    First(usize),
    /// The first bare hashes of a process, one after the other.
    FirstBare(usize),
    /// Logins one after the other, and what they take in memory.
    InTurn(usize),
    /// Logins that are there at the same time, and what they take in memory.
    AtOnce(usize),
}

impl Role {
    /// The role that the command line names, if it names one.
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

    /// The command line that names it.
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

    /// One thread, as the function has; the local server, which alone gets logins at the same time, has many.
    pub(crate) fn runtime(self) -> std::io::Result<Runtime> {
        match self {
            Self::Beside(_) | Self::First(_) | Self::FirstBare(_) | Self::InTurn(_) => {
                Builder::new_current_thread().enable_all().build()
            }
            Self::AtOnce(_) => many_threads(),
        }
    }

    /// Starts as the function does, measures, and prints what was found.
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

/// As the local server has.
pub(crate) fn many_threads() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}
