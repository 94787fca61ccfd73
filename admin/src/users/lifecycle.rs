//! Users are disabled, enabled and deleted.

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
        sessions::Whose,
        users::{Named, UserTables, not_found},
    },
    update::Change,
};

pub(super) const DISABLE_HELP: &str = "\
Example:
  latchgate users disable ada@example.com

No logins and no refreshes, until the user is enabled; sessions end.";

pub(super) const DELETE_HELP: &str = "\
Example:
  latchgate users delete ada@example.com

The user is disabled first, then credential, sessions and user go. What your own endpoints keep of the
user is theirs to delete.";

/// `users disable`, `users delete`
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The user's name
    #[arg(value_name = "NAME", value_parser = username, allow_hyphen_values = true)]
    username: Username,
    /// Don't look again for sessions of logins that were under way
    #[arg(long)]
    no_wait: bool,
}

/// The flag first, so that nothing more is issued; then the sessions, and those of logins that had read the user before.
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

/// What was begun and failed can be begun again: the credential, by which the user is found, goes last, together with the
/// user. A user who is renamed meanwhile is deleted under the new name.
pub(super) async fn delete(context: &Context, command: &Remove) -> Result<(), AdminError> {
    let Remove { username, no_wait } = command;
    let tables = UserTables::of(&context.deployment)?;
    let Named { username, user_id, .. } = &tables.named(username).await?;
    let name = username.as_str();
    context.console.confirm(&format!("This deletes {name} for good."))?;
    let audit = context.audit_log().await?;
    set_disabled(&tables, user_id, true).await?;
    let ended = end_sessions(context, &audit, user_id, *no_wait).await?;
    let last = tables.delete(username, user_id).await?;
    audit.record(OperatorEvent::UserDeleted, &Subject::user(user_id, Some(last.as_str())))?;
    ended.print(&context.console)
}

async fn set_disabled(tables: &UserTables, user_id: &UserId, disabled: bool) -> Result<bool, AdminError> {
    let change = Change::default().set(attribute::DISABLED, disabled.then_some(Bool(true)));
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
