//! The plan of `destroy`: stacks with the resources that they leave, in the order of deletion.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::{ResourceStatus, Stack, StackResourceSummary, StackStatus};
use aws_sdk_dynamodb::types::TableDescription;

use super::{
    cloudformation::{CloudFormation, id, name, place, status_of},
    error::StackError,
    resources::{Kind, RECOVERY_DAYS, Resources},
};
use crate::{doctor::EXPECTED, error::AdminError};

/// The start of the descriptions of Latchgate's templates.
const DESCRIPTION: &str = "Latchgate - ";
/// The parameter in which the alarms and the HTTP API name their stack.
const BELONGS_TO: &str = "LatchgateStack";
/// The parameter with the API behind the stack's domain.
pub(super) const DOMAIN_API: &str = "DomainApi";
/// The logical id of the secret with the keyset.
pub(super) const KEYSET: &str = "Keyset";
/// The logical id of the secret with the key of links and codes in mails.
pub(super) const MAIL_KEY: &str = "MailKey";
/// The logical id of the role with which API Gateway writes the logs of all APIs of the account and region.
const LOGS_ROLE: &str = "ApiGatewayLogsRole";

/// A plan for `destroy`.
pub(super) struct Plan {
    /// The name of the stack to delete.
    pub(super) name: String,
    /// Its account and region.
    pub(super) place: String,
    /// The stacks, in the order of deletion.
    pub(super) parts: Vec<Part>,
    /// The stack whose domain leads to another stack's API, which can't be deleted until the domain changes.
    pub(super) leads_elsewhere: Option<Stack>,
    /// The resources that stay, each with the reason.
    pub(super) stays: Vec<String>,
}

/// A stack, and the resources that CloudFormation would leave.
pub(super) struct Part {
    pub(super) stack: Stack,
    pub(super) left: Vec<Left>,
}

/// A resource that outlives its stack.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) kind: Kind,
    /// The logical id.
    pub(super) id: String,
    /// The resource's name in its service.
    pub(super) name: String,
    /// Whether CloudFormation tried to delete it and failed, as after a failed first deployment with
    /// protected tables.
    pub(super) is_stuck: bool,
}

impl Plan {
    /// Plans for the stack with this name, or the last deleted one. It changes nothing.
    pub(super) async fn make(
        cloudformation: &CloudFormation,
        resources: &Resources,
        stack: &str,
    ) -> Result<Self, AdminError> {
        let root = find(cloudformation, stack).await?;
        let (root_name, place) = (name(&root).to_owned(), place(id(&root)));
        if !is_ours(&root, &cloudformation.resources(id(&root)).await?) {
            return Err(StackError::NotOurs(root_name).into());
        }
        let order = if is_deleted(&root) { vec![root] } else { in_order(cloudformation, root).await? };
        let leads_elsewhere = order.iter().find(|stack| leads_elsewhere(stack)).filter(|_| order.len() > 1);
        let leads_elsewhere = leads_elsewhere.cloned();
        let parts = gone(cloudformation, resources, &order).await?;
        let mut plan = Self { name: root_name, place, parts, leads_elsewhere, stays: Vec::new() };
        for stack in order {
            let listed = cloudformation.resources(id(&stack)).await?;
            plan.stays.extend(listed.iter().filter_map(role_of_account));
            let mut left = Vec::new();
            for thing in things(&stack, &listed) {
                if resources.is_there(thing.kind, &thing.name).await? {
                    left.push(thing);
                }
            }
            plan.parts.push(Part { stack, left });
        }
        Ok(plan)
    }

    /// Keeps the log groups.
    pub(super) fn keep_logs(&mut self) {
        for part in &mut self.parts {
            let logs = part.left.extract_if(.., |left| left.kind == Kind::LogGroup);
            self.stays.extend(logs.map(|left| format!("log group {}", left.name)));
        }
    }

    /// Whether there is nothing to delete.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| is_deleted(&part.stack) && part.left.is_empty())
    }
}

pub(super) fn is_deleted(stack: &Stack) -> bool {
    stack.stack_status() == Some(&StackStatus::DeleteComplete)
}

/// Whether the stack is an import that was never executed, or was rolled back. Such a stack doesn't own its
/// resources.
pub(super) fn is_mere_import(stack: &Stack) -> bool {
    let status = stack.stack_status();
    matches!(
        status,
        Some(
            StackStatus::ReviewInProgress
                | StackStatus::ImportRollbackComplete
                | StackStatus::ImportRollbackFailed
        )
    )
}

