//! A client for CloudFormation.

use std::{cmp::Reverse, collections::BTreeSet, time::Duration};

use aws_sdk_cloudformation::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    primitives::DateTime,
    types::{
        Capability, ChangeSetStatus, ChangeSetType, Parameter, ResourceStatus, ResourceToImport, Stack,
        StackResource, StackResourceSummary, StackStatus, StackSummary,
    },
};
use shared::aws;
use tokio::time::sleep;

use super::error::StackError;
use crate::{
    deployment::{self, Deployment, find_stack},
    error::AdminError,
};

/// How long creating or deleting a stack may take. Domains take longest.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// CloudFormation, in the region of the deployment.
pub(super) struct CloudFormation {
    client: Client,
    pub(super) region: String,
}

impl CloudFormation {
    pub(super) fn new(deployment: &Deployment) -> Self {
        let config = &deployment.sdk_config;
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        Self { client: Client::new(config), region }
    }

    /// The stack with this name or identifier. A deleted stack is found only by its identifier.
    pub(super) async fn find(&self, name: &str) -> Result<Option<Stack>, AdminError> {
        find_stack(&self.client, name, &self.region).await
    }

    /// The stacks with this name that were deleted in the last 90 days, the latest first.
    pub(super) async fn deleted(&self, name: &str) -> Result<Vec<StackSummary>, AdminError> {
        let mut deleted = self.all_deleted().await?;
        deleted.retain(|stack| stack.stack_name() == Some(name));
        Ok(deleted)
    }

    /// All stacks that were deleted in the last 90 days, the latest first.
    pub(super) async fn all_deleted(&self) -> Result<Vec<StackSummary>, AdminError> {
        let list = self.client.list_stacks().stack_status_filter(StackStatus::DeleteComplete);
        let all = list.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let mut all = all.map_err(|e| failed("ListStacks", e))?;
        all.sort_by_key(|stack| Reverse(stack.deletion_time().map(DateTime::secs)));
        Ok(all)
    }

    /// The resources of a stack. For a deleted stack, these are all that it had, with their final states.
    pub(super) async fn resources(&self, stack: &str) -> Result<Vec<StackResourceSummary>, AdminError> {
        let list = self.client.list_stack_resources().stack_name(stack);
        let all = list.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        all.map_err(|e| failed("ListStackResources", e))
    }

    /// The stacks that import an output of this one.
    pub(super) async fn importers(&self, stack: &Stack) -> Result<BTreeSet<String>, AdminError> {
        let mut importers = BTreeSet::new();
        for export in stack.outputs().iter().filter_map(|output| output.export_name()) {
            importers.extend(deployment::importers(&self.client, export.to_owned()).await?);
        }
        Ok(importers)
    }

    /// The entry of the stack that has this resource, or had it last.
    pub(super) async fn owner(&self, kind: &str, name: &str) -> Result<Option<StackResource>, AdminError> {
        match self.client.describe_stack_resources().physical_resource_id(name).send().await {
            Ok(described) => {
                let all = described.stack_resources.unwrap_or_default();
                let is_it = |entry: &&StackResource| {
                    entry.physical_resource_id() == Some(name) && entry.resource_type() == Some(kind)
                };
                // CloudFormation returns up to a hundred resources of that stack, which may not include this
                // one.
                Ok(all.iter().rfind(is_it).or(all.first()).cloned())
            }
            Err(error) if error.message().is_some_and(|message| message.ends_with("does not exist")) => {
                Ok(None)
            }
            Err(error) => Err(failed("DescribeStackResources", error)),
        }
    }

