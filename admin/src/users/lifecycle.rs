//! Disables, enables and deletes users.

use aws_sdk_dynamodb::types::AttributeValue::Bool;
use clap::Args;
use passwords::Username;
use shared::{
    ids::UserId,
    store::{WRITE_DELAY, attribute},
};

use super::show;
use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    options::username,
    sessions::{Ended, Ending},
    tables::{
        consents::ConsentTable,
        sessions::Whose,
        users::{Named, UserTables, not_found},
    },
    update::Change,
};

pub(super) const DISABLE_HELP: &str = "\
Example:
  latchgate users disable ada@example.com

The user's sessions end, and the user can neither log in nor refresh until enabled again.";

pub(super) const DELETE_HELP: &str = "\
Example:
  latchgate users delete ada@example.com

The command first disables the user, then deletes the sessions, the consents, the credential and the user. It
can't delete data that your own endpoints keep about the user. It also completes a deletion that the user began, and that
failed half-way.";

/// `users disable`, `users delete`
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// Don't search again for sessions of logins that were under way
    #[arg(long)]
    no_wait: bool,
}

/// Disables the user first, so that no more tokens are issued. Then ends the sessions, and those of logins
/// that had read the user before.
pub(super) async fn disable(context: &Context, command: &Remove) -> Result<(), AdminError> {
    let Remove { username, no_wait } = command;
    let tables = UserTables::of(&context.deployment)?;
    let Named { username, user_id, .. } = &tables.named(username).await?;
    let name = username.as_str();
    context.console.confirm(&format!("This disables {name} and ends the user's sessions."))?;
    let audit = context.audit_log().await?;
    if !set_disabled(&tables, user_id, true).await? {
        return Err(not_found(name));
    }
    audit.record(OperatorEvent::UserDisabled, &Subject::user(user_id, Some(name)))?;
    let ended = end_sessions(context, &audit, user_id, *no_wait).await?;
    ended.note(&context.console);
    show::print(context, user_id, Some(username)).await
}

pub(super) async fn enable(context: &Context, username: &Username) -> Result<(), AdminError> {
    let tables = UserTables::of(&context.deployment)?;
    let Named { username, user_id, .. } = &tables.named(username).await?;
    let audit = context.audit_log().await?;
    if !set_disabled(&tables, user_id, false).await? {
        return Err(not_found(username.as_str()));
    }
    audit.record(OperatorEvent::UserEnabled, &Subject::user(user_id, Some(username.as_str())))?;
    show::print(context, user_id, Some(username)).await
}

/// Deletes the user. After a failure the command can be repeated: the credential, which finds the user, is
/// deleted last, together with the record. Consents are deleted after the second search for sessions, since a
/// page that had read the user before may have stored one. A user renamed meanwhile is deleted under the new
/// name.
pub(super) async fn delete(context: &Context, command: &Remove) -> Result<(), AdminError> {
    let Remove { username, no_wait } = command;
    let tables = UserTables::of(&context.deployment)?;
    let Named { username, user_id, .. } = &tables.named(username).await?;
    let name = username.as_str();
    context.console.confirm(&format!("This deletes {name} for good."))?;
    let audit = context.audit_log().await?;
    set_disabled(&tables, user_id, true).await?;
    let ended = end_sessions(context, &audit, user_id, *no_wait).await?;
    if let Some(consents) = ConsentTable::of(&context.deployment) {
        consents.delete_all(user_id).await?;
    } else if context.deployment.stack.is_none() {
        // A stack without the table has a release without consents. Variables may lack a table that exists.
        context.console.note("CONSENTS_TABLE is not set: if the deployment has consents, the user's stay.");
    }
    let last = tables.delete(username, user_id).await?;
    audit.record(OperatorEvent::UserDeleted, &Subject::user(user_id, Some(last.as_str())))?;
    ended.print(&context.console)
}

async fn set_disabled(tables: &UserTables, user_id: &UserId, disabled: bool) -> Result<bool, AdminError> {
    let change = Change::default().set(attribute::DISABLED, disabled.then_some(Bool(true)));
    // Enabling the user stops a deletion that the user began.
    let change = if disabled { change } else { change.set(attribute::DELETING, None) };
    Ok(tables.change(user_id, &change).await?)
}

async fn end_sessions(
    context: &Context,
    audit: &AuditLog,
    user_id: &UserId,
    no_wait: bool,
) -> Result<Ended, AdminError> {
    let ending = Ending::all(Whose::User(user_id.clone()));
    ending.again_after(WRITE_DELAY, no_wait).carry_out(context, audit).await
}
