//! Disables, enables and deletes clients.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::Bool;
use clap::Args;
use shared::{
    client::Clients,
    ids::ClientId,
    store::{WRITE_DELAY, attribute},
};

use super::view::ClientView;
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::client_id,
    sessions::{Ended, Ending},
    tables::{
        clients::{ClientTable, not_found},
        sessions::Whose,
    },
    update::Change,
};

/// How long a session may still begin after its client is disabled: a warm function may use its cached
/// record, and then take its time.
const LAST_LOGIN: Duration = Duration::from_secs(Clients::CACHE_TTL.as_secs() + WRITE_DELAY.as_secs());

pub(super) const DISABLE_HELP: &str = "\
Examples:
  latchgate clients disable shop-web                  no logins and no refreshes until you enable it
  latchgate clients disable shop-web --end-sessions   also sign out its users";

/// `clients disable`
#[derive(Debug, Args)]
pub(crate) struct Disable {
    /// The client's identifier
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    /// Also end its sessions
    #[arg(long)]
    end_sessions: bool,
    /// Don't search again for sessions of logins that were under way
    #[arg(long, requires = "end_sessions")]
    no_wait: bool,
}

/// `clients delete`
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The client's identifier
    #[arg(value_name = "ID", value_parser = client_id, allow_hyphen_values = true)]
    client_id: ClientId,
    /// Also end its sessions, which a deletion always does
    #[arg(long, hide = true)]
    end_sessions: bool,
    /// Don't search again for sessions of logins that were under way
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn disable(context: &Context, command: &Disable) -> Result<(), AdminError> {
    let Disable { client_id, end_sessions, no_wait } = command;
    if *end_sessions {
        context.console.confirm(&format!("This disables {client_id} and ends its sessions."))?;
    }
    let audit = context.audit_log().await?;
    set_disabled(context, client_id, true).await?;
    audit.record(OperatorEvent::ClientDisabled, &Subject::client(client_id))?;
    if *end_sessions {
        let ended = end_sessions_of(context, &audit, client_id, *no_wait).await?;
        ended.note(&context.console);
    }
    show(context, client_id).await
}

pub(super) async fn enable(context: &Context, client_id: &ClientId) -> Result<(), AdminError> {
    let audit = context.audit_log().await?;
    set_disabled(context, client_id, false).await?;
    audit.record(OperatorEvent::ClientEnabled, &Subject::client(client_id))?;
    show(context, client_id).await
}

/// Disables the client first: even while a warm function's cache has its record, it gets no more tokens.
pub(super) async fn delete(context: &Context, command: &Delete) -> Result<(), AdminError> {
    let client_id = &command.client_id;
    let table = ClientTable::of(&context.deployment)?;
    if !table.has(client_id).await? {
        return Err(not_found(client_id));
    }
    context.console.confirm(&format!("This deletes {client_id} and ends its sessions."))?;
    let audit = context.audit_log().await?;
    set_disabled(context, client_id, true).await?;
    let ended = end_sessions_of(context, &audit, client_id, command.no_wait).await?;
    if !table.delete(client_id).await? {
        return Err(not_found(client_id));
    }
    audit.record(OperatorEvent::ClientDeleted, &Subject::client(client_id))?;
    ended.print(&context.console)
}

async fn set_disabled(context: &Context, client_id: &ClientId, disabled: bool) -> Result<(), AdminError> {
    let change = Change::default().set(attribute::DISABLED, disabled.then_some(Bool(true)));
    // Otherwise a client that describes itself would return as a new one after its row expires.
    let change = change.set(attribute::EXPIRES_AT, None);
    let is_done = ClientTable::of(&context.deployment)?.change(client_id, &change).await?;
    if is_done { Ok(()) } else { Err(not_found(client_id)) }
}

async fn end_sessions_of(
    context: &Context,
    audit: &AuditLog,
    client_id: &ClientId,
    no_wait: bool,
) -> Result<Ended, AdminError> {
    let whose = Whose::Client(client_id.clone());
    Ending::all(whose).again_after(LAST_LOGIN, no_wait).carry_out(context, audit).await
}

async fn show(context: &Context, client_id: &ClientId) -> Result<(), AdminError> {
    let client = ClientTable::of(&context.deployment)?.required(client_id).await?;
    context.console.print_one(ClientView::LINES, &ClientView::of(&client))
}