/// The stack's resources that outlive it, from CloudFormation's list. For a deleted stack, those that stayed.
pub(super) fn things(stack: &Stack, listed: &[StackResourceSummary]) -> Vec<Left> {
    if is_mere_import(stack) {
        return Vec::new();
    }
    let mut things: Vec<_> = listed.iter().filter_map(thing).collect();
    things.sort_by_key(|thing| thing.kind);
    things
}

fn thing(listed: &StackResourceSummary) -> Option<Left> {
    let (kind, id) = (Kind::find(listed.resource_type())?, listed.logical_resource_id()?);
    let name = listed.physical_resource_id().filter(|name| !name.is_empty())?;
    let is_known = match kind {
        Kind::Table => EXPECTED.iter().any(|expected| expected.id == id),
        Kind::Secret => [KEYSET, MAIL_KEY].contains(&id),
        Kind::LogGroup => true,
    };
    let status = listed.resource_status()?;
    let is_the_stacks = *status != ResourceStatus::DeleteComplete
        && (*status == ResourceStatus::ImportComplete || !status.as_str().starts_with("IMPORT_"));
    let is_stuck = *status == ResourceStatus::DeleteFailed;
    (is_known && is_the_stacks).then(|| Left { kind, id: id.to_owned(), name: name.to_owned(), is_stuck })
}

fn role_of_account(listed: &StackResourceSummary) -> Option<String> {
    let is_there = listed.resource_status() != Some(&ResourceStatus::DeleteComplete);
    let role = listed.physical_resource_id().filter(|_| listed.logical_resource_id() == Some(LOGS_ROLE))?;
    is_there.then(|| format!("role {role}, by which other APIs of the account and region may log"))
}

/// The stack, or the last deleted one with its name.
async fn find(cloudformation: &CloudFormation, stack: &str) -> Result<Stack, AdminError> {
    if let Some(found) = cloudformation.find(stack).await? {
        return Ok(found);
    }
    let latest = cloudformation.deleted(stack).await?.into_iter().next();
    let found = match latest.as_ref().and_then(|latest| latest.stack_id()) {
        Some(id) => cloudformation.find(id).await?,
        None => None,
    };
    let region = cloudformation.region.clone();
    found.ok_or_else(|| AdminError::NoStack { stack: stack.to_owned(), region })
}

/// The stack, and Latchgate's stacks that import from it. Each comes after the stacks that import from it.
async fn in_order(cloudformation: &CloudFormation, root: Stack) -> Result<Vec<Stack>, AdminError> {
    let mut order = vec![root];
    let mut at = 0;
    while let Some(stack) = order.get(at).cloned() {
        check(&stack)?;
        let importers = cloudformation.importers(&stack).await?;
        let names: BTreeSet<_> = order.iter().map(|stack| name(stack).to_owned()).collect();
        let mut foreign = Vec::new();
        for importer in importers {
            // It moves to the end, after every stack that it imports from, and is handled again there.
            if let Some(earlier) = order.iter().position(|stack| name(stack) == importer) {
                let stack = order.remove(earlier);
                at -= usize::from(earlier <= at);
                order.push(stack);
                continue;
            }
            match cloudformation.find(&importer).await? {
                Some(stack) if belongs_to(&stack, &names) => order.push(stack),
                _ => foreign.push(importer),
            }
        }
        if !foreign.is_empty() {
            return Err(StackError::Imported { stack: name(&stack).to_owned(), importers: foreign }.into());
        }
        at += 1;
    }
    order.reverse();
    Ok(order)
}

/// Latchgate's deleted stacks that belonged to these and left resources. A removal that stopped half-way may
/// have deleted some, and `in_order` finds only stacks that still import from these.
async fn gone(
    cloudformation: &CloudFormation,
    resources: &Resources,
    order: &[Stack],
) -> Result<Vec<Part>, AdminError> {
    let names: BTreeSet<_> = order.iter().map(|stack| name(stack).to_owned()).collect();
    let mut gone = Vec::new();
    for summary in cloudformation.all_deleted().await? {
        let is_ours = summary.template_description().is_some_and(|text| text.starts_with(DESCRIPTION));
        let Some(stack_id) = summary.stack_id().filter(|_| is_ours) else { continue };
        let Some(stack) = cloudformation.find(stack_id).await? else { continue };
        if !belongs_to(&stack, &names) {
            continue;
        }
        let mut left = Vec::new();
        for thing in things(&stack, &cloudformation.resources(stack_id).await?) {
            if has_still(cloudformation, resources, stack_id, &thing).await? {
                left.push(thing);
            }
        }
        if !left.is_empty() {
            gone.push(Part { stack, left });
        }
    }
    Ok(gone)
}