    /// Changes one parameter of the stack, and waits. The template and the other parameters stay unchanged.
    pub(super) async fn set(&self, stack: &Stack, parameter: &str, value: &str) -> Result<(), AdminError> {
        let id = id(stack);
        let parameters = stack.parameters().iter().filter_map(|known| {
            let key = known.parameter_key()?;
            let changed = Parameter::builder().parameter_key(key);
            Some(if key == parameter {
                changed.parameter_value(value).build()
            } else {
                changed.use_previous_value(true).build()
            })
        });
        let update = self.client.update_stack().stack_name(id).use_previous_template(true);
        // SAM's transform requires the capability for template expansion.
        let update = update
            .capabilities(Capability::CapabilityIam)
            .capabilities(Capability::CapabilityAutoExpand)
            .set_parameters(Some(parameters.collect()));
        update.send().await.map_err(|e| failed("UpdateStack", e))?;
        let mut status = String::new();
        let done = until(PATIENCE, async || {
            let Some(found) = self.find(id).await? else { return Ok(None) };
            status = status_of(&found);
            match found.stack_status() {
                Some(StackStatus::UpdateComplete) => Ok(Some(())),
                Some(
                    StackStatus::UpdateFailed
                    | StackStatus::UpdateRollbackComplete
                    | StackStatus::UpdateRollbackFailed,
                ) => {
                    let stack = name(stack).to_owned();
                    let (setting, status) = (format!("{parameter}={value}"), status.clone());
                    Err(StackError::NotUpdated { stack, setting, status }.into())
                }
                _ => Ok(None),
            }
        });
        done.await?.ok_or_else(|| slow(format!("the stack {}", name(stack)), status))
    }

    /// Deletes the stack, and waits until it is gone. The resources that it retains stay.
    pub(super) async fn delete(&self, stack: &Stack) -> Result<(), AdminError> {
        let (id, name) = (id(stack), name(stack));
        if stack.stack_status() != Some(&StackStatus::DeleteInProgress) {
            let delete = self.client.delete_stack().stack_name(id).send().await;
            delete.map_err(|e| failed("DeleteStack", e))?;
        }
        let mut status = String::new();
        let gone = until(PATIENCE, async || {
            let Some(stack) = self.find(id).await? else { return Ok(Some(())) };
            status = status_of(&stack);
            match stack.stack_status() {
                Some(StackStatus::DeleteComplete) => Ok(Some(())),
                Some(StackStatus::DeleteFailed) => {
                    let (stack, status) = (name.to_owned(), status.clone());
                    let reasons = self.reasons(id, &ResourceStatus::DeleteFailed).await?;
                    Err(StackError::NotDeleted { stack, status, reasons }.into())
                }
                _ => Ok(None),
            }
        });
        let gone = gone.await?;
        gone.ok_or_else(|| slow(format!("the stack {name}"), status))
    }

    /// Makes CloudFormation import these existing resources into a stack, and waits. If it refuses, no stack
    /// is left.
    pub(super) async fn import(
        &self,
        name: &str,
        template: &str,
        resources: Vec<ResourceToImport>,
        change_set: &str,
    ) -> Result<(), AdminError> {
        let is_new = self.find(name).await?.is_none();
        let create = self.client.create_change_set().stack_name(name).change_set_name(change_set);
        let create = create.change_set_type(ChangeSetType::Import).template_body(template);
        let create = create.set_resources_to_import(Some(resources)).send().await;
        let created = create.map_err(|e| failed("CreateChangeSet", e))?;
        let change_set = created.id().unwrap_or(change_set);
        if let Err(error) = self.until_examined(name, change_set).await {
            // The remains do no harm, and the error of the attempt matters more than one here.
            let _ = self.client.delete_change_set().change_set_name(change_set).stack_name(name).send().await;
            if let Some(stack) = created.stack_id().filter(|_| is_new) {
                let _ = self.client.delete_stack().stack_name(stack).send().await;
            }
            return Err(error);
        }
        let execute = self.client.execute_change_set().change_set_name(change_set).stack_name(name);
        execute.send().await.map_err(|e| failed("ExecuteChangeSet", e))?;
        self.until_imported(created.stack_id().unwrap_or(name)).await
    }

    /// Waits until CloudFormation has examined the change set, which can't be executed before.
    async fn until_examined(&self, name: &str, change_set: &str) -> Result<(), AdminError> {
        let mut status = String::new();
        let examined = until(PATIENCE, async || {
            let describe = self.client.describe_change_set().change_set_name(change_set).stack_name(name);
            let described = describe.send().await.map_err(|e| failed("DescribeChangeSet", e))?;
            status = described.status().map(ToString::to_string).unwrap_or_default();
            match described.status() {
                Some(ChangeSetStatus::CreateComplete) => Ok(Some(())),
                Some(ChangeSetStatus::Failed) => {
                    let reason = described.status_reason().unwrap_or("it doesn't say why").to_owned();
                    Err(StackError::NotImported(reason).into())
                }
                _ => Ok(None),
            }
        });
        let examined = examined.await?;
        examined.ok_or_else(|| slow("the change set".to_owned(), status))
    }

