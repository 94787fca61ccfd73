//! Checks the tables: their keys, and the attribute by which DynamoDB expires items.

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    ContinuousBackupsStatus, KeyType, PointInTimeRecoveryStatus, StreamViewType, TableDescription,
    TableStatus, TimeToLiveStatus,
};
use shared::{
    aws,
    environment::variable,
    store::{StoreError, Table, attribute},
};

use super::{Check, settings};
use crate::{deployment::Deployment, error::AdminError};

/// A table as in template.yaml. A test compares the two.
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
    /// The stream that it has, if the stack's parameters ask for it.
    pub stream: Option<ExpectedStream>,
    /// Whether earlier releases lack this table.
    pub is_later: bool,
}

/// A stream as in template.yaml. A test compares the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedStream {
    /// The mails that wait: always there, with keys only.
    Outbox,
    /// What users are told of: in a stack that sends mails, with the new images.
    Notices,
    /// New sessions: in a stack that tells users of new devices, with keys only.
    NewSessions,
}

/// All tables.
pub const EXPECTED: [ExpectedTable; 9] = [
    table("ClientsTable", variable::CLIENTS_TABLE, attribute::CLIENT_ID).expiring(),
    table("CredentialsTable", variable::CREDENTIALS_TABLE, attribute::USERNAME).expiring(),
    table("UsersTable", variable::USERS_TABLE, attribute::USER_ID).streaming(ExpectedStream::Notices),
    table("SessionsTable", variable::SESSIONS_TABLE, attribute::USER_ID)
        .sorted(attribute::SESSION_KEY)
        .expiring()
        .streaming(ExpectedStream::NewSessions),
    table("RevocationsTable", variable::REVOCATIONS_TABLE, attribute::BUCKET)
        .numbered()
        .sorted(attribute::REVOCATION)
        .expiring()
        .streaming(ExpectedStream::Notices),
    table("KeysTable", variable::KEYS_TABLE, attribute::KEY_USE).sorted(attribute::KID).expiring(),
    table("CodesTable", variable::CODES_TABLE, attribute::CODE_HASH).expiring().later(),
    table("ConsentsTable", variable::CONSENTS_TABLE, attribute::USER_ID).sorted(attribute::CLIENT_ID).later(),
    table("MailsTable", variable::MAILS_TABLE, attribute::MAILBOX)
        .expiring()
        .streaming(ExpectedStream::Outbox)
        .later(),
];

const fn table(id: &'static str, variable: &'static str, partition_key: &'static str) -> ExpectedTable {
    let partition_key = (partition_key, "S");
    ExpectedTable {
        id,
        variable,
        partition_key,
        sort_key: None,
        ttl_attribute: None,
        stream: None,
        is_later: false,
    }
}

impl ExpectedStream {
    /// The content of its records.
    pub fn view(self) -> StreamViewType {
        match self {
            Self::Outbox | Self::NewSessions => StreamViewType::KeysOnly,
            Self::Notices => StreamViewType::NewImage,
        }
    }

    /// Whether a stack with these parameters has it. A release before the notices has no `NewDeviceMails`.
    pub(crate) fn is_of(self, deployment: &Deployment) -> bool {
        let sends_mails = deployment.parameter("MailFrom").is_some_and(|sender| !sender.is_empty());
        let new_devices = deployment.parameter("NewDeviceMails");
        match self {
            Self::Outbox => true,
            Self::Notices => sends_mails && new_devices.is_some(),
            Self::NewSessions => sends_mails && new_devices.is_some_and(|mails| mails != "no"),
        }
    }

    /// The consequence, if it is off.
    fn without(self) -> &'static str {
        match self {
            Self::Outbox => "off: no mail is sent",
            Self::Notices => "off: users aren't told of changes",
            Self::NewSessions => "off: users aren't told of new devices",
        }
    }
}

