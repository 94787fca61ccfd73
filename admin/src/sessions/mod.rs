//! `latchgate sessions …`: users signed in on clients.

mod ending;
mod list;
mod revoke;
mod view;

use clap::Subcommand;

pub(crate) use self::ending::end_what_user_may_not_keep;
pub use self::ending::{Ended, Ending, Which};
pub(crate) use self::revoke::end;
use self::{list::List, revoke::Revoke};
use crate::{context::Context, error::AdminError};

/// The commands for sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List live sessions
    #[command(after_help = "Example:\n  latchgate sessions list --user ada@example.com")]
    List(List),
    /// End sessions
    #[command(after_help = revoke::REVOKE_HELP)]
    Revoke(Revoke),
}

impl SessionsCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::List(command) => list::list(context, &command).await,
            Self::Revoke(command) => revoke::revoke(context, &command).await,
        }
    }
}
