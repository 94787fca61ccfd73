//! `latchgate destroy`: deletes a stack and what it would leave.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{ResourceStatus, Stack, StackResourceSummary};
use clap::Args;
use serde::Serialize;
use shared::error::chain;

use super::{
    cloudformation::{CloudFormation, id, name, status_of},
    error::StackError,
    plan::{self, DOMAIN_API, Left, Part, Plan},
    resources::{Kind, Resources},
};
use crate::{audit::OperatorEvent, context::Context, error::AdminError};

/// The options of `destroy`.
#[derive(Debug, Args)]
pub(crate) struct DestroyOptions {
    /// First make a backup of each table, which stays until you delete it
    #[arg(long)]
    backup: bool,
    /// Keep the log groups, which contain audit events. They expire after LogRetentionDays
    #[arg(long)]
    keep_logs: bool,
    /// The name of the stack, for scripts that can't type it
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
}

/// The result for a resource.
#[derive(Debug, Serialize)]
struct Row {
    resource: &'static str,
    name: String,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Shows what goes, asks, and deletes it.
pub(crate) async fn destroy(context: &Context, options: &DestroyOptions) -> Result<(), AdminError> {
    let (cloudformation, resources) =
        (CloudFormation::new(&context.deployment), Resources::new(&context.deployment));
    let mut plan = Plan::make(&cloudformation, &resources, &context.deployment.target).await?;
    if options.keep_logs {
        plan.keep_logs();
    }
    let mut removal = Removal {
        context,
        options,
        cloudformation,
        resources,
        rows: Vec::new(),
        backups: BTreeMap::new(),
        without_api: None,
    };
    context.console.note(&format!("The stack {} is in {}.", plan.name, plan.place));
    if plan.is_empty() {
        context.console.note(&format!("Nothing is left of the stack {}.", plan.name));
        return removal.finish(&plan).await;
    }
    removal.show(&plan).await?;
    context.console.confirm_name(&plan.name, options.confirm.as_deref())?;
    context.audit_log().await?.announce(OperatorEvent::StackDestroyed)?;
    let carried_out = removal.carry_out(&plan).await;
    if let Err(error) = carried_out {
        removal.say_what_is_offline();
        removal.print()?;
        return Err(error);
    }
    removal.finish(&plan).await
}

/// A removal under way.
struct Removal<'a> {
    context: &'a Context,
    options: &'a DestroyOptions,
    cloudformation: CloudFormation,
    resources: Resources,
    rows: Vec<Row>,
    /// The ARNs of the backups, by table.
    backups: BTreeMap<String, String>,
    /// A stack that lost the API behind its domain, as it was before, while it exists.
    without_api: Option<Stack>,
}

