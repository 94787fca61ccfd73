//! `restore tables`: restores deleted tables under the names that the stack knows, with the settings that
//! restored tables lack.

use aws_sdk_dynamodb::primitives::DateTime;
use aws_sdk_dynamodb::types::{
    BackupTypeFilter, PointInTimeRecoverySpecification, StreamSpecification, TableDescription, Tag,
    TimeToLiveSpecification,
};
use shared::store::{StoreError, Table};

use super::wait::{described, is_going, until_active, until_gone};
use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    deployment::Deployment,
    doctor::{self, Check, EXPECTED, ExpectedTable, stream_of},
    error::AdminError,
};

pub(super) const HELP: &str = "\
DynamoDB keeps a backup of a deleted table for 35 days, if point-in-time recovery was on. The command restores the table
under the same name, as it was when it was deleted. A restored table has no expiry, no point-in-time recovery, no deletion
protection, no stream and no tags, so the command sets these on all of the stack's tables that lack them. The mailer reads a
new stream only after a deployment: the command says how. Then the doctor checks the result. After an interruption, run the
command again: it continues. If the stack doesn't know a table any more, use `adopt`.

Example:
  latchgate --stack latchgate restore tables";

/// The setting that a table lacks if it has no stream.
const STREAM: &str = "stream";
/// How a stack learns of a table's new stream. CloudFormation asks DynamoDB for the stream only when it
/// changes the table.
const DEPLOY: &str = "the mailer reads the new stream, and sends mail, once CloudFormation has changed the table: \
                      deploy the stack with the other value of TableProtection, and then as before";

pub(super) async fn restore(context: &Context) -> Result<(), AdminError> {
    let deployment = &context.deployment;
    let tables = tables_of(deployment)?;
    let mut missing = Vec::new();
    for (_, table) in &tables {
        let there = described(&deployment.dynamodb, &table.name).await?;
        if there.as_ref().is_some_and(is_going) {
            context.console.note(&format!("Waiting until {} is gone …", table.name));
            until_gone(&deployment.dynamodb, &table.name).await?;
        }
        if there.as_ref().is_none_or(is_going) {
            missing.push((table.clone(), newest_backup(table).await?));
        }
    }
    let names: Vec<&str> = missing.iter().map(|(table, _)| table.name.as_str()).collect();
    if names.is_empty() {
        context.console.note("No table is missing.");
    } else {
        context.console.confirm(&format!("This restores {}.", names.join(", ")))?;
    }
    let audit = context.audit_log().await?;
    audit.record(OperatorEvent::TablesRestored, &Subject::default())?;
    for (table, backup) in &missing {
        context.console.note(&format!("Restoring {} …", table.name));
        let restore = table.client.restore_table_from_backup().target_table_name(&table.name);
        let restored = restore.backup_arn(backup).send().await;
        restored.map_err(|error| StoreError::unavailable("RestoreTableFromBackup", error))?;
    }
    let mut checks = Vec::new();
    for (expected, table) in &tables {
        let description = until_active(&deployment.dynamodb, &table.name).await?;
        let set = complete(deployment, expected, table, &description).await?;
        let has_new_stream = set.contains(&STREAM);
        let is_restored = missing.iter().any(|(restored, _)| restored.name == table.name);
        let done = is_restored.then_some("restored").into_iter().chain(set);
        let done = done.collect::<Vec<_>>().join(", ");
        let done = if done.is_empty() { "there was nothing to do".to_owned() } else { done };
        let name = format!("restored {}", expected.id);
        checks.push(if has_new_stream { Check::warning(name, done, DEPLOY) } else { Check::ok(name, done) });
    }
    Box::pin(doctor::run_after(context, checks)).await
}

/// The deployment's tables. An earlier release has fewer.
fn tables_of(deployment: &Deployment) -> Result<Vec<(&'static ExpectedTable, Table)>, AdminError> {
    let mut tables = Vec::new();
    for expected in &EXPECTED {
        match deployment.table(expected.variable) {
            Err(_) if expected.is_later => {}
            table => tables.push((expected, table?)),
        }
    }
    Ok(tables)
}

