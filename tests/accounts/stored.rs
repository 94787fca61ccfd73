//! The rows of Mails: what they hold, and that a copy of them opens nothing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{APP, CHOSEN, GRACE, GRACES_PASSWORD, NEWCOMER, Stored, number, text};

type Row = BTreeMap<String, AttributeValue>;

/// The row of an address, and that of the network.
async fn rows(stage: &Stage) -> (Row, Row) {
    let mut rows = stage.api.items("MailsTable").await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    rows.sort_by_key(|row| row.contains_key(attribute::ADDRESS));
    let of_address = rows.pop().unwrap();
    (of_address, rows.pop().unwrap())
}

fn names(row: &Row) -> BTreeSet<&str> {
    row.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_request_is_one_row_of_its_address_and_one_of_its_network() {
    let stage = Stage::set().await;
    stage.api.ask(route::SIGNUP, NEWCOMER).await;
    let (row, network) = rows(&stage).await;
    let now = stage.api.clock.unix();
    let expected = [
        attribute::MAILBOX,
        attribute::ADDRESS,
        attribute::MAIL_ID,
        attribute::PURPOSE,
        attribute::CLIENT_ID,
        attribute::LANGUAGE,
        attribute::MAIL_EXPIRES_AT,
        attribute::QUOTA,
        attribute::UNSENT,
        attribute::EXPIRES_AT,
    ];
    assert_eq!(names(&row), expected.into());
    assert_eq!(row[attribute::ADDRESS], text(NEWCOMER));
    assert_eq!(row[attribute::PURPOSE], text("sign_up"));
    assert_eq!(row[attribute::CLIENT_ID], text(APP));
    assert_eq!(row[attribute::LANGUAGE], text("en"));
    assert_eq!(row[attribute::MAIL_EXPIRES_AT], number(now + 3600));
    assert_eq!(row[attribute::QUOTA], AttributeValue::L(vec![number(now)]));
    assert_eq!(row[attribute::UNSENT], row[attribute::MAIL_ID]);
    assert_eq!(row[attribute::MAILBOX].as_s().unwrap().len(), 43);
    assert_eq!(names(&network), [attribute::MAILBOX, attribute::QUOTA, attribute::EXPIRES_AT].into());
    assert!(network[attribute::MAILBOX].as_s().unwrap().starts_with("network#"));
    assert_eq!(network[attribute::QUOTA], number(now + 60));
    for row in [&row, &network] {
        let expires_at: u64 = row[attribute::EXPIRES_AT].as_n().unwrap().parse().unwrap();
        assert!(expires_at > now + 3600 || !row.contains_key(attribute::ADDRESS), "after the link");
        assert!(expires_at <= now + 3 * 86_400, "unconfirmed rows expire: {expires_at}");
    }
}

/// The stream carries keys, and Lambda keeps events that fail.
#[tokio::test]
async fn a_key_shows_no_address_and_no_network() {
    let stage = Stage::set().await;
    stage.api.ask(route::SIGNUP, NEWCOMER).await;
    for row in stage.api.items("MailsTable").await {
        let key = row[attribute::MAILBOX].as_s().unwrap();
        for shown in ["newcomer", "Newcomer", "example", "203.0.113"] {
            assert!(!key.contains(shown), "{key}");
        }
    }
}

/// Each kind of mail has its own request, bound and tries of codes.
#[tokio::test]
async fn each_purpose_of_an_address_has_a_row() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let (row, _) = rows(&stage).await;
    stage.api.ask(route::FORGOT, NEWCOMER).await;
    let all = stage.api.items("MailsTable").await;
    let of_address: Vec<_> = all.iter().filter(|row| row.contains_key(attribute::ADDRESS)).collect();
    assert_eq!(of_address.len(), 2, "{all:?}");
    assert!(of_address.contains(&&row), "the first is as it was");
    // The key binds the row to its purpose: no writer turns a row of one into a row of the other.
    let mut turned = row.clone();
    turned.insert(attribute::PURPOSE.to_owned(), text("reset"));
    stage.api.put("MailsTable", turned).await;
    stage.api.reset(&asked.by_link(), CHOSEN).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_delivery_and_a_use_leave_what_the_next_request_needs() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let (sent, _) = rows(&stage).await;
    for gone in [attribute::UNSENT, attribute::LEASED_BY, attribute::LEASED_UNTIL, attribute::TAKEN] {
        assert!(!sent.contains_key(gone), "{gone}");
    }
    assert_eq!(sent[attribute::SENT_AT], number(stage.api.clock.unix()));
    stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    let (used, _) = rows(&stage).await;
    for gone in [attribute::MAIL_ID, attribute::PURPOSE, attribute::MAIL_EXPIRES_AT, attribute::UNSENT] {
        assert!(!used.contains_key(gone), "{gone}");
    }
    assert_eq!(used[attribute::QUOTA], sent[attribute::QUOTA], "the bound isn't given back");
}

/// Every text of the tables, its parts between separators, and those with the prefix of a token.
fn texts(stored: &Stored) -> BTreeSet<String> {
    let values = stored.values().flatten().flatten().filter_map(|(_, value)| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text.clone()),
        _ => None,
    });
    let mut texts = BTreeSet::new();
    for text in values {
        texts.extend(text.split(['#', '$']).map(str::to_owned));
        texts.insert(text);
    }
    texts
}

/// A reader of the tables can make no link, no code and no request token of what stands there.
#[tokio::test]
async fn a_copy_of_the_tables_opens_nothing() {
    let stage = Stage::set().await;
    let of_reset = stage.asked(route::FORGOT, GRACE).await;
    let of_sign_up = stage.asked(route::SIGNUP, NEWCOMER).await;
    let stored = stage.api.stored().await;
    let texts = texts(&stored);
    assert!(texts.len() > 20, "{texts:?}");
    for text in &texts {
        for attempt in [text.clone(), format!("lgm1_{text}"), format!("lgq1_{text}")] {
            assert!(stage.api.reset(&[("token", &attempt)], CHOSEN).await.status >= 400, "{attempt}");
            assert!(stage.api.confirm(&[("token", &attempt)], CHOSEN).await.status >= 400, "{attempt}");
            assert!(stage.api.try_resend(&attempt).await.status >= 400, "{attempt}");
        }
    }
    assert_eq!(stage.api.stored().await, stored, "nothing was used up");
    let dump = texts.into_iter().collect::<Vec<_>>().join("\n");
    for asked in [&of_reset, &of_sign_up] {
        for secret in [&asked.link, &asked.request] {
            assert!(!dump.contains(secret.as_str()), "{secret}");
            // Nor the second half of it, which is the HMAC.
            assert!(!dump.contains(&secret[secret.len() - 20..]), "{secret}");
        }
        assert!(!dump.lines().any(|line| line == asked.code), "{}", asked.code);
    }
    assert!(!dump.contains(GRACES_PASSWORD) && !dump.contains(CHOSEN));
    assert_eq!(stage.api.reset(&of_reset.by_link(), CHOSEN).await.status, 200);
    stage.api.confirm(&of_sign_up.by_link(), CHOSEN).await.tokens();
}

/// A thief who can write an old row back gets no second use of a link: DynamoDB's backups have such rows.
#[tokio::test]
async fn a_restored_row_lets_a_used_link_create_no_second_account() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
    let (row, _) = rows(&stage).await;
    stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    stage.api.put("MailsTable", row).await;
    stage.api.confirm(&asked.by_link(), "the password of a thief").await.assert_error(400, "invalid_grant");
    stage.api.try_login_as(NEWCOMER, CHOSEN).await.tokens();
}
