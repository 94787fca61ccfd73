//! The resources that a deleted stack left, by CloudFormation's record, which it keeps for 90 days.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::{
    primitives::DateTimeFormat,
    types::{ResourceStatus, Stack, StackStatus},
};

use super::{
    cloudformation::{CloudFormation, id},
    error::StackError,
    plan::{self, KEYSET, Left, MAIL_KEY},
    resources::{Kind, Resources},
};
use crate::{
    doctor::{EXPECTED, ExpectedTable},
    error::AdminError,
};

/// The log groups of the template.
const LOG_GROUPS: [&str; 2] = ["FunctionLogs", "AccessLog"];

/// The resources to import, and the stack that left them.
pub(super) struct Record {
    /// The deleted stack, if CloudFormation still has its record.
    pub(super) stack: Option<Stack>,
    /// The resources, by logical id.
    pub(super) left: BTreeMap<String, Left>,
}

impl Record {
    /// Finds the record of the stack: the latest one that was deleted. An earlier one that left all its
    /// tables must be named by its ARN, since its tables are older than those of the latest. Resources that
    /// are named explicitly take precedence over the record.
    pub(super) async fn find(
        cloudformation: &CloudFormation,
        resources: &Resources,
        stack: &str,
        given: &BTreeMap<String, Left>,
    ) -> Result<Self, AdminError> {
        let deleted = deleted(cloudformation, stack).await?;
        let mut partial: Option<Vec<String>> = None;
        let mut skipped = Vec::new();
        for stack in &deleted {
            let listed = left_by(cloudformation, stack).await?;
            let mut left = present(resources, &listed).await?;
            left.extend(given.clone());
            let missing = missing(&left);
            if missing.is_empty() {
                if !skipped.is_empty() {
                    return Err(StackError::Skipped {
                        skipped,
                        earlier: when(stack),
                        arn: id(stack).to_owned(),
                    }
                    .into());
                }
                return Ok(Self { stack: Some(stack.clone()), left });
            }
            // A stack without tables, such as a failed deployment, left nothing newer.
            if listed.iter().any(|thing| thing.kind == Kind::Table) {
                skipped.push(format!("{} lacks {}", when(stack), missing.join(", ")));
            }
            // The stack that lacks the fewest tables is probably meant.
            if partial.as_ref().is_none_or(|fewest| missing.len() < fewest.len()) {
                partial = Some(missing);
            }
        }
        if missing(given).is_empty() {
            return Ok(Self { stack: None, left: given.clone() });
        }
        if let Some(missing) = partial {
            return Err(StackError::Missing(missing).into());
        }
        let hint = hint(resources, stack, given).await?;
        let region = cloudformation.region.clone();
        Err(StackError::NoRecord { stack: stack.to_owned(), region, hint }.into())
    }
}

/// The resource in `--resource ID=NAME`.
pub(super) fn named(argument: &(String, String)) -> Result<Left, StackError> {
    let (id, name) = argument;
    let kind = if EXPECTED.iter().any(|table| table.id == *id) {
        Kind::Table
    } else if [KEYSET, MAIL_KEY].contains(&id.as_str()) {
        Kind::Secret
    } else if LOG_GROUPS.contains(&id.as_str()) {
        Kind::LogGroup
    } else {
        let tables = EXPECTED.map(|table| table.id).join(", ");
        return Err(StackError::NoSuchResource(id.clone(), format!("{tables}, {KEYSET}, {MAIL_KEY}")));
    };
    Ok(Left { kind, id: id.clone(), name: name.clone(), is_stuck: false })
}

/// The deleted stacks with this name, or the one with this ARN.
async fn deleted(cloudformation: &CloudFormation, stack: &str) -> Result<Vec<Stack>, AdminError> {
    if stack.starts_with("arn:") {
        let found = cloudformation.find(stack).await?;
        return match found {
            Some(found) if found.stack_status() != Some(&StackStatus::DeleteComplete) => {
                Err(StackError::Alive(stack.to_owned()).into())
            }
            found => Ok(found.into_iter().collect()),
        };
    }
    let mut deleted = Vec::new();
    for summary in cloudformation.deleted(stack).await? {
        let Some(id) = summary.stack_id() else { continue };
        deleted.extend(cloudformation.find(id).await?);
    }
    Ok(deleted)
}

/// A deleted stack's ARN, and when it was deleted.
pub(super) fn when(stack: &Stack) -> String {
    let deleted = stack.deletion_time().and_then(|time| time.fmt(DateTimeFormat::DateTime).ok());
    format!("{}, deleted {}", id(stack), deleted.as_deref().unwrap_or("at a time that isn't known"))
}

/// The resources that the stack left when it was deleted.
async fn left_by(cloudformation: &CloudFormation, stack: &Stack) -> Result<Vec<Left>, AdminError> {
    let mut listed = cloudformation.resources(id(stack)).await?;
    listed.retain(|entry| entry.resource_status() == Some(&ResourceStatus::DeleteSkipped));
    Ok(plan::things(stack, &listed))
}

/// The listed resources that still exist. A secret scheduled for deletion still does.
async fn present(resources: &Resources, listed: &[Left]) -> Result<BTreeMap<String, Left>, AdminError> {
    let mut left = BTreeMap::new();
    for thing in listed {
        let is_there = match thing.kind {
            Kind::Secret => resources.secret(&thing.name).await?.is_some(),
            Kind::LogGroup if !LOG_GROUPS.contains(&thing.id.as_str()) => false,
            kind => resources.is_there(kind, &thing.name).await?,
        };
        if is_there {
            left.insert(thing.id.clone(), thing.clone());
        }
    }
    Ok(left)
}

/// The missing tables that a stack of every release has. The next deployment makes all others.
fn missing(left: &BTreeMap<String, Left>) -> Vec<String> {
    let missing = EXPECTED.iter().filter(|table| !table.is_later && !left.contains_key(table.id));
    missing.map(|table| table.id.to_owned()).collect()
}

/// Tables that CloudFormation named for a stack with this name. The operator decides whether to use them.
async fn hint(
    resources: &Resources,
    stack: &str,
    given: &BTreeMap<String, Left>,
) -> Result<String, AdminError> {
    let mut options = Vec::new();
    // Also optional ones, since a table that isn't imported stays behind.
    for ExpectedTable { id, .. } in EXPECTED.iter().filter(|table| !given.contains_key(table.id)) {
        let called = resources.tables_called(&format!("{stack}-{id}-")).await?;
        options.extend(called.into_iter().map(|name| format!("--resource {id}={name}")));
    }
    Ok(if options.is_empty() {
        String::new()
    } else {
        format!(". Judging by their names, these may be its tables: {}", options.join(" "))
    })
}
