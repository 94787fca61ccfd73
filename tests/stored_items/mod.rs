//! Items that are not as Latchgate writes them: each attribute of each, missing, mistyped, or of its type with a value that
//! it can't have. Such an item gives no access, causes no panic, and doesn't lead to further damage.
//!
//! `cargo test` damages each attribute in one way and asks one function, as the seed chooses; `cargo xtask long-tests`
//! damages it in all ways and asks all functions.
//!
//! The attributes are those of an item that the functions themselves have written, so that a new one without a row here
//! fails the test.

mod clients;
mod damage;
mod ending;
mod lists;
mod operation;
mod people;
mod row;
mod sessions;
mod stage;
mod strike;
mod unswept;

use std::collections::BTreeSet;

use shared::store::attribute;

use self::{
    row::{Row, is_of_attempts},
    stage::Stage,
    strike::{names, with_denylist},
};
use crate::harness::{Api, START, number, text};

#[tokio::test]
async fn a_session_that_can_not_be_read_gives_nobody_anything_and_is_not_lost() {
    let more = vec![
        (attribute::ENDED_AT, number(START)),
        (attribute::SUCCESSOR, text("another#mark")),
        (attribute::PASSWORD_CHANGE, text("another change")),
    ];
    let stage = Stage::set(Api::start().await).await.with("SessionsTable", more).await;
    stage.strike(&sessions::TABLE, sessions::OPERATIONS, sessions::ROWS).await;
}

#[tokio::test]
async fn a_user_who_can_not_be_read_gets_nothing() {
    let more = vec![(attribute::DISABLED, aws_sdk_dynamodb::types::AttributeValue::Bool(false))];
    let stage = Stage::set(Api::start().await).await.with("UsersTable", more).await;
    stage.strike(&people::USERS, people::USER_OPERATIONS, people::USER_ROWS).await;
}

#[tokio::test]
async fn a_credential_that_can_not_be_read_lets_nobody_in() {
    let more = vec![(attribute::MUST_CHANGE, aws_sdk_dynamodb::types::AttributeValue::Bool(false))];
    let stage = Stage::set(Api::start().await).await.with("CredentialsTable", more).await;
    let operations = people::CREDENTIAL_OPERATIONS;
    stage.strike(&people::CREDENTIALS, operations, people::CREDENTIAL_ROWS).await;
}

#[tokio::test]
async fn a_client_that_can_not_be_read_gets_nothing() {
    let more = vec![
        (attribute::CLAIMS, text(r#"["email"]"#)),
        (attribute::DISABLED, aws_sdk_dynamodb::types::AttributeValue::Bool(false)),
        (attribute::NOT_BEFORE, number(START)),
        (attribute::ACCESS_TTL, number(1800)),
        (attribute::IDLE_TTL, number(1_209_600)),
        (attribute::ABSOLUTE_TTL, number(2_592_000)),
        (attribute::LEEWAY, number(10)),
    ];
    let stage = Stage::set(Api::start().await).await.with("ClientsTable", more).await;
    stage.strike(&clients::TABLE, clients::OPERATIONS, clients::ROWS).await;
}

#[tokio::test]
async fn a_denylist_that_can_not_be_read_whole_lets_nobody_pass() {
    let more = vec![(attribute::EFFECTIVE_AT, number(START))];
    let stage =
        Stage::set(with_denylist().await).await.own_ended().await.with("RevocationsTable", more).await;
    stage.strike(&lists::REVOCATIONS, lists::REVOCATION_OPERATIONS, lists::REVOCATION_ROWS).await;
}

#[tokio::test]
async fn keys_that_can_not_be_read_verify_nothing() {
    let stage = Stage::set(Api::start().await).await;
    stage.strike(&lists::KEYS, lists::KEY_OPERATIONS, lists::KEY_ROWS).await;
}

/// The keys of tables are spoiled by nobody: an item with another key is another item.
#[test]
fn every_attribute_there_is_has_a_row_or_is_a_key() {
    fn of<const N: usize>(rows: &[Row<N>]) -> Vec<&'static str> {
        rows.iter().map(|row| row.0).filter(|name| !is_of_attempts(name)).collect()
    }
    let rows = [
        of(sessions::ROWS),
        of(people::USER_ROWS),
        of(people::CREDENTIAL_ROWS),
        of(clients::ROWS),
        of(lists::REVOCATION_ROWS),
        of(lists::KEY_ROWS),
    ];
    let tables = [
        &sessions::TABLE,
        &people::USERS,
        &people::CREDENTIALS,
        &clients::TABLE,
        &lists::REVOCATIONS,
        &lists::KEYS,
    ];
    let keys = tables.into_iter().flat_map(|table| table.key).copied();
    // `tests/key_rotation.rs` has its own test of the fence: no request reads it.
    let all: BTreeSet<_> = rows.concat().into_iter().chain(keys).chain([attribute::FENCE]).collect();
    assert_eq!(all, names());
}
