//! `latchgate adopt`: makes a new stack out of what a deleted one left.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{ResourceToImport, Stack, StackStatus};
use aws_sdk_dynamodb::types::{BillingMode, SseStatus, TableStatus};
use clap::Args;
use serde::Serialize;

use super::{
    cloudformation::{CloudFormation, id, name, place, status_of},
    error::StackError,
    next::{Tables, next, own_key},
    plan::{self, KEYSET, Left, MAIL_KEY},
    record::{Record, named, when},
    resources::{Kind, Resources},
    template::{
        DESCRIPTION, Encryption, ImportedResource, TableState, import_template, log_group_properties,
        mail_key_properties, secret_properties, table_properties,
    },
};
use crate::{
    audit::OperatorEvent,
    context::Context,
    doctor::{EXPECTED, ExpectedTable, stream_of},
    error::AdminError,
};

/// The options of `adopt`.
#[derive(Debug, Args)]
pub(crate) struct AdoptOptions {
    /// The name or ARN of the deleted stack, if its name differs from the new one's
    #[arg(long, value_name = "STACK")]
    from: Option<String>,
    /// A resource by name, in place of the one that the deleted stack left, as in UsersTable=users-restored
    #[arg(long, value_name = "ID=NAME", value_parser = pair)]
    resource: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').filter(|(id, name)| !id.is_empty() && !name.is_empty());
    pair.map(|(id, name)| (id.to_owned(), name.to_owned()))
        .ok_or("a resource is its logical id and its name, like UsersTable=users-restored")
}

/// A resource that CloudFormation imported.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    resource: &'static str,
    name: String,
}

/// Finds the resources that a deleted stack left, checks them, asks, and has CloudFormation import them into
/// a new stack.
pub(crate) async fn adopt(context: &Context, options: &AdoptOptions) -> Result<(), AdminError> {
    let deployment = &context.deployment;
    let (cloudformation, resources) = (CloudFormation::new(deployment), Resources::new(deployment));
    let stack = &deployment.target;
    let given = options.resource.iter().map(named).collect::<Result<Vec<_>, _>>()?;
    let given: BTreeMap<_, _> = given.into_iter().map(|left| (left.id.clone(), left)).collect();

    let mut present = cloudformation.find(stack).await?;
    // CloudFormation lists a stack's remaining resources only after deleting it.
    if let Some(going) = present.take_if(|p| p.stack_status() == Some(&StackStatus::DeleteInProgress)) {
        let place = place(id(&going));
        context.console.note(&format!("Waiting until the stack {stack} in {place} is deleted."));
        cloudformation.delete(&going).await?;
    }
    if let Some(present) = &present {
        match present.stack_status() {
            Some(StackStatus::ImportInProgress | StackStatus::ImportComplete) if is_adopted(present) => {
                context.console.note(&format!("The stack {stack} is in {}.", place(id(present))));
                context.audit_log().await?.announce(OperatorEvent::StackAdopted)?;
                cloudformation.until_imported(stack).await?;
                context.console.note(&format!("The stack {stack} has the resources already."));
                let from = options.from.as_deref().unwrap_or(stack);
                let record = Record::find(&cloudformation, &resources, from, &given).await.ok();
                let before = record.and_then(|record| record.stack);
                let rows = in_stack(&cloudformation, present).await?;
                print(context, &rows)?;
                let mut tables = Tables::default();
                for row in rows.iter().filter(|row| row.resource == Kind::Table.name()) {
                    if let Some(table) = resources.table(&row.name).await? {
                        tables.add(&row.id, &table);
                    }
                }
                say_next(context, before.as_ref(), &tables);
                return Ok(());
            }
            status => check_present(present, status)?,
        }
    }

    let from = options.from.as_deref().unwrap_or(stack);
    let record = Record::find(&cloudformation, &resources, from, &given).await?;
    let before = record.stack.as_ref();
    let mut examiner = Examiner {
        cloudformation: &cloudformation,
        resources: &resources,
        before,
        tables: Tables::default(),
    };
    let mut imported = Vec::new();
    for left in record.left.values() {
        imported.push(examiner.examine(left).await?);
    }
    let place = examiner.place(&record).await?;
    let tables = examiner.tables;
    context.console.note(&format!("The new stack {stack} will be in {place}."));
    say_what_is_taken(context, &record, present.as_ref());
    context.console.confirm(&format!("This creates the stack {stack} from these."))?;

    context.audit_log().await?.announce(OperatorEvent::StackAdopted)?;
    for (id, keys) in [(KEYSET, "The keys were"), (MAIL_KEY, "The key of mails was")] {
        let Some(secret) = record.left.get(id) else { continue };
        let is_to_go = resources.secret(&secret.name).await?.is_some_and(|s| s.deleted_date.is_some());
        if is_to_go {
            resources.restore_secret(&secret.name).await?;
            context.console.note(&format!("{keys} scheduled for deletion: this has been cancelled."));
        }
    }
    // A stack of a failed deployment has no resources, so it can be deleted.
    if let Some(present) = present.filter(|p| p.stack_status() != Some(&StackStatus::ReviewInProgress)) {
        cloudformation.delete(&present).await?;
    }
    let template = import_template(&imported);
    let change_set = format!("latchgate-adopt-{}", deployment.now().as_unix());
    let to_import = record.left.values().map(to_import).collect();
    cloudformation.import(stack, &template, to_import, &change_set).await?;
    let rows: Vec<_> = record.left.values().map(row).collect();
    print(context, &rows)?;
    say_next(context, before, &tables);
    Ok(())
}

