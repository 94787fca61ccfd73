//! Checks settings that restored tables lack, besides expiry and recovery: the billing mode, and the stack's
//! tags.

use aws_sdk_dynamodb::types::{BillingMode, ProvisionedThroughputDescription, TableDescription, Tag};
use shared::{aws, store::Table};

use super::Check;
use crate::deployment::Deployment;

/// Returns only problems, since few operators care about these settings.
pub(super) async fn check(
    deployment: &Deployment,
    id: &str,
    table: &Table,
    description: &TableDescription,
) -> Vec<Check> {
    let mut checks = Vec::new();
    if is_provisioned(description) {
        let remedy =
            format!("`aws dynamodb update-table --billing-mode PAY_PER_REQUEST --table-name {}`", table.name);
        let detail = "capacity is provisioned, without autoscaling: requests beyond it fail";
        checks.push(Check::warning(format!("capacity of {id}"), detail, remedy));
    }
    if let Some(arn) = description.table_arn().filter(|_| !deployment.tags.is_empty()) {
        checks.extend(tags(deployment, id, table, arn).await);
    }
    checks
}

/// Whether the capacity is billed by the hour. A table that was always provisioned has no billing summary.
fn is_provisioned(description: &TableDescription) -> bool {
    let mode = description.billing_mode_summary().and_then(|billing| billing.billing_mode());
    let units =
        description.provisioned_throughput().and_then(ProvisionedThroughputDescription::read_capacity_units);
    mode.map_or(units.is_some_and(|units| units > 0), |mode| *mode == BillingMode::Provisioned)
}

/// Checks the tags. CloudFormation gives each table its stack's tags, but a restored table has none. Cost
/// reports and permissions by tag then miss it.
async fn tags(deployment: &Deployment, id: &str, table: &Table, arn: &str) -> Option<Check> {
    let name = format!("tags of {id}");
    let listed = match listed(table, arn).await {
        Ok(listed) => listed,
        Err(reason) => return Some(Check::unanswered(name, format!("the store doesn't say: {reason}"))),
    };
    let has = |(key, value): &(&String, &String)| {
        listed.iter().any(|tag| tag.key() == key.as_str() && tag.value() == value.as_str())
    };
    let missing: Vec<_> = deployment.tags.iter().filter(|tag| !has(tag)).collect();
    if missing.is_empty() {
        return None;
    }
    let keys: Vec<&str> = missing.iter().map(|(key, _)| key.as_str()).collect();
    let tags: Vec<String> = missing.iter().map(|(key, value)| format!("'Key={key},Value={value}'")).collect();
    let remedy = format!("`aws dynamodb tag-resource --resource-arn {arn} --tags {}`", tags.join(" "));
    Some(Check::warning(name, format!("the stack's tags are missing: {}", keys.join(", ")), remedy))
}

/// All tags of a table, or why they aren't known. DynamoDB returns ten at a time.
async fn listed(table: &Table, arn: &str) -> Result<Vec<Tag>, String> {
    let (mut tags, mut next) = (Vec::new(), None);
    loop {
        let list = table.client.list_tags_of_resource().resource_arn(arn).set_next_token(next);
        let page = list.send().await.map_err(aws::reason)?;
        tags.extend(page.tags.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            return Ok(tags);
        }
    }
}
