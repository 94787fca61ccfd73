//! `latchgate sessions …`: users signed in on clients.

mod ending;
mod list;
mod revoke;
mod table;

use clap::{ArgGroup, Args, Subcommand};
use passwords::Username;
use shared::ids::{ClientId, SessionId};

pub use self::{
    ending::{Ended, Ending, Which},
    table::{Enough, SessionTable, Whose},
};
use crate::{error::AdminError, options, run::Context};

const REVOKE_HELP: &str = "\
Examples:
  latchgate sessions revoke --user ada@example.com
  latchgate sessions revoke --user ada@example.com --client shop-web
  latchgate sessions revoke --user ada@example.com --session 47DEQpj8HBSa-_TImW-5JA
  latchgate sessions revoke --client shop-web
  latchgate sessions revoke --all --yes

Refresh tokens are refused at once. Access tokens are refused at once where the authorizer looks sessions
up, within seconds where it has the denylist, and when they expire where it asks nothing. Everybody can
sign in again: to keep somebody out, disable the user or the client.";

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List sessions that live
    #[command(after_help = "Example:\n  latchgate sessions list --user ada@example.com")]
    List(List),
    /// End sessions
    #[command(after_help = REVOKE_HELP)]
    Revoke(Revoke),
}

/// `sessions list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Of this user
    #[arg(long, value_name = "NAME", value_parser = options::username, allow_hyphen_values = true)]
    user: Option<Username>,
    /// On this client
    #[arg(long, value_name = "ID", value_parser = options::client_id, allow_hyphen_values = true)]
    client: Option<ClientId>,
    /// No more than so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// `sessions revoke`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true).multiple(true).args(["user", "client", "all"]))]
pub(crate) struct Revoke {
    /// Those of this user
    #[arg(long, value_name = "NAME", value_parser = options::username, allow_hyphen_values = true)]
    user: Option<Username>,
    /// Those on this client
    #[arg(long, value_name = "ID", value_parser = options::client_id, allow_hyphen_values = true)]
    client: Option<ClientId>,
    /// This one of the user's
    #[arg(long, value_name = "SID", value_parser = options::session_id, allow_hyphen_values = true, requires = "user", conflicts_with = "client")]
    session: Option<SessionId>,
    /// Everybody's
    #[arg(long, conflicts_with_all = ["user", "client", "session"])]
    all: bool,
    /// Don't look again for sessions of logins that were under way
    #[arg(long)]
    no_wait: bool,
}

impl SessionsCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::List(command) => list::list(context, &command).await,
            Self::Revoke(command) => revoke::revoke(context, &command).await,
        }
    }
}
