//! Damaged items: each attribute of each item is missing, mistyped, or has an invalid value of its type. Such an item
//! gives no access, causes no panic, and leads to no further damage.
//!
//! `cargo test` damages each attribute in one way and calls one function, as the seed chooses. `cargo xtask long-tests`
//! damages each in all ways and calls all functions.
//!
//! The functions themselves have written the items, so that a new attribute without a row fails the test.

mod answer;
mod browser_sessions;
mod clients;
mod codes;
mod consents;
mod damage;
mod ending;
mod lists;
mod mails;
mod mails_of_users;
mod operation;
mod pages;
mod people;
mod row;
mod sessions;
mod stage;
mod strike;
mod unswept;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::store::attribute;

use self::{
    row::{Row, is_of_attempts},
    stage::Stage,
    strike::{names, with_denylist},
};
use crate::harness::{Api, BYE, START, WEB, number, text};

#[tokio::test]
async fn an_unreadable_session_opens_nothing_and_is_not_lost() {
    let more = vec![
        (attribute::ENDED_AT, number(START)),
        (attribute::SUCCESSOR, text("another#mark")),
        (attribute::PASSWORD_CHANGE, text("another change")),
        (attribute::ACCESS_ONLY, AttributeValue::Bool(true)),
    ];
    let stage = Stage::set(Api::start().await).await.with("SessionsTable", more).await;
    stage.strike(&sessions::TABLE, sessions::OPERATIONS, sessions::ROWS).await;
}

#[tokio::test]
async fn an_unreadable_user_gets_nothing() {
    let more = vec![
        (attribute::DISABLED, AttributeValue::Bool(false)),
        (attribute::DELETING, AttributeValue::Bool(false)),
        (attribute::SIGNED_UP_AT, number(START)),
        (attribute::NEW_DEVICE_MAILS, AttributeValue::Bool(false)),
        (attribute::UNDOS, AttributeValue::L(vec![text(&format!("{START}#AAAAAAAAAAAAAAAAAAAAAA"))])),
        (attribute::NOTICE_NETWORK, text("network#IWBoOtTAxtNJngMBSte1vZc6gWYbgLMfwceRUdrmWa8")),
    ];
    let stage = Stage::set(Api::start().await).await.with("UsersTable", more).await;
    stage.strike(&people::USERS, people::USER_OPERATIONS, people::USER_ROWS).await;
}

#[tokio::test]
async fn an_unreadable_credential_lets_no_user_in() {
    let more = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(false))];
    let stage = Stage::set(Api::start().await).await.with("CredentialsTable", more).await;
    let operations = people::CREDENTIAL_OPERATIONS;
    stage.strike(&people::CREDENTIALS, operations, people::CREDENTIAL_ROWS).await;
}

