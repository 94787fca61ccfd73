//! The work after the last line: disables users who aren't in the file, and ends sessions of logins that were
//! under way.

use passwords::{Credential, Credentials};
use shared::store::{Row, StoreError, User, WRITE_DELAY, attribute};
use tokio::time;

use super::{
    disable::{disable, is_disabled},
    run::Summary,
};
use crate::{
    audit::AuditLog,
    context::Context,
    error::AdminError,
    import::{EMPTY, ImportOptions},
    sessions::end_what_user_may_not_keep,
    tables::users::UserTables,
};

/// Disables missing users if requested, and ends further sessions of disabled users. Without an audit log, as
/// in a dry run, it only counts.
pub(super) async fn conclude(
    context: &Context,
    audit: Option<&AuditLog>,
    options: &ImportOptions,
    no_wait: bool,
    summary: &mut Summary,
) -> Result<(), AdminError> {
    let is_empty = summary.names.is_empty() && summary.counts.rejected == 0;
    if is_empty && !options.disable_missing {
        options.note_empty(&context.console);
    }
    if options.disable_missing {
        if is_empty {
            return Err(AdminError::Refused(EMPTY));
        }
        if summary.counts.rejected == 0 {
            disable_missing(context, audit, summary).await?;
        } else {
            context
                .console
                .note("Nobody was disabled for not being in the file, because lines were rejected.");
        }
    }
    let Some(audit) = audit else { return Ok(()) };
    if summary.disabled.is_empty() || no_wait {
        return Ok(());
    }
    let seconds = WRITE_DELAY.as_secs();
    let disabled = User { disabled: true, ..User::default() };
    context.console.note(&format!(
        "Searching once more in {seconds} s, for logins that were under way (--no-wait skips this) …"
    ));
    time::sleep(WRITE_DELAY).await;
    for user_id in &summary.disabled {
        end_what_user_may_not_keep(&context.deployment, audit, user_id, &disabled).await?;
    }
    Ok(())
}

/// First disables the users, so that no more tokens are issued, and then ends the sessions.
async fn disable_missing(
    context: &Context,
    audit: Option<&AuditLog>,
    summary: &mut Summary,
) -> Result<(), AdminError> {
    let deployment = &context.deployment;
    let tables = UserTables::of(deployment)?;
    let Credentials { table } = &tables.credentials;
    let mut items =
        table.client.scan().table_name(&table.name).consistent_read(true).into_paginator().items().send();
    let mut count = 0;
    while let Some(item) = items.next().await {
        let item = item.map_err(|e| StoreError::unavailable("Scan on Credentials", e))?;
        let Some(credential) = Credential::from_item(&item)? else { continue };
        let username = Row::new("Credentials", &item).text(attribute::USERNAME)?;
        let user_id = credential.user_id;
        // If the file has only the identifier, the user was renamed, or would be without the dry run.
        if summary.names.line_of(username).is_some() || summary.ids.line_of(user_id.as_str()).is_some() {
            continue;
        }
        let Some(item) = tables.user_item(&user_id).await? else { continue };
        let was_disabled = is_disabled(&item);
        count += u64::from(!was_disabled);
        let Some(audit) = audit else { continue };
        disable(deployment, &tables, audit, (&user_id, username), was_disabled).await?;
        if !was_disabled {
            summary.disabled.push(user_id);
        }
    }
    *summary.counts.disabled.get_or_insert_default() += count;
    Ok(())
}