    /// Waits until a stack has its resources.
    pub(super) async fn until_imported(&self, stack: &str) -> Result<(), AdminError> {
        let mut status = String::new();
        let imported = until(PATIENCE, async || {
            let Some(found) = self.find(stack).await? else { return Ok(None) };
            status = status_of(&found);
            match found.stack_status() {
                Some(StackStatus::ImportComplete) => Ok(Some(())),
                Some(StackStatus::ImportRollbackComplete | StackStatus::ImportRollbackFailed) => {
                    let reasons = self.import_failures(stack).await?;
                    let of_stack = found.stack_status_reason().unwrap_or("it doesn't say why").to_owned();
                    let reason = if reasons.is_empty() { of_stack } else { reasons };
                    Err(StackError::NotImported(reason).into())
                }
                _ => Ok(None),
            }
        });
        let imported = imported.await?;
        imported.ok_or_else(|| slow("the new stack".to_owned(), status))
    }

    /// CloudFormation's reasons for the resources in this state.
    async fn reasons(&self, stack: &str, status: &ResourceStatus) -> Result<String, AdminError> {
        let resources = self.resources(stack).await?;
        let failed = resources.iter().filter(|resource| resource.resource_status() == Some(status));
        let reason = |resource: &StackResourceSummary| {
            let id = resource.logical_resource_id().unwrap_or_default();
            format!("{id}: {}", resource.resource_status_reason().unwrap_or("no reason is given").trim())
        };
        Ok(failed.map(reason).collect::<Vec<_>>().join("; "))
    }

    async fn import_failures(&self, stack: &str) -> Result<String, AdminError> {
        let events = self.client.describe_stack_events().stack_name(stack).send().await;
        let events = events.map_err(|e| failed("DescribeStackEvents", e))?.stack_events.unwrap_or_default();
        let failed =
            events.iter().filter(|event| event.resource_status() == Some(&ResourceStatus::ImportFailed));
        let reason = |event: &aws_sdk_cloudformation::types::StackEvent| {
            let id = event.logical_resource_id().unwrap_or_default();
            format!("{id}: {}", event.resource_status_reason().unwrap_or("no reason is given").trim())
        };
        Ok(failed.map(reason).collect::<Vec<_>>().join("; "))
    }
}

/// Checks repeatedly, with growing pauses, until there is a result; `None` after this time.
pub(super) async fn until<T>(
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>, AdminError>,
) -> Result<Option<T>, AdminError> {
    let (mut waited, mut next) = (Duration::ZERO, Duration::from_millis(100));
    loop {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        if waited >= limit {
            return Ok(None);
        }
        sleep(next).await;
        waited += next;
        next = (next * 2).min(Duration::from_secs(5));
    }
}

/// The region and account in this ARN. Several regions and accounts may have stacks with the same name.
pub(super) fn place(arn: &str) -> String {
    let mut parts = arn.split(':').skip(3);
    let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("account {account}, region {region}")
}

/// The identifier of a stack, which no other stack with its name ever has.
pub(super) fn id(stack: &Stack) -> &str {
    stack.stack_id().unwrap_or_else(|| name(stack))
}

pub(super) fn name(stack: &Stack) -> &str {
    stack.stack_name().unwrap_or_default()
}

pub(super) fn status_of(stack: &Stack) -> String {
    stack.stack_status().map(ToString::to_string).unwrap_or_default()
}

pub(super) fn failed<E: ProvideErrorMetadata>(
    operation: &'static str,
    error: SdkError<E, HttpResponse>,
) -> AdminError {
    AdminError::Service { service: "CloudFormation", operation, reason: aws::reason(error) }
}

fn slow(what: String, status: String) -> AdminError {
    StackError::Slow { what, status, minutes: PATIENCE.as_secs() / 60 }.into()
}