#[tokio::test]
async fn an_unreadable_client_gets_nothing() {
    let more = vec![
        (attribute::CLAIMS, text(r#"["email"]"#)),
        (attribute::DISABLED, AttributeValue::Bool(false)),
        (attribute::NOT_BEFORE, number(START)),
        (attribute::ACCESS_TTL, number(1800)),
        (attribute::IDLE_TTL, number(1_209_600)),
        (attribute::ABSOLUTE_TTL, number(2_592_000)),
        (attribute::LEEWAY, number(10)),
        (attribute::REDIRECT_URIS, AttributeValue::L(vec![text("https://server.example.com/callback")])),
        (attribute::POST_LOGOUT_REDIRECT_URIS, AttributeValue::L(vec![text(BYE)])),
        (attribute::FIRST_PARTY, AttributeValue::Bool(true)),
        (attribute::SIGN_UP, text("open")),
        (attribute::RESOURCES, AttributeValue::Ss(vec!["https://notes.example.com/mcp".to_owned()])),
    ];
    let stage = Stage::set(Api::start().await).await.with("ClientsTable", more).await;
    stage.strike(&clients::TABLE, clients::OPERATIONS, clients::ROWS).await;
}

#[tokio::test]
async fn an_unreadable_client_signs_no_user_in() {
    let stage = Stage { client: WEB, ..at_pages().await };
    stage.strike(&clients::TABLE, clients::PAGE_OPERATIONS, clients::PAGE_ROWS).await;
}

#[tokio::test]
async fn an_unreadable_session_at_the_pages_signs_no_user_in() {
    let stage = at_pages().await;
    let stage = Stage { id: stage.pages().browser_sid.clone(), ..stage };
    stage.strike(&sessions::TABLE, browser_sessions::OPERATIONS, browser_sessions::ROWS).await;
}

#[tokio::test]
async fn an_unreadable_code_gets_no_tokens() {
    let stage = at_pages().await;
    let stage = Stage { id: stage.pages().code_hash.clone(), ..stage };
    stage.strike(&codes::TABLE, codes::OPERATIONS, codes::ROWS).await;
}

#[tokio::test]
async fn an_unreadable_used_code_gets_no_tokens() {
    let stage = at_pages().await;
    let stage = Stage { id: stage.pages().used_code_hash.clone(), ..stage };
    stage.strike(&codes::TABLE, codes::USED_OPERATIONS, codes::USED_ROWS).await;
}

#[tokio::test]
async fn an_unreadable_consent_does_not_count() {
    let stage = at_pages().await;
    stage.strike(&consents::TABLE, consents::OPERATIONS, consents::ROWS).await;
}

/// A deployment that binds sessions to keys, with a user signed in at the pages.
async fn at_pages() -> Stage {
    Stage::set(Api::binding().await).await.with_pages().await
}

#[tokio::test]
async fn an_unreadable_row_of_the_denylist_lets_no_call_pass() {
    let more = vec![
        (attribute::EFFECTIVE_AT, number(START)),
        (attribute::NOTICE, text("theft")),
        (attribute::USER_ID, text("demo-user")),
    ];
    let stage =
        Stage::set(with_denylist().await).await.own_ended().await.with("RevocationsTable", more).await;
    stage.strike(&lists::REVOCATIONS, lists::REVOCATION_OPERATIONS, lists::REVOCATION_ROWS).await;
}

#[tokio::test]
async fn unreadable_keys_verify_nothing() {
    let stage = Stage::set(Api::start().await).await;
    stage.strike(&lists::KEYS, lists::KEY_OPERATIONS, lists::KEY_ROWS).await;
}

/// Every attribute.
pub(crate) fn attributes() -> BTreeSet<&'static str> {
    names()
}

/// Table keys aren't damaged: an item with another key is another item.
#[test]
fn every_attribute_has_a_row_or_is_a_key() {
    fn of<const N: usize>(rows: &[Row<N>]) -> Vec<&'static str> {
        rows.iter().map(|row| row.0).filter(|name| !is_of_attempts(name)).collect()
    }
    let rows = [
        of(sessions::ROWS),
        of(people::USER_ROWS),
        of(people::CREDENTIAL_ROWS),
        of(browser_sessions::ROWS),
        of(clients::ROWS),
        of(clients::PAGE_ROWS),
        of(codes::ROWS),
        of(codes::USED_ROWS),
        of(consents::ROWS),
        of(lists::REVOCATION_ROWS),
        of(lists::KEY_ROWS),
    ];
    let tables = [
        &sessions::TABLE,
        &people::USERS,
        &people::CREDENTIALS,
        &clients::TABLE,
        &codes::TABLE,
        &consents::TABLE,
        &lists::REVOCATIONS,
        &lists::KEYS,
    ];
    let keys = tables.into_iter().flat_map(|table| table.key).copied().chain(mails::KEY);
    // Other tests cover the rest. `tests/key_rotation.rs` tests the fence, which no request reads.
    // `tests/dpop/stored.rs` tests the attributes that only exist with a device's key.
    // `tests/client_documents/operators.rs` tests the one of clients that describe themselves.
    let elsewhere = [attribute::FENCE, attribute::JKT, attribute::DPOP, attribute::DOCUMENT_URL];
    let rows = rows.concat().into_iter().chain(mails::attributes()).chain(mails_of_users::attributes());
    let all: BTreeSet<_> = rows.chain(keys).chain(elsewhere).collect();
    assert_eq!(all, names());
}