impl Removal<'_> {
    /// Shows what will be deleted and what stays.
    async fn show(&self, plan: &Plan) -> Result<(), AdminError> {
        let console = &self.context.console;
        console.note("This is deleted, in this order:");
        if let Some(stack) = &plan.leads_elsewhere {
            let (stack, api) = (name(stack), plan::domain_api(stack).unwrap_or_default());
            console.note(&format!(
                "  domain of the stack {stack}: taken off its HTTP API (DomainApi=none instead of {api}). \
                 From then on it doesn't answer"
            ));
        }
        let mut tables = 0;
        for part in &plan.parts {
            let gone = if plan::is_deleted(&part.stack) { ", which is gone already" } else { "" };
            console.note(&format!("  stack {} ({}){gone}", name(&part.stack), status_of(&part.stack)));
            for left in &part.left {
                tables += usize::from(left.kind == Kind::Table);
                console.note(&format!("  {}", plan::describe(&self.resources, left).await?));
            }
        }
        let mut stays = plan.stays.clone();
        if tables > 0 && self.options.backup {
            stays.push("a backup of each table, until you delete it".to_owned());
        }
        if tables > 0 {
            stays.push(
                "DynamoDB's own backup of each table that has point-in-time recovery, for 35 days".to_owned(),
            );
        }
        if !stays.is_empty() {
            console.note("What stays:");
        }
        for stays in stays {
            console.note(&format!("  {stays}"));
        }
        Ok(())
    }

    async fn carry_out(&mut self, plan: &Plan) -> Result<(), AdminError> {
        if let Some(stack) = &plan.leads_elsewhere {
            let note = format!("Taking the domain of the stack {} off its HTTP API.", name(stack));
            self.context.console.note(&note);
            self.cloudformation.set(stack, DOMAIN_API, "none").await?;
            self.without_api = Some(stack.clone());
        }
        for part in &plan.parts {
            if !plan::is_deleted(&part.stack) {
                let stack = name(&part.stack).to_owned();
                // Protection stays on while the table can be deleted with its stack.
                for table in part.left.iter().filter(|left| left.kind == Kind::Table && left.is_stuck) {
                    // After this, the table can be deleted with its stack.
                    self.back_up(table).await?;
                    self.resources.unprotect(&table.name).await?;
                }
                self.context.console.note(&format!("Deleting the stack {stack}, which takes minutes."));
                self.cloudformation.delete(&part.stack).await?;
                self.without_api.take_if(|without| id(without) == id(&part.stack));
                self.add("stack", stack, "deleted", None);
            }
            self.delete_left(part).await?;
        }
        Ok(())
    }

    /// Deletes what CloudFormation retained of the deleted stack.
    async fn delete_left(&mut self, part: &Part) -> Result<(), AdminError> {
        if part.left.is_empty() {
            return Ok(());
        }
        let listed = self.cloudformation.resources(id(&part.stack)).await?;
        for left in &part.left {
            let (kind, name) = (left.kind.name(), left.name.clone());
            let is_it =
                |entry: &&StackResourceSummary| entry.physical_resource_id() == Some(left.name.as_str());
            let status = listed.iter().find(is_it).and_then(|entry| entry.resource_status());
            if status == Some(&ResourceStatus::DeleteComplete) {
                self.add(kind, name, "deleted", self.detail(left, Some("with its stack".to_owned())));
                continue;
            }
            let deleted = self.delete(part, left).await;
            let (result, detail) = match deleted {
                Ok(Deleted::Gone) => ("deleted", None),
                Ok(Deleted::OfAnotherStack(owner)) => ("kept", Some(format!("it is in the stack {owner}"))),
                // The following resources may still be deleted.
                Err(error) => ("failed", Some(chain(&error))),
            };
            self.add(kind, name, result, self.detail(left, detail));
        }
        Ok(())
    }

    async fn delete(&mut self, part: &Part, left: &Left) -> Result<Deleted, AdminError> {
        // Meanwhile another stack may have imported it.
        let owner = self.cloudformation.owner(left.kind.resource_type(), &left.name).await?;
        if let Some(owner) = owner.filter(|owner| owner.stack_id() != Some(id(&part.stack))) {
            return Ok(Deleted::OfAnotherStack(owner.stack_name().unwrap_or_default().to_owned()));
        }
        self.back_up(left).await?;
        self.resources.delete(left.kind, &left.name).await?;
        Ok(Deleted::Gone)
    }

    /// Backs up a table once, if requested.
    async fn back_up(&mut self, left: &Left) -> Result<(), AdminError> {
        let is_made = self.backups.contains_key(&left.name);
        if is_made || !self.options.backup || left.kind != Kind::Table {
            return Ok(());
        }
        let name = format!("destroy-{}", self.context.deployment.now().as_unix());
        let arn = self.resources.back_up(&left.name, &name).await?;
        self.context.console.note(&format!("table {}: backup {arn}", left.name));
        self.backups.insert(left.name.clone(), arn);
        Ok(())
    }

    /// The detail of a resource's result, with the ARN of its backup, which exists whatever happened to the
    /// table.
    fn detail(&self, left: &Left, detail: Option<String>) -> Option<String> {
        let backup = self.backups.get(&left.name).map(|arn| format!("backup {arn}"));
        let both: Vec<_> = detail.into_iter().chain(backup).collect();
        (!both.is_empty()).then(|| both.join("; "))
    }

    /// Notes that a remaining stack lost its domain's API.
    fn say_what_is_offline(&self) {
        let Some(stack) = &self.without_api else { return };
        let (stack, api) = (name(stack), plan::domain_api(stack).unwrap_or_default());
        self.context.console.note(&format!(
            "The domain of the stack {stack} doesn't answer now: its DomainApi is none, and was {api}."
        ));
    }

    fn add(&mut self, resource: &'static str, name: String, result: &'static str, detail: Option<String>) {
        self.context.console.note(&format!("{resource} {name}: {result}"));
        self.rows.push(Row { resource, name, result, detail });
    }

    fn print(&self) -> Result<(), AdminError> {
        self.context.console.print_list(&["resource", "name", "result", "detail"], &self.rows)
    }

    async fn finish(self, plan: &Plan) -> Result<(), AdminError> {
        self.print()?;
        let failed = self.rows.iter().filter(|row| row.result == "failed").count();
        if failed > 0 {
            return Err(StackError::Left(failed).into());
        }
        for stack in plan::earlier(&self.cloudformation, &self.resources, plan).await? {
            self.context.console.note(&format!(
                "An earlier stack of this name left resources too, which this command didn't touch. To list \
                 and delete them: latchgate --stack {stack} destroy"
            ));
        }
        Ok(())
    }
}

/// The outcome of a deletion that didn't fail.
enum Deleted {
    Gone,
    OfAnotherStack(String),
}
