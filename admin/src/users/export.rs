//! All users who can sign in, in the format of the import.

use std::{
    collections::HashMap,
    io::{self, BufWriter, Write},
};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use passwords::Credential;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    ids::UserId,
    store::{Item, Row, StoreError, User, attribute},
};

use crate::{
    audit::{OperatorEvent, Subject},
    context::Context,
    error::AdminError,
    tables::users::UserTables,
};

/// The most that one BatchGetItem takes.
const BATCH: usize = 100;

/// A line.
#[derive(Serialize)]
struct Line<'a> {
    username: &'a str,
    user_id: &'a UserId,
    #[serde(skip_serializing_if = "Map::is_empty")]
    claims: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    disabled: bool,
    #[serde(skip_serializing_if = "is_false")]
    must_change: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// One that can't be read is left out, and is an error once the others are written. Written down before anything is
/// read: what was printed can't be taken back.
pub(super) async fn export(context: &Context, with_hashes: bool) -> Result<(), AdminError> {
    let tables = UserTables::of(&context.deployment)?;
    let changed = Some(if with_hashes { vec!["with_hashes"] } else { vec![] });
    let audit = context.audit_log().await?;
    audit.record(OperatorEvent::UsersExported, &Subject { changed, ..Subject::default() })?;

    let table = &tables.credentials.table;
    let scan = table.client.scan().table_name(&table.name).consistent_read(true);
    let mut pages = scan.into_paginator().send();
    let mut output = BufWriter::new(io::stdout());
    let mut left_out = None;
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| StoreError::unavailable("Scan on Credentials", e))?;
        for items in page.items().chunks(BATCH) {
            let (credentials, errors) = read(items);
            let mut users = users_of(&tables, &credentials).await?;
            for (username, credential) in &credentials {
                let line = users.remove(&credential.user_id).map(|item| User::from_item(&item));
                match line {
                    Some(Ok(user)) => write(&mut output, &line_of(username, credential, user, with_hashes))?,
                    Some(Err(error)) => left_out = Some(error),
                    None => context.console.note(&format!("Left out {username}: the user is gone.")),
                }
            }
            left_out = errors.or(left_out);
        }
    }
    output.flush().map_err(AdminError::io("standard output"))?;
    match left_out {
        None => Ok(()),
        Some(error) => Err(error.into()),
    }
}

fn line_of<'a>(username: &'a str, credential: &'a Credential, user: User, with_hashes: bool) -> Line<'a> {
    Line {
        username,
        user_id: &credential.user_id,
        claims: user.claims,
        password_hash: with_hashes.then_some(credential.password_hash.as_str()),
        disabled: user.disabled,
        must_change: credential.must_change,
    }
}

/// The credentials among these rows (others only count attempts), and what was wrong with one.
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

fn write(output: &mut impl Write, line: &Line<'_>) -> Result<(), AdminError> {
    let written = serde_json::to_writer(&mut *output, line).map_err(io::Error::from);
    written.and_then(|()| output.write_all(b"\n")).map_err(AdminError::io("standard output"))
}
