//! `latchgate clients …`: applications that may sign users in.

mod lifecycle;
mod options;
mod register;
mod secrets;
mod table;
mod view;

use clap::{Args, Subcommand};
use shared::ids::ClientId;

pub(crate) use self::table::not_found;
pub use self::table::{ClientTable, Registration};
use self::{
    options::{KindOption, Setting, Settings},
    view::ClientView,
};
use crate::{error::AdminError, options::client_id, run::Context};

const CREATE_HELP: &str = "\
Examples:
  latchgate clients create shop-web --public --scope 'read write'
  latchgate clients create billing --confidential --name 'Billing' --access-ttl 300 --claims email,roles

A public client is a browser or a mobile app: it has no secret. A confidential client is a server: its
secret is made here and shown once.";

const UPDATE_HELP: &str = "\
Examples:
  latchgate clients update shop-web --scope 'read' --idle-ttl 86400
  latchgate clients update shop-web --reset idle-ttl,claims

What isn't named stays as it is. Functions that are warm take a change up within ten seconds.";

const ROTATE_HELP: &str = "\
Examples:
  latchgate clients rotate-secret billing              a new secret; the newest old one stays valid
  latchgate clients rotate-secret billing --drop-old   once the new one is in use everywhere
  latchgate clients rotate-secret billing --at-once    the old one leaked: only the new one is valid";

const DISABLE_HELP: &str = "\
Examples:
  latchgate clients disable shop-web                  no logins and no refreshes, until it is enabled
  latchgate clients disable shop-web --end-sessions   and those who are signed in are signed out";

/// What can be done with clients.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientsCommand {
    /// Register a client
    #[command(after_help = CREATE_HELP)]
    Create(Create),
    /// List the clients
    #[command(after_help = "Example:\n  latchgate clients list --output json | jq -r '.[].client_id'")]
    List,
    /// Show a client
    #[command(after_help = "Example:\n  latchgate clients show shop-web")]
    Show {
        /// The client's identifier
        #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
        client_id: ClientId,
    },
    /// Change what a client may do
    #[command(after_help = UPDATE_HELP)]
    Update(Update),
    /// Change a client's secret
    #[command(after_help = ROTATE_HELP)]
    RotateSecret(RotateSecret),
    /// Issue nothing to a client any more
    #[command(after_help = DISABLE_HELP)]
    Disable(Disable),
    /// Issue tokens to a disabled client again
    #[command(after_help = "Example:\n  latchgate clients enable shop-web")]
    Enable {
        /// The client's identifier
        #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
        client_id: ClientId,
    },
    /// Delete a client, and end its sessions
    #[command(after_help = "Example:\n  latchgate clients delete shop-web")]
    Delete(Delete),
}

/// `clients create`
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The client's identifier: 1 to 64 printable characters, without `#` and `:`
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    #[command(flatten)]
    kind: KindOption,
    #[command(flatten)]
    settings: Settings,
}

/// `clients update`
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The client's identifier
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    #[command(flatten)]
    settings: Settings,
    /// Go back to the deployment's default; for the claims, to all of them
    #[arg(long, value_name = "SETTING", value_enum, value_delimiter = ',')]
    reset: Vec<Setting>,
}

/// `clients rotate-secret`
#[derive(Debug, Args)]
pub(crate) struct RotateSecret {
    /// The client's identifier
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    /// Make no new secret; all but the newest are invalid
    #[arg(long, conflicts_with = "at_once")]
    drop_old: bool,
    /// Make a new secret; all others are invalid
    #[arg(long)]
    at_once: bool,
}

/// `clients disable`
#[derive(Debug, Args)]
pub(crate) struct Disable {
    /// The client's identifier
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    /// End its sessions too
    #[arg(long)]
    end_sessions: bool,
    /// Don't look for sessions again of logins that were under way
    #[arg(long, requires = "end_sessions")]
    no_wait: bool,
}

/// `clients delete`
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The client's identifier
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    /// End its sessions too, which a deletion always does
    #[arg(long, hide = true)]
    end_sessions: bool,
    /// Don't look for sessions again of logins that were under way
    #[arg(long)]
    no_wait: bool,
}

impl ClientsCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), AdminError> {
        match self {
            Self::Create(create) => register::create(context, create).await,
            Self::List => list(context).await,
            Self::Show { client_id } => show(context, &client_id).await,
            Self::Update(update) => register::update(context, &update).await,
            Self::RotateSecret(rotate) => secrets::rotate(context, &rotate).await,
            Self::Disable(disable) => lifecycle::disable(context, &disable).await,
            Self::Enable { client_id } => lifecycle::enable(context, &client_id).await,
            Self::Delete(delete) => lifecycle::delete(context, &delete).await,
        }
    }
}

async fn list(context: &Context) -> Result<(), AdminError> {
    let mut clients = Vec::new();
    for client in ClientTable::of(&context.deployment)?.all().await? {
        match client {
            Ok(client) => clients.push(client),
            Err(error) => context.console.note(&format!("Left out: {error}")),
        }
    }
    clients.sort_by(|a, b| a.client_id.as_str().cmp(b.client_id.as_str()));
    let views: Vec<_> = clients.iter().map(ClientView::of).collect();
    context.console.list(ClientView::COLUMNS, &views)
}

async fn show(context: &Context, client_id: &ClientId) -> Result<(), AdminError> {
    let client = ClientTable::of(&context.deployment)?.required(client_id).await?;
    context.console.single(ClientView::LINES, &ClientView::of(&client))
}
