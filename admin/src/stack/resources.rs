//! The resources that outlive a stack: tables, the secret, log groups. This module describes and deletes
//! them.

use std::time::Duration;

use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_dynamodb::{
    self as dynamodb,
    operation::{delete_table::DeleteTableError, describe_table::DescribeTableError},
    types::{BackupStatus, PointInTimeRecoveryStatus, TableDescription, TimeToLiveStatus},
};
use aws_sdk_secretsmanager::{
    self as secretsmanager,
    operation::describe_secret::{DescribeSecretError, DescribeSecretOutput},
};
use logs::{operation::delete_log_group::DeleteLogGroupError, types::LogGroup};
use shared::aws;

use super::{cloudformation::until, error::StackError};
use crate::{deployment::Deployment, error::AdminError};

/// How long to wait for a table that is in use, for example by a backup.
const TABLE_IN_USE: Duration = Duration::from_secs(60);
/// How long DynamoDB may take to delete or back up a table.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How many days Secrets Manager keeps a deleted secret: the maximum.
pub(super) const RECOVERY_DAYS: i64 = 30;

/// A kind of resource that outlives a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Table,
    Secret,
    LogGroup,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Table, Self::Secret, Self::LogGroup];

    /// The kind with this CloudFormation type.
    pub(super) fn find(resource_type: Option<&str>) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| Some(kind.resource_type()) == resource_type)
    }

    /// The CloudFormation type.
    pub(super) fn resource_type(self) -> &'static str {
        match self {
            Self::Table => "AWS::DynamoDB::Table",
            Self::Secret => "AWS::SecretsManager::Secret",
            Self::LogGroup => "AWS::Logs::LogGroup",
        }
    }

    /// The property that identifies a resource in an import.
    pub(super) fn identifier(self) -> &'static str {
        match self {
            Self::Table => "TableName",
            Self::Secret => "Id",
            Self::LogGroup => "LogGroupName",
        }
    }

    /// The name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Secret => "secret",
            Self::LogGroup => "log group",
        }
    }
}

/// Clients for the services with these resources.
pub(super) struct Resources {
    dynamodb: dynamodb::Client,
    secretsmanager: secretsmanager::Client,
    logs: logs::Client,
}

impl Resources {
    pub(super) fn new(deployment: &Deployment) -> Self {
        Self {
            dynamodb: deployment.dynamodb.clone(),
            secretsmanager: secretsmanager::Client::new(&deployment.sdk_config),
            logs: logs::Client::new(&deployment.sdk_config),
        }
    }

    pub(super) async fn table(&self, name: &str) -> Result<Option<TableDescription>, AdminError> {
        match self.dynamodb.describe_table().table_name(name).send().await {
            Ok(described) => Ok(described.table),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeTableError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(dynamodb_failed("DescribeTable", aws::reason(error))),
        }
    }

    /// The attribute by which a table's items expire, if they do.
    pub(super) async fn ttl_attribute(&self, table: &str) -> Result<Option<String>, AdminError> {
        let described = self.dynamodb.describe_time_to_live().table_name(table).send().await;
        let described = described.map_err(|e| dynamodb_failed("DescribeTimeToLive", aws::reason(e)))?;
        let ttl = described.time_to_live_description;
        let ttl = ttl.filter(|ttl| {
            matches!(ttl.time_to_live_status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        });
        Ok(ttl.and_then(|ttl| ttl.attribute_name))
    }

    /// Whether a table has point-in-time recovery.
    pub(super) async fn is_recoverable(&self, table: &str) -> Result<bool, AdminError> {
        let described = self.dynamodb.describe_continuous_backups().table_name(table).send().await;
        let described =
            described.map_err(|e| dynamodb_failed("DescribeContinuousBackups", aws::reason(e)))?;
        let backups = described.continuous_backups_description;
        let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description);
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
        Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
    }

    /// The names of tables with this prefix.
    pub(super) async fn tables_called(&self, prefix: &str) -> Result<Vec<String>, AdminError> {
        let names = self.dynamodb.list_tables().into_paginator().items().send();
        let names = names.collect::<Result<Vec<_>, _>>().await;
        let names = names.map_err(|e| dynamodb_failed("ListTables", aws::reason(e)))?;
        Ok(names.into_iter().filter(|name| name.starts_with(prefix)).collect())
    }