/// Whether the stack was adopted, and not deployed since.
fn is_adopted(stack: &Stack) -> bool {
    stack.description() == Some(DESCRIPTION)
}

/// Whether a new stack can have the name.
fn check_present(present: &Stack, status: Option<&StackStatus>) -> Result<(), StackError> {
    let (stack, state) = (name(present).to_owned(), status_of(present));
    match status {
        // Such a stack has no resources: its change set was never executed, or its deployment was rolled
        // back.
        Some(
            StackStatus::ReviewInProgress
            | StackStatus::RollbackComplete
            | StackStatus::ImportRollbackComplete,
        ) => Ok(()),
        _ if state.ends_with("_IN_PROGRESS") => Err(StackError::Busy { stack, status: state }),
        _ => Err(StackError::Standing { stack, status: state }),
    }
}

fn say_what_is_taken(context: &Context, record: &Record, present: Option<&Stack>) {
    let console = &context.console;
    if let Some(before) = &record.stack {
        console.note(&format!("The stack {} left ({}):", name(before), when(before)));
    }
    for left in record.left.values() {
        console.note(&format!("  {}: {} {}", left.id, left.kind.name(), left.name));
    }
    if !record.left.contains_key(KEYSET) {
        console.note(
            "The keys are not among them: the deployment makes new ones, and all users have to log in again.",
        );
    }
    if let Some(present) = present {
        let status = status_of(present);
        console.note(&format!(
            "The stack {} ({status}) has no resources, so it will be deleted first.",
            name(present)
        ));
    }
}

/// Checks the resources, and describes them as CloudFormation has to import them.
struct Examiner<'a> {
    cloudformation: &'a CloudFormation,
    resources: &'a Resources,
    /// The deleted stack that left them.
    before: Option<&'a Stack>,
    /// The tables' settings, which the next deployment must keep.
    tables: Tables,
}

