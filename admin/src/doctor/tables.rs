//! The tables: their keys, and the attribute that DynamoDB expires items by.

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    ContinuousBackupsStatus, KeyType, PointInTimeRecoveryStatus, TableDescription, TableStatus,
    TimeToLiveStatus,
};
use shared::{
    aws,
    environment::variable,
    store::{StoreError, Table, attribute},
};

use super::Check;
use crate::{deployment::Deployment, error::AdminError};

/// A table as template.yaml defines it; a test holds this against it.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedTable {
    /// The logical id.
    pub id: &'static str,
    /// The variable with its name.
    pub variable: &'static str,
    /// The partition key and its type, `S` or `N`.
    pub partition_key: (&'static str, &'static str),
    /// The sort key and its type.
    pub sort_key: Option<(&'static str, &'static str)>,
    /// The TTL attribute.
    pub ttl_attribute: Option<&'static str>,
}

/// All of them.
pub const EXPECTED: [ExpectedTable; 6] = [
    table("ClientsTable", variable::CLIENTS_TABLE, attribute::CLIENT_ID),
    table("CredentialsTable", variable::CREDENTIALS_TABLE, attribute::USERNAME).expiring(),
    table("UsersTable", variable::USERS_TABLE, attribute::USER_ID),
    table("SessionsTable", variable::SESSIONS_TABLE, attribute::USER_ID)
        .sorted(attribute::SESSION_KEY)
        .expiring(),
    table("RevocationsTable", variable::REVOCATIONS_TABLE, attribute::BUCKET)
        .numbered()
        .sorted(attribute::REVOCATION)
        .expiring(),
    table("KeysTable", variable::KEYS_TABLE, attribute::KEY_USE).sorted(attribute::KID).expiring(),
];

const fn table(id: &'static str, variable: &'static str, partition_key: &'static str) -> ExpectedTable {
    let partition_key = (partition_key, "S");
    ExpectedTable { id, variable, partition_key, sort_key: None, ttl_attribute: None }
}

impl ExpectedTable {
    const fn numbered(mut self) -> Self {
        self.partition_key.1 = "N";
        self
    }

    const fn sorted(mut self, sort_key: &'static str) -> Self {
        self.sort_key = Some((sort_key, "S"));
        self
    }

    const fn expiring(mut self) -> Self {
        self.ttl_attribute = Some(attribute::EXPIRES_AT);
        self
    }
}

const DEPLOY: &str = "deploy the stack again from template.yaml; a table with other keys has to be made anew";

pub(super) async fn check(deployment: &Deployment) -> Result<Vec<Check>, AdminError> {
    let mut checks = Vec::new();
    for expected in &EXPECTED {
        let table = deployment.table(expected.variable)?;
        let name = format!("table {}", expected.id);
        let described = table.client.describe_table().table_name(&table.name).send().await;
        let description = match described {
            Ok(output) => output.table,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeTableError::is_resource_not_found_exception) =>
            {
                None
            }
            Err(error) => {
                let error = StoreError::unavailable("DescribeTable", error).into();
                checks.push(Check::failed(name, &error));
                continue;
            }
        };
        let Some(description) = description else {
            checks.push(Check::wrong(name, format!("there is no {}", table.name), DEPLOY));
            continue;
        };
        checks.push(keys(name, expected, &description));
        checks.push(ttl(expected, &table).await);
        checks.extend(guards(expected, &table, &description).await);
    }
    Ok(checks)
}

fn keys(name: String, expected: &ExpectedTable, table: &TableDescription) -> Check {
    if table.table_status() != Some(&TableStatus::Active) {
        return Check::wrong(name, "it is not active", "wait until it is");
    }
    let key = |kind: KeyType| {
        let element = table.key_schema().iter().find(|element| *element.key_type() == kind)?;
        let name = element.attribute_name();
        let definition = table.attribute_definitions().iter().find(|d| d.attribute_name() == name)?;
        Some((name, definition.attribute_type().as_str()))
    };
    let (partition_key, sort_key) = (key(KeyType::Hash), key(KeyType::Range));
    if partition_key == Some(expected.partition_key) && sort_key == expected.sort_key {
        Check::ok(name, format!("{}, as it should be", table.table_name().unwrap_or_default()))
    } else {
        Check::wrong(name, "its keys are not those of this version", DEPLOY)
    }
}

/// Expiry is garbage collection, and nothing depends on it but the bill; on the wrong attribute it loses what counts.
async fn ttl(expected: &ExpectedTable, table: &Table) -> Check {
    let name = format!("expiry of {}", expected.id);
    let described = table.client.describe_time_to_live().table_name(&table.name).send().await;
    let described = match described {
        Ok(described) => described,
        Err(error) => return Check::unknown(name, format!("the store doesn't say: {}", aws::reason(error))),
    };
    let ttl = described.time_to_live_description();
    let is_on = ttl
        .and_then(|ttl| ttl.time_to_live_status())
        .is_some_and(|status| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    let attribute = ttl.and_then(|ttl| ttl.attribute_name()).filter(|_| is_on);
    match (expected.ttl_attribute, attribute) {
        (None, None) => Check::ok(name, "none, as it should be"),
        (Some(expected), Some(found)) if expected == found => Check::ok(name, format!("by {found}")),
        (Some(expected), None) => {
            let command = format!(
                "aws dynamodb update-time-to-live --table-name {} \
                 --time-to-live-specification Enabled=true,AttributeName={expected}",
                table.name
            );
            Check::wrong(name, "off: what has expired is never removed", command)
        }
        (_, Some(found)) => {
            Check::wrong(name, format!("by {found}: items that count are lost"), "turn it off at once")
        }
    }
}

/// What keeps a slip from being the end of all accounts. The stores of a laptop have neither.
async fn guards(expected: &ExpectedTable, table: &Table, description: &TableDescription) -> Option<Check> {
    description.table_arn().filter(|arn| !arn.contains(":local:") && !arn.contains(":ddblocal:"))?;
    let name = format!("guards of {}", expected.id);
    let backups = table.client.describe_continuous_backups().table_name(&table.name).send().await;
    let backups = match backups {
        Ok(backups) => backups,
        Err(error) => {
            return Some(Check::unknown(name, format!("the store doesn't say: {}", aws::reason(error))));
        }
    };
    let backups = backups.continuous_backups_description()?;
    let recovery = backups.point_in_time_recovery_description();
    let is_recoverable = *backups.continuous_backups_status() == ContinuousBackupsStatus::Enabled
        && recovery.and_then(|r| r.point_in_time_recovery_status())
            == Some(&PointInTimeRecoveryStatus::Enabled);
    let is_protected = description.deletion_protection_enabled() == Some(true);
    Some(match (is_recoverable, is_protected) {
        (true, true) => Check::ok(name, "point-in-time recovery and deletion protection are on"),
        (false, _) => Check::wrong(name, "point-in-time recovery is off", DEPLOY),
        (true, false) => Check::wrong(name, "deletion protection is off", DEPLOY),
    })
}
