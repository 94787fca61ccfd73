//! Disables a user for an import.

use aws_sdk_dynamodb::types::AttributeValue::Bool;
use shared::{
    ids::UserId,
    store::{Item, User, attribute},
};

use crate::{
    audit::{AuditLog, OperatorEvent, Subject},
    deployment::Deployment,
    error::AdminError,
    sessions::end_what_user_may_not_keep,
    tables::users::UserTables,
    update::Change,
};

/// Disables the user, and ends the user's sessions. It ends them even if the user is disabled already, so
/// that the next import completes an interrupted one.
pub(super) async fn disable(
    deployment: &Deployment,
    tables: &UserTables,
    audit: &AuditLog,
    (user_id, username): (&UserId, &str),
    was_disabled: bool,
) -> Result<(), AdminError> {
    let change = Change::default().set(attribute::DISABLED, Some(Bool(true)));
    if !was_disabled && tables.change(user_id, &change).await? {
        audit.record(OperatorEvent::UserDisabled, &Subject::user(user_id, Some(username)))?;
    }
    let disabled = User { disabled: true, ..User::default() };
    end_what_user_may_not_keep(deployment, audit, user_id, &disabled).await?;
    Ok(())
}

pub(super) fn is_disabled(user: &Item) -> bool {
    user.get(attribute::DISABLED) == Some(&Bool(true))
}