impl ExpectedTable {
    /// Whether this table has the expected keys, by name and type.
    pub(crate) fn has_keys_of(&self, table: &TableDescription) -> bool {
        let key = |kind: KeyType| {
            let element = table.key_schema().iter().find(|element| *element.key_type() == kind)?;
            let name = element.attribute_name();
            let definition = table.attribute_definitions().iter().find(|d| d.attribute_name() == name)?;
            Some((name, definition.attribute_type().as_str()))
        };
        key(KeyType::Hash) == Some(self.partition_key) && key(KeyType::Range) == self.sort_key
    }

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

    const fn streaming(mut self, stream: ExpectedStream) -> Self {
        self.stream = Some(stream);
        self
    }

    const fn later(mut self) -> Self {
        self.is_later = true;
        self
    }
}

/// The check that applies to AWS only.
const GUARDS: &str = "guards of the tables";
const DEPLOY: &str =
    "deploy the stack again from template.yaml; a table with other keys has to be created again";

pub(super) async fn check(deployment: &Deployment) -> Result<Vec<Check>, AdminError> {
    let mut checks = Vec::new();
    let (mut protected, mut unprotected) = (Vec::new(), Vec::new());
    let mut is_local = false;
    for expected in &EXPECTED {
        let name = format!("table {}", expected.id);
        let table = match deployment.table(expected.variable) {
            Err(_) if expected.is_later => {
                checks.push(Check::wrong(
                    name,
                    "the deployment is of an earlier release, which doesn't have it",
                    DEPLOY,
                ));
                continue;
            }
            table => table?,
        };
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
        let is_in_aws = is_in_aws(&description);
        checks.push(ttl(deployment, expected, &table, is_in_aws).await);
        if !is_in_aws {
            is_local = true;
            continue;
        }
        checks.extend(settings::check(deployment, expected.id, &table, &description).await);
        checks.extend(recovery(expected, &table).await);
        let wanted = expected.stream.filter(|stream| stream.is_of(deployment));
        checks.extend(wanted.map(|wanted| stream(expected.id, wanted, &description)));
        let is_protected = description.deletion_protection_enabled() == Some(true);
        if is_protected { &mut protected } else { &mut unprotected }.push(table.name);
    }
    if !protected.is_empty() || !unprotected.is_empty() {
        checks.push(protection(deployment, &unprotected));
    }
    if is_local {
        checks.push(Check::ok(GUARDS, "none: only AWS has recovery and deletion protection"));
    }
    Ok(checks)
}

/// Whether the table is in AWS, so that it has guards. Local stores have regions whose names don't look like
/// AWS's, and made-up accounts.
fn is_in_aws(table: &TableDescription) -> bool {
    let mut parts = table.table_arn().unwrap_or_default().split(':').skip(3);
    let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    region.contains('-') && account.bytes().any(|digit| digit != b'0')
}

fn keys(name: String, expected: &ExpectedTable, table: &TableDescription) -> Check {
    if table.table_status() != Some(&TableStatus::Active) {
        return Check::wrong(name, "it is not active", "wait until it is");
    }
    if expected.has_keys_of(table) {
        Check::ok(name, format!("{}, as it should be", table.table_name().unwrap_or_default()))
    } else {
        Check::wrong(name, "its key schema is not this version's", DEPLOY)
    }
}

