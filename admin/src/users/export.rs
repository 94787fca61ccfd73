//! Exports all users with a credential, in the format of the import.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use clap::Args;
use passwords::Credential;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    clock::Timestamp,
    ids::UserId,
    store::{Item, Row, StoreError, User, attribute},
};

use crate::{
    audit::{OperatorEvent, Subject},
    console::Console,
    context::Context,
    deployment::Deployment,
    doctor::is_throwaway,
    error::AdminError,
    import::output::ExportOptions,
    tables::users::UserTables,
};

/// The most keys of a BatchGetItem.
const BATCH: usize = 100;

pub(super) const HELP: &str = "\
Examples:
  latchgate users export --with-hashes --file users.jsonl
  latchgate users export --with-hashes | gpg --encrypt --recipient ops > users.jsonl.gpg

--file creates a new file that only you can read. The command writes no hashes to standard output if that is
a file that others can read.";

/// `users export`
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Include the password hashes. Without them, users can't sign in after an import
    #[arg(long)]
    with_hashes: bool,
    #[command(flatten)]
    output: ExportOptions,
}

/// A line. It has every field of a user, since `import --update` leaves the fields that a line lacks
/// unchanged.
#[derive(Serialize)]
struct Line<'a> {
    username: &'a str,
    user_id: &'a UserId,
    claims: Map<String, Value>,
    disabled: bool,
    not_before: Timestamp,
    new_device_mails: bool,
    must_change: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    password: Option<PasswordFields<'a>>,
}

/// The fields of the password.
#[derive(Serialize)]
struct PasswordFields<'a> {
    password_hash: &'a str,
    valid_from: Timestamp,
}

/// Exports all users. A malformed one is left out, and is an error after the others are written. The export
/// is recorded before anything is read, since it can't be undone.
pub(super) async fn export(context: &Context, command: &Export) -> Result<(), AdminError> {
    let Export { with_hashes, output } = command;
    let mut output = output.open(*with_hashes)?;
    let changed = Some(if *with_hashes { vec!["with_hashes"] } else { vec![] });
    let audit = context.audit_log().await?;
    audit.record(OperatorEvent::UsersExported, &Subject { changed, ..Subject::default() })?;
    let take = async |username: &str, credential: &Credential, user: User| {
        output.line(&line_of(username, credential, user, *with_hashes))
    };
    let left_out = each_user(&context.deployment, &context.console, take).await?;
    output.finish()?;
    left_out.map_or(Ok(()), |error| Err(error.into()))
}

/// Passes on each user with a credential, except a doctor's. Returns the error of a malformed one that was
/// left out.
pub(crate) async fn each_user(
    deployment: &Deployment,
    console: &Console,
    mut take: impl AsyncFnMut(&str, &Credential, User) -> Result<(), AdminError>,
) -> Result<Option<StoreError>, AdminError> {
    let tables = UserTables::of(deployment)?;
    let table = &tables.credentials.table;
    let scan = table.client.scan().table_name(&table.name).consistent_read(true);
    let mut pages = scan.into_paginator().send();
    let mut left_out = None;
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| StoreError::unavailable("Scan on Credentials", e))?;
        for items in page.items().chunks(BATCH) {
            let (credentials, errors) = read(items);
            let mut users = users_of(&tables, &credentials).await?;
            for (username, credential) in credentials.iter().filter(|(name, _)| !is_throwaway(name)) {
                match users.remove(&credential.user_id).map(|item| User::from_item(&item)) {
                    Some(Ok(user)) => take(username, credential, user).await?,
                    Some(Err(error)) => left_out = Some(error),
                    None => console.note(&format!("Left out {username}: the user is gone.")),
                }
            }
            left_out = errors.or(left_out);
        }
    }
    Ok(left_out)
}

fn line_of<'a>(username: &'a str, credential: &'a Credential, user: User, with_hashes: bool) -> Line<'a> {
    // Destructured completely, so that a new attribute can't be forgotten here.
    //
    // An export doesn't say that a deletion has begun: elsewhere, the user is only disabled.
    let User { username: _, claims, disabled, not_before, deleting: _, signed_up_at: _, new_device_mails } =
        user;
    // Another deployment's session means nothing in this one.
    let Credential { user_id, password_hash, valid_from, changed_in: _, must_change } = credential;
    let password = PasswordFields { password_hash, valid_from: *valid_from };
    let password = with_hashes.then_some(password);
    let must_change = *must_change;
    Line { username, user_id, claims, disabled, not_before, new_device_mails, must_change, password }
}

/// The credentials among these rows, and the error of a malformed one. Other rows only count attempts.
fn read(items: &[Item]) -> (Vec<(&str, Credential)>, Option<StoreError>) {
    let (mut credentials, mut wrong) = (Vec::new(), None);
    for item in items {
        let row = Row::new("Credentials", item);
        let read = Credential::from_item(item).and_then(|c| Ok((row.text(attribute::USERNAME)?, c)));
        match read {
            Ok((username, Some(credential))) => credentials.push((username, credential)),
            Ok((_, None)) => {}
            Err(error) => wrong = Some(error),
        }
    }
    (credentials, wrong)
}

async fn users_of(
    tables: &UserTables,
    credentials: &[(&str, Credential)],
) -> Result<HashMap<UserId, Item>, StoreError> {
    const OPERATION: &str = "BatchGetItem on Users";
    let table = &tables.users.table;
    let key =
        |id: &UserId| HashMap::from([(attribute::USER_ID.to_owned(), AttributeValue::S(id.to_string()))]);
    let mut ids: Vec<&UserId> = credentials.iter().map(|(_, credential)| &credential.user_id).collect();
    ids.sort_by_key(|id| id.as_str());
    ids.dedup();
    let mut keys: Vec<_> = ids.into_iter().map(key).collect();
    let mut users = HashMap::new();
    while !keys.is_empty() {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let wanted = wanted
            .map_err(|error| StoreError::Unavailable { operation: OPERATION, reason: error.to_string() })?;
        let output = table.client.batch_get_item().request_items(&table.name, wanted).send().await;
        let output = output.map_err(|e| StoreError::unavailable(OPERATION, e))?;
        for item in output.responses.into_iter().flatten().flat_map(|(_, items)| items) {
            users.insert(Row::new("Users", &item).parsed(attribute::USER_ID, UserId::parse)?, item);
        }
        let rest = output.unprocessed_keys.and_then(|mut rest| rest.remove(&table.name));
        keys = rest.map(|rest| rest.keys).unwrap_or_default();
    }
    Ok(users)
}