/// The backup that DynamoDB made when the table was deleted.
async fn newest_backup(table: &Table) -> Result<String, AdminError> {
    let list = table.client.list_backups().table_name(&table.name).backup_type(BackupTypeFilter::System);
    let mut newest = None;
    let mut pages = list.clone().send().await;
    loop {
        let page = pages.map_err(|error| StoreError::unavailable("ListBackups", error))?;
        for backup in page.backup_summaries() {
            let made = backup.backup_creation_date_time().map(DateTime::as_nanos);
            if let Some(arn) = backup.backup_arn()
                && newest.as_ref().is_none_or(|(before, _)| made > *before)
            {
                newest = Some((made, arn.to_owned()));
            }
        }
        let Some(next) = page.last_evaluated_backup_arn() else { break };
        pages = list.clone().exclusive_start_backup_arn(next).send().await;
    }
    newest
        .map(|(_, arn)| arn)
        .ok_or_else(|| AdminError::NotFound { kind: "backup of the table", name: table.name.clone() })
}

/// Gives a table the settings of template.yaml that it lacks. Returns these settings.
async fn complete(
    deployment: &Deployment,
    expected: &ExpectedTable,
    table: &Table,
    description: &TableDescription,
) -> Result<Vec<&'static str>, AdminError> {
    let (client, name) = (&table.client, &table.name);
    let mut set = Vec::new();
    let described = client.describe_time_to_live().table_name(name).send().await;
    let described = described.map_err(|error| StoreError::unavailable("DescribeTimeToLive", error))?;
    let ttl = described.time_to_live_description().and_then(|ttl| ttl.attribute_name());
    if let (Some(attribute), None) = (expected.ttl_attribute, ttl) {
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build();
        let ttl = ttl.map_err(|error| not_built("UpdateTimeToLive", &error))?;
        let updated =
            client.update_time_to_live().table_name(name).time_to_live_specification(ttl).send().await;
        updated.map_err(|error| StoreError::unavailable("UpdateTimeToLive", error))?;
        set.push("expiry");
    }
    if !is_recoverable(table).await? {
        let on = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
        let on = on.map_err(|error| not_built("UpdateContinuousBackups", &error))?;
        let update = client.update_continuous_backups().table_name(name);
        let updated = update.point_in_time_recovery_specification(on).send().await;
        updated.map_err(|error| StoreError::unavailable("UpdateContinuousBackups", error))?;
        set.push("point-in-time recovery");
    }
    let is_wanted = deployment.parameter("TableProtection") != Some("off");
    if is_wanted && description.deletion_protection_enabled() != Some(true) {
        let updated = client.update_table().table_name(name).deletion_protection_enabled(true).send().await;
        updated.map_err(|error| StoreError::unavailable("UpdateTable", error))?;
        until_active(client, name).await?;
        set.push("deletion protection");
    }
    let stream = expected.stream.filter(|stream| stream.is_of(deployment));
    if let Some(wanted) = stream.filter(|_| stream_of(description).is_none()) {
        let stream = StreamSpecification::builder().stream_enabled(true);
        let stream = stream.stream_view_type(wanted.view()).build();
        let stream = stream.map_err(|error| not_built("UpdateTable", &error))?;
        let updated = client.update_table().table_name(name).stream_specification(stream).send().await;
        updated.map_err(|error| StoreError::unavailable("UpdateTable", error))?;
        until_active(client, name).await?;
        set.push(STREAM);
    }
    if let Some(arn) = description.table_arn().filter(|_| !deployment.tags.is_empty()) {
        let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let tags: Result<Vec<Tag>, _> = deployment.tags.iter().map(tag).collect();
        let tags = tags.map_err(|error| not_built("TagResource", &error))?;
        let tagged = client.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await;
        tagged.map_err(|error| StoreError::unavailable("TagResource", error))?;
        set.push("tags");
    }
    Ok(set)
}

async fn is_recoverable(table: &Table) -> Result<bool, AdminError> {
    use aws_sdk_dynamodb::types::PointInTimeRecoveryStatus::Enabled;
    let described = table.client.describe_continuous_backups().table_name(&table.name).send().await;
    let described = described.map_err(|error| StoreError::unavailable("DescribeContinuousBackups", error))?;
    let recovery = described
        .continuous_backups_description()
        .and_then(|backups| backups.point_in_time_recovery_description());
    Ok(recovery.and_then(|recovery| recovery.point_in_time_recovery_status()) == Some(&Enabled))
}

/// Converts an error that never occurs, since all required fields are set.
fn not_built(operation: &'static str, error: &impl ToString) -> StoreError {
    StoreError::Unavailable { operation, reason: error.to_string() }
}