/// Whether a deleted stack's resource still exists and belongs to no other stack.
async fn has_still(
    cloudformation: &CloudFormation,
    resources: &Resources,
    stack_id: &str,
    thing: &Left,
) -> Result<bool, AdminError> {
    if !resources.is_there(thing.kind, &thing.name).await? {
        return Ok(false);
    }
    let owner = cloudformation.owner(thing.kind.resource_type(), &thing.name).await?;
    Ok(owner.is_none_or(|owner| owner.stack_id() == Some(stack_id)))
}

/// Checks that the stack can be deleted now.
fn check(stack: &Stack) -> Result<(), StackError> {
    let (stack_name, status) = (name(stack).to_owned(), status_of(stack));
    let is_to_go =
        matches!(stack.stack_status(), Some(StackStatus::DeleteInProgress | StackStatus::ReviewInProgress));
    if status.ends_with("_IN_PROGRESS") && !is_to_go {
        return Err(StackError::Busy { stack: stack_name, status });
    }
    if stack.enable_termination_protection() == Some(true) {
        return Err(StackError::Guarded(stack_name));
    }
    Ok(())
}

/// Whether the stack is Latchgate's: by its description, or, if that was changed, by its resources.
fn is_ours(stack: &Stack, listed: &[StackResourceSummary]) -> bool {
    let has = |kind: Kind, id: &str| {
        let is_it = |entry: &StackResourceSummary| {
            Kind::find(entry.resource_type()) == Some(kind) && entry.logical_resource_id() == Some(id)
        };
        listed.iter().any(is_it)
    };
    is_described(stack)
        || has(Kind::Secret, KEYSET)
            && EXPECTED.iter().all(|table| table.is_later || has(Kind::Table, table.id))
}

fn is_described(stack: &Stack) -> bool {
    stack.description().is_some_and(|description| description.starts_with(DESCRIPTION))
}

/// Whether the stack's domain leads to an HTTP API, by the API's identifier. API Gateway doesn't delete an
/// API that has a domain.
fn leads_elsewhere(stack: &Stack) -> bool {
    !is_deleted(stack) && domain_api(stack).is_some_and(|api| !["base-path", "rest", "none"].contains(&api))
}

/// The API behind the stack's domain.
pub(super) fn domain_api(stack: &Stack) -> Option<&str> {
    parameter(stack, DOMAIN_API)
}

pub(super) fn parameter<'a>(stack: &'a Stack, name: &str) -> Option<&'a str> {
    let mut parameters = stack.parameters().iter();
    parameters.find(|parameter| parameter.parameter_key() == Some(name))?.parameter_value()
}

/// Whether this is the HTTP API or the alarms of one of these stacks.
fn belongs_to(stack: &Stack, names: &BTreeSet<String>) -> bool {
    is_described(stack) && parameter(stack, BELONGS_TO).is_some_and(|name| names.contains(name))
}

/// The plan's line about a resource.
pub(super) async fn describe(resources: &Resources, left: &Left) -> Result<String, AdminError> {
    let name = &left.name;
    Ok(match left.kind {
        Kind::Table => {
            let table = resources.table(name).await?;
            let items = table.as_ref().and_then(TableDescription::item_count).unwrap_or_default();
            let bytes = table.as_ref().and_then(TableDescription::table_size_bytes).unwrap_or_default();
            format!("table {name}: about {items} items, {}", size(bytes))
        }
        Kind::Secret => format!("secret {name}: it can be restored for {RECOVERY_DAYS} days"),
        Kind::LogGroup => {
            let group = resources.log_group(name).await?;
            let bytes = group.and_then(|group| group.stored_bytes).unwrap_or_default();
            format!("log group {name}: {}, which can't be restored", size(bytes))
        }
    })
}

fn size(bytes: i64) -> String {
    match bytes {
        ..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} KB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// The ARNs of earlier stacks with this name that also left resources, the latest first.
pub(super) async fn earlier(
    cloudformation: &CloudFormation,
    resources: &Resources,
    plan: &Plan,
) -> Result<Vec<String>, AdminError> {
    let ours: BTreeSet<_> = plan.parts.iter().map(|part| id(&part.stack)).collect();
    let deleted = cloudformation.deleted(&plan.name).await?;
    let mut earlier = Vec::new();
    for summary in deleted {
        let Some(stack_id) = summary.stack_id().filter(|id| !ours.contains(id)) else { continue };
        let listed = cloudformation.resources(stack_id).await?;
        for thing in listed.iter().filter_map(thing) {
            if has_still(cloudformation, resources, stack_id, &thing).await? {
                earlier.push(stack_id.to_owned());
                break;
            }
        }
    }
    Ok(earlier)
}
