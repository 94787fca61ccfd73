//! `latchgate clients …`: applications that may sign users in.

mod lifecycle;
mod line;
mod options;
mod portable;
mod register;
mod secrets;
mod uris;
mod view;

use clap::Subcommand;
use shared::ids::ClientId;

pub(crate) use self::portable::{Changed, change};

use self::{
    lifecycle::{Delete, Disable},
    portable::{Export, Import},
    register::{Create, Update},
    secrets::RotateSecret,
    view::ClientView,
};
use crate::{context::Context, error::AdminError, options::client_id, tables::clients::ClientTable};

/// The commands for clients.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientsCommand {
    /// Register a client
    #[command(after_help = register::CREATE_HELP)]
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
    #[command(after_help = register::UPDATE_HELP)]
    Update(Update),
    /// Change a client's secret
    #[command(after_help = secrets::ROTATE_HELP)]
    RotateSecret(RotateSecret),
    /// Disable a client: issue it no more tokens
    #[command(after_help = lifecycle::DISABLE_HELP)]
    Disable(Disable),
    /// Enable a disabled client again
    #[command(after_help = "Example:\n  latchgate clients enable shop-web")]
    Enable {
        /// The client's identifier
        #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
        client_id: ClientId,
    },
    /// Delete a client, and end its sessions
    #[command(after_help = "Example:\n  latchgate clients delete shop-web")]
    Delete(Delete),
    /// Register clients from a file
    #[command(after_help = portable::IMPORT_HELP)]
    Import(Import),
    /// Print all clients in the format of `import`
    #[command(after_help = portable::EXPORT_HELP)]
    Export(Export),
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
            Self::Import(import) => portable::import(context, import).await,
            Self::Export(export) => portable::export(context, &export).await,
        }
    }
}

async fn list(context: &Context) -> Result<(), AdminError> {
    let mut clients = Vec::new();
    for (client_id, client) in ClientTable::of(&context.deployment)?.all().await? {
        match client {
            Ok(client) => clients.push(client),
            Err(error) => context.console.note(&format!("Left out the client {client_id}: {error}")),
        }
    }
    clients.sort_by(|a, b| a.client_id.as_str().cmp(b.client_id.as_str()));
    let views: Vec<_> = clients.iter().map(ClientView::of).collect();
    let has_url = views.iter().any(|view| view.document_url.is_some());
    let columns = if has_url { ClientView::COLUMNS_WITH_URL } else { ClientView::COLUMNS };
    context.console.print_list(columns, &views)
}

async fn show(context: &Context, client_id: &ClientId) -> Result<(), AdminError> {
    let client = ClientTable::of(&context.deployment)?.required(client_id).await?;
    context.console.print_one(ClientView::LINES, &ClientView::of(&client))
}