/// Checks the expiry of a table's items. It only collects garbage, so a table without it merely costs more.
/// But expiry by a wrong attribute deletes rows that are still needed.
async fn ttl(deployment: &Deployment, expected: &ExpectedTable, table: &Table, is_in_aws: bool) -> Check {
    let name = format!("expiry of {}", expected.id);
    let described = table.client.describe_time_to_live().table_name(&table.name).send().await;
    let described = match described {
        Ok(described) => described,
        Err(error) => {
            return Check::unanswered(name, format!("the store doesn't say: {}", aws::reason(error)));
        }
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
            // Without this, the command would use the operator's default account.
            let endpoint = deployment.sdk_config.endpoint_url().filter(|_| !is_in_aws);
            let endpoint = endpoint.map(|url| format!(" --endpoint-url {url}")).unwrap_or_default();
            let command = format!(
                "aws dynamodb update-time-to-live{endpoint} --table-name {} \
                 --time-to-live-specification Enabled=true,AttributeName={expected}",
                table.name
            );
            Check::wrong(name, "off: expired items are never deleted", command)
        }
        (_, Some(found)) => Check::wrong(
            name,
            format!("by {found}: items that are still needed get deleted"),
            "turn it off at once",
        ),
    }
}

/// The command that turns on point-in-time recovery. Deploying again wouldn't, since the template hasn't
/// changed.
fn recover(table: &str) -> String {
    format!(
        "aws dynamodb update-continuous-backups --table-name {table} \
         --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
    )
}

/// Checks point-in-time recovery, which can undo mistaken changes and deletions.
async fn recovery(expected: &ExpectedTable, table: &Table) -> Option<Check> {
    let name = format!("recovery of {}", expected.id);
    let backups = table.client.describe_continuous_backups().table_name(&table.name).send().await;
    let backups = match backups {
        Ok(backups) => backups,
        Err(error) => {
            return Some(Check::unanswered(name, format!("the store doesn't say: {}", aws::reason(error))));
        }
    };
    let backups = backups.continuous_backups_description()?;
    let recovery = backups.point_in_time_recovery_description();
    let is_recoverable = *backups.continuous_backups_status() == ContinuousBackupsStatus::Enabled
        && recovery.and_then(|r| r.point_in_time_recovery_status())
            == Some(&PointInTimeRecoveryStatus::Enabled);
    Some(if is_recoverable {
        Check::ok(name, "point-in-time recovery is on")
    } else {
        // This needs a command, since CloudFormation does nothing if the template hasn't changed.
        Check::wrong(name, "point-in-time recovery is off", recover(&table.name))
    })
}

/// The content of a table's stream, if it has one.
pub(crate) fn stream_of(table: &TableDescription) -> Option<&StreamViewType> {
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    stream.and_then(|stream| stream.stream_view_type())
}

/// Checks the stream by which a function learns of changes.
fn stream(id: &str, wanted: ExpectedStream, table: &TableDescription) -> Check {
    let name = format!("stream of {id}");
    match stream_of(table) {
        Some(view) if *view == wanted.view() => Check::ok(name, format!("on, with {}", view.as_str())),
        Some(view) => Check::wrong(
            name,
            format!("it has {} in the place of {}", view.as_str(), wanted.view().as_str()),
            "turn it off, and run `latchgate restore tables`",
        ),
        None => Check::wrong(
            name,
            wanted.without(),
            "`latchgate restore tables` turns it on, and says what else to do",
        ),
    }
}

/// Checks that DynamoDB refuses to delete the tables. A new stack doesn't request that, so that a failed
/// first deployment can be rolled back. Nor does a stack that was updated from a version without the
/// parameter.
fn protection(deployment: &Deployment, unprotected: &[String]) -> Check {
    let name = "deletion protection";
    if unprotected.is_empty() {
        return Check::ok(name, "DynamoDB refuses to delete the tables");
    }
    let detail = format!("off: anyone who may delete tables can delete {} at once", unprotected.join(", "));
    // CloudFormation does nothing if the parameter hasn't changed.
    let remedy = if deployment.parameter("TableProtection") == Some("off") {
        let stack = &deployment.target;
        format!("`sam deploy --stack-name {stack} --parameter-overrides TableProtection=on`")
    } else {
        let protect =
            |table| format!("`aws dynamodb update-table --deletion-protection-enabled --table-name {table}`");
        unprotected.iter().map(protect).collect::<Vec<_>>().join(", ")
    };
    Check::warning(name, detail, remedy)
}