    /// The secret with this ARN. A secret scheduled for deletion still exists.
    pub(super) async fn secret(&self, arn: &str) -> Result<Option<DescribeSecretOutput>, AdminError> {
        match self.secretsmanager.describe_secret().secret_id(arn).send().await {
            Ok(secret) => Ok(Some(secret)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeSecretError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(secret_failed("DescribeSecret", aws::reason(error))),
        }
    }

    pub(super) async fn log_group(&self, name: &str) -> Result<Option<LogGroup>, AdminError> {
        let groups = self.logs.describe_log_groups().log_group_name_prefix(name);
        let mut groups = groups.into_paginator().items().send();
        while let Some(group) = groups.next().await {
            let group = group.map_err(|e| logs_failed("DescribeLogGroups", aws::reason(e)))?;
            if group.log_group_name() == Some(name) {
                return Ok(Some(group));
            }
        }
        Ok(None)
    }

    /// Whether the service still has the resource. A secret scheduled for deletion doesn't count.
    pub(super) async fn is_there(&self, kind: Kind, name: &str) -> Result<bool, AdminError> {
        Ok(match kind {
            Kind::Table => self.table(name).await?.is_some(),
            Kind::Secret => self.secret(name).await?.is_some_and(|secret| secret.deleted_date.is_none()),
            Kind::LogGroup => self.log_group(name).await?.is_some(),
        })
    }

    pub(super) async fn delete(&self, kind: Kind, name: &str) -> Result<(), AdminError> {
        match kind {
            Kind::Table => self.delete_table(name).await,
            Kind::Secret => self.delete_secret(name).await,
            Kind::LogGroup => self.delete_log_group(name).await,
        }
    }

    /// Turns off a table's deletion protection, if the table exists and has it.
    pub(super) async fn unprotect(&self, name: &str) -> Result<(), AdminError> {
        let table = self.table(name).await?;
        if table.is_some_and(|table| table.deletion_protection_enabled() == Some(true)) {
            let update = self.dynamodb.update_table().table_name(name).deletion_protection_enabled(false);
            update.send().await.map_err(|e| dynamodb_failed("UpdateTable", aws::reason(e)))?;
        }
        Ok(())
    }

    /// Turns off the protection, deletes the table, and waits until it is gone.
    async fn delete_table(&self, name: &str) -> Result<(), AdminError> {
        self.unprotect(name).await?;
        let mut in_use = String::new();
        let deleted = until(TABLE_IN_USE, async || {
            let delete = self.dynamodb.delete_table().table_name(name).send().await;
            let Err(error) = delete else { return Ok(Some(())) };
            match error.as_service_error() {
                Some(DeleteTableError::ResourceNotFoundException(_)) => Ok(Some(())),
                Some(DeleteTableError::ResourceInUseException(why)) => {
                    why.message().unwrap_or("it is in use").clone_into(&mut in_use);
                    Ok(None)
                }
                _ => Err(dynamodb_failed("DeleteTable", aws::reason(error))),
            }
        });
        let deleted = deleted.await?;
        deleted.ok_or(StackError::TableInUse(in_use))?;
        let gone = until(PATIENCE, async || Ok(self.table(name).await?.is_none().then_some(()))).await?;
        gone.ok_or_else(|| slow(format!("the table {name}"), "DELETING"))
    }

    async fn delete_secret(&self, arn: &str) -> Result<(), AdminError> {
        let delete = self.secretsmanager.delete_secret().secret_id(arn);
        let delete = delete.recovery_window_in_days(RECOVERY_DAYS).send().await;
        delete.map(drop).map_err(|e| secret_failed("DeleteSecret", aws::reason(e)))
    }

    /// Restores a secret that was scheduled for deletion.
    pub(super) async fn restore_secret(&self, arn: &str) -> Result<(), AdminError> {
        let restore = self.secretsmanager.restore_secret().secret_id(arn).send().await;
        restore.map(drop).map_err(|e| secret_failed("RestoreSecret", aws::reason(e)))
    }

    async fn delete_log_group(&self, name: &str) -> Result<(), AdminError> {
        match self.logs.delete_log_group().log_group_name(name).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteLogGroupError::is_resource_not_found_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(logs_failed("DeleteLogGroup", aws::reason(error))),
        }
    }

    /// Makes a backup that outlives the table, waits for it, and returns its ARN.
    pub(super) async fn back_up(&self, table: &str, name: &str) -> Result<String, AdminError> {
        let create = self.dynamodb.create_backup().table_name(table).backup_name(name).send().await;
        let created = create.map_err(|e| dynamodb_failed("CreateBackup", aws::reason(e)))?;
        let arn = created.backup_details.map(|details| details.backup_arn).unwrap_or_default();
        let made = until(PATIENCE, async || {
            let described = self.dynamodb.describe_backup().backup_arn(&arn).send().await;
            let described = described.map_err(|e| dynamodb_failed("DescribeBackup", aws::reason(e)))?;
            let details = described.backup_description.and_then(|backup| backup.backup_details);
            let is_made = details.is_some_and(|details| details.backup_status == BackupStatus::Available);
            Ok(is_made.then_some(()))
        });
        made.await?.ok_or_else(|| slow(format!("the backup {arn} of {table}"), "CREATING"))?;
        Ok(arn)
    }
}

fn dynamodb_failed(operation: &'static str, reason: String) -> AdminError {
    AdminError::Service { service: "DynamoDB", operation, reason }
}

fn secret_failed(operation: &'static str, reason: String) -> AdminError {
    AdminError::Service { service: "Secrets Manager", operation, reason }
}

fn logs_failed(operation: &'static str, reason: String) -> AdminError {
    AdminError::Service { service: "CloudWatch Logs", operation, reason }
}

fn slow(what: String, status: &str) -> AdminError {
    StackError::Slow { what, status: status.to_owned(), minutes: PATIENCE.as_secs() / 60 }.into()
}