impl Examiner<'_> {
    /// The account and region, from the deleted stack or a table.
    async fn place(&self, record: &Record) -> Result<String, AdminError> {
        if let Some(before) = self.before {
            return Ok(place(id(before)));
        }
        let Some(left) = record.left.values().find(|left| left.kind == Kind::Table) else {
            return Ok(format!("region {}", self.cloudformation.region));
        };
        let table = self.resources.table(&left.name).await?;
        Ok(place(table.as_ref().and_then(|table| table.table_arn()).unwrap_or_default()))
    }

    async fn examine(&mut self, left: &Left) -> Result<ImportedResource, AdminError> {
        let owner = self.cloudformation.owner(left.kind.resource_type(), &left.name).await?;
        let before = self.before.and_then(|stack| stack.stack_id());
        if let Some(owner) = owner.filter(|owner| owner.stack_id() != before) {
            // A deleted stack owns no resources, and a stack whose import was rolled back never did.
            let stack = self.cloudformation.find(owner.stack_id().unwrap_or_default()).await?;
            if stack.is_some_and(|stack| !plan::is_deleted(&stack) && !plan::is_mere_import(&stack)) {
                let (name, owner) = (left.name.clone(), owner.stack_name().unwrap_or_default().to_owned());
                return Err(StackError::Owned { name, owner }.into());
            }
        }
        let properties = match left.kind {
            Kind::Table => {
                let expected = EXPECTED.iter().find(|table| table.id == left.id);
                let expected = expected.ok_or_else(|| wrong(left, "a stack has no such table".to_owned()))?;
                table_properties(expected, &self.table(expected, left).await?)
            }
            Kind::Secret => {
                let secret = self.resources.secret(&left.name).await?;
                let secret = secret.ok_or_else(|| wrong(left, "it isn't there".to_owned()))?;
                let kms_key = secret.kms_key_id();
                if left.id == MAIL_KEY { mail_key_properties(kms_key) } else { secret_properties(kms_key) }
            }
            Kind::LogGroup => {
                let group = self.resources.log_group(&left.name).await?;
                let group = group.ok_or_else(|| wrong(left, "it isn't there".to_owned()))?;
                log_group_properties(group.retention_in_days(), group.kms_key_id())
            }
        };
        Ok(ImportedResource { id: left.id.clone(), resource_type: left.kind.resource_type(), properties })
    }

    async fn table(&mut self, expected: &ExpectedTable, left: &Left) -> Result<TableState, AdminError> {
        let name = &left.name;
        let table = self.resources.table(name).await?;
        let table = table.ok_or_else(|| wrong(left, "it isn't there".to_owned()))?;
        if table.table_status() != Some(&TableStatus::Active) {
            return Err(wrong(left, "it isn't active: wait until it is".to_owned()));
        }
        if !expected.has_keys_of(&table) {
            let sort_key = expected.sort_key.map(|(key, _)| format!(" and {key}")).unwrap_or_default();
            let reason = format!("its key isn't {}{sort_key}", expected.partition_key.0);
            return Err(wrong(left, reason));
        }
        let billing = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
        if billing != Some(&BillingMode::PayPerRequest) {
            let reason = format!(
                "it isn't on demand: `aws dynamodb update-table --billing-mode PAY_PER_REQUEST --table-name {name}`"
            );
            return Err(wrong(left, reason));
        }
        let ttl_attribute = self.resources.ttl_attribute(name).await?;
        if let Some(attribute) = &ttl_attribute
            && Some(attribute.as_str()) != expected.ttl_attribute
        {
            let reason =
                format!("its items expire by {attribute}, so DynamoDB deletes items that are still needed");
            return Err(wrong(left, reason));
        }
        let streams = match (expected.stream, stream_of(&table)) {
            (Some(expected), Some(view)) if *view != expected.view() => {
                let (found, expected) = (view.as_str(), expected.view());
                let reason =
                    format!("its stream has {found} in the place of {}: turn it off", expected.as_str());
                return Err(wrong(left, reason));
            }
            (expected, view) => expected.is_some() && view.is_some(),
        };
        let is_by_kms = table.sse_description().and_then(|sse| sse.status()) == Some(&SseStatus::Enabled);
        // The table itself decides: the stack's parameter may have changed after the table was encrypted.
        let encryption = match own_key(&table) {
            _ if !is_by_kms => Encryption::DynamoDb,
            None => Encryption::Managed,
            Some(key) => Encryption::Own(key.to_owned()),
        };
        self.tables.add(&left.id, &table);
        Ok(TableState {
            expires: ttl_attribute.is_some(),
            is_recoverable: self.resources.is_recoverable(name).await?,
            is_protected: table.deletion_protection_enabled() == Some(true),
            streams,
            encryption,
        })
    }
}

fn wrong(left: &Left, reason: String) -> AdminError {
    StackError::Wrong { id: left.id.clone(), name: left.name.clone(), reason }.into()
}

fn to_import(left: &Left) -> ResourceToImport {
    ResourceToImport::builder()
        .resource_type(left.kind.resource_type())
        .logical_resource_id(&left.id)
        .set_resource_identifier(Some([(left.kind.identifier().to_owned(), left.name.clone())].into()))
        .build()
}

fn row(left: &Left) -> Row {
    Row { id: left.id.clone(), resource: left.kind.name(), name: left.name.clone() }
}

fn print(context: &Context, rows: &[Row]) -> Result<(), AdminError> {
    context.console.print_list(&["id", "resource", "name"], rows)
}

fn say_next(context: &Context, before: Option<&Stack>, tables: &Tables) {
    if let Some(warning) = tables.warning(before) {
        context.console.note(&warning);
    }
    context.console.note(&next(&context.deployment.target, before, tables));
}

/// The resources of a stack that outlive it.
async fn in_stack(cloudformation: &CloudFormation, stack: &Stack) -> Result<Vec<Row>, AdminError> {
    let listed = cloudformation.resources(name(stack)).await?;
    let mut rows: Vec<_> = plan::things(stack, &listed).iter().map(row).collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rows)
}
