//! The rows of changes of the address, undos, invitations, deletions and notices: what they hold, how long they stay, and
//! that a copy of them opens nothing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{
    APP, Api, CHOSEN, GRACE, GRACE_ID, GRACES_PASSWORD, HOPPER, NEWCOMER, link_of, number, text,
};

type Row = BTreeMap<String, AttributeValue>;

const HOUR: u64 = 3600;

/// The attributes of every mail that waits.
const OF_EACH: [&str; 9] = [
    attribute::MAILBOX,
    attribute::ADDRESS,
    attribute::MAIL_ID,
    attribute::PURPOSE,
    attribute::CLIENT_ID,
    attribute::LANGUAGE,
    attribute::MAIL_EXPIRES_AT,
    attribute::UNSENT,
    attribute::EXPIRES_AT,
];

/// The row of this purpose.
async fn row(api: &Api, purpose: &str) -> Row {
    let rows = api.items("MailsTable").await;
    let mut own = rows.into_iter().filter(|row| row.get(attribute::PURPOSE) == Some(&text(purpose)));
    let row = own.next().unwrap_or_else(|| panic!("no row for {purpose}"));
    assert_eq!(own.next(), None, "one row for {purpose}");
    row
}

/// Asserts that a row has these attributes besides those of each, and how long its link and itself stay, in hours.
#[track_caller]
fn assert_row(row: &Row, more: &[&str], now: u64, link: u64, stay: u64) {
    let names: BTreeSet<_> = row.keys().map(String::as_str).collect();
    assert_eq!(names, OF_EACH.iter().chain(more).copied().collect(), "{row:?}");
    assert_eq!(row[attribute::UNSENT], row[attribute::MAIL_ID]);
    assert_eq!(row[attribute::MAILBOX].as_s().unwrap().len(), 43);
    assert_eq!(row[attribute::MAIL_EXPIRES_AT], number(now + link * HOUR), "{row:?}");
    assert_eq!(row[attribute::EXPIRES_AT], number(now + stay * HOUR), "{row:?}");
    let key = row[attribute::MAILBOX].as_s().unwrap();
    for shown in ["hopper", "grace", "example", GRACE_ID] {
        assert!(!key.to_ascii_lowercase().contains(shown), "{key}");
    }
}

#[tokio::test]
async fn a_request_for_a_change_is_a_row_of_the_new_address_and_one_of_the_user() {
    let stage = Stage::set().await;
    let (api, tokens) = (&stage.api, stage.api.graces().await);
    api.try_change_address(&tokens.access, HOPPER, GRACES_PASSWORD).await.request_token();
    let row = row(api, "email").await;
    let more = [attribute::USER_ID, attribute::ASKED_AT, attribute::QUOTA];
    assert_row(&row, &more, api.clock.unix(), 1, 48);
    assert_eq!((&row[attribute::ADDRESS], &row[attribute::USER_ID]), (&text(HOPPER), &text(GRACE_ID)));
    assert_eq!(row[attribute::CLIENT_ID], text(APP));
    assert_eq!(row[attribute::ASKED_AT], number(api.clock.unix()));
    let rows = api.items("MailsTable").await;
    let of_user =
        rows.iter().find(|row| row[attribute::MAILBOX].as_s().unwrap().starts_with("user#")).unwrap();
    let names: BTreeSet<_> = of_user.keys().map(String::as_str).collect();
    assert_eq!(names, [attribute::MAILBOX, attribute::QUOTA, attribute::EXPIRES_AT].into());
    assert!(!of_user[attribute::MAILBOX].as_s().unwrap().contains(GRACE_ID), "{of_user:?}");
}

#[tokio::test]
async fn a_change_is_a_row_of_the_old_address_and_an_undo_in_the_users_record() {
    let stage = Stage::set().await;
    let (api, tokens) = (&stage.api, stage.api.graces().await);
    let asked = stage.changing(&tokens, HOPPER).await;
    assert_eq!(api.confirm_address(&asked.by_link()).await.status, 200);
    let row = row(api, "undo").await;
    assert_row(&row, &[attribute::USER_ID, attribute::ASKED_AT], api.clock.unix(), 72, 96);
    assert_eq!((&row[attribute::ADDRESS], &row[attribute::USER_ID]), (&text(GRACE), &text(GRACE_ID)));
    let user = api.user(GRACE_ID).await.unwrap();
    let id = row[attribute::MAIL_ID].as_s().unwrap();
    let undo = text(&format!("{}#{id}", api.clock.unix()));
    assert_eq!(user[attribute::UNDOS], AttributeValue::L(vec![undo]));
    // The used request has nothing left that opens anything.
    let rows = api.items("MailsTable").await;
    let spent = rows.iter().find(|row| row.get(attribute::ADDRESS) == Some(&text(HOPPER))).unwrap();
    for gone in [attribute::MAIL_ID, attribute::PURPOSE, attribute::MAIL_EXPIRES_AT, attribute::UNSENT] {
        assert!(!spent.contains_key(gone), "{gone}");
    }
    // An undo leaves none in the record.
    let link = link_of(&stage.post.deliver_one(api).await).unwrap();
    assert_eq!(api.undo_address(&link, CHOSEN).await.status, 200);
    let user = api.user(GRACE_ID).await.unwrap();
    assert!(!user.contains_key(attribute::UNDOS), "{user:?}");
}

#[tokio::test]
async fn a_deletion_is_a_row_of_the_address_alone() {
    let stage = Stage::set().await;
    let (api, tokens) = (&stage.api, stage.api.graces().await);
    assert_eq!(api.delete_account(&tokens.access, GRACES_PASSWORD).await.status, 204);
    let row = row(api, "deleted").await;
    assert_row(&row, &[attribute::USER_ID, attribute::ASKED_AT], api.clock.unix(), 48, 72);
    assert_eq!(row[attribute::ADDRESS], text(GRACE));
    assert_eq!(api.items("MailsTable").await.len(), 1, "nothing is counted");
}

#[tokio::test]
async fn an_invitation_is_a_row_with_the_claims() {
    let stage = Stage::set().await;
    let api = &stage.api;
    api.invite(NEWCOMER, &json!({ "roles": ["editor"] })).await;
    let row = row(api, "invitation").await;
    assert_row(&row, &[attribute::CLAIMS, attribute::ASKED_AT], api.clock.unix(), 7 * 24, 8 * 24);
    assert_eq!(row[attribute::CLAIMS], text(r#"{"roles":["editor"]}"#));
    // Without claims there is no attribute, and a later mail of the row loses it.
    let _ = api.try_invite(NEWCOMER, &json!({}), true).await;
    assert!(!self::row(api, "invitation").await.contains_key(attribute::CLAIMS));
}

#[tokio::test]
async fn a_notice_is_a_row_that_knows_its_event() {
    let stage = Stage::set().await;
    let (api, tokens) = (&stage.api, stage.api.graces().await);
    let everywhere = [("client_id", APP), ("token", &*tokens.refresh), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    stage.post.hear(api).await;
    let row = row(api, "sessions_ended").await;
    let more = [attribute::USER_ID, attribute::ASKED_AT, attribute::NOTICED_AT, attribute::QUOTA];
    assert_row(&row, &more, api.clock.unix(), 48, 72);
    assert_eq!(row[attribute::NOTICED_AT], number(api.clock.unix()));
    assert!(row[attribute::CLIENT_ID].as_s().unwrap().starts_with('('), "no client asked: {row:?}");
}

/// Every text of the tables, those in lists too, with its parts between separators.
fn texts(stored: &crate::harness::Stored) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, value) in stored.values().flatten().flatten() {
        let values = match value {
            AttributeValue::L(values) => values.iter().collect(),
            other => vec![other],
        };
        for text in values.into_iter().filter_map(|value| value.as_s().or(value.as_n()).ok()) {
            found.extend(text.split(['#', '$']).map(str::to_owned));
            found.insert(text.clone());
        }
    }
    found
}

/// A reader of the tables can make no link and no code of what stands there, not even of the list of undos.
#[tokio::test]
async fn a_copy_of_the_tables_opens_nothing() {
    let stage = Stage::set().await;
    let (api, tokens) = (&stage.api, stage.api.graces().await);
    let undo = link_of(&stage.changed(&tokens, "first@example.com").await).unwrap();
    let change = stage.changing(&tokens, HOPPER).await;
    api.invite(NEWCOMER, &json!({})).await;
    let invitation = link_of(&stage.post.deliver_one(api).await).unwrap();
    let stored = api.stored().await;
    let texts = texts(&stored);
    assert!(texts.len() > 30, "{texts:?}");
    for text in &texts {
        for attempt in [text.clone(), format!("lgm1_{text}"), format!("lgq1_{text}")] {
            assert!(api.confirm_address(&[("token", &attempt)]).await.status >= 400, "{attempt}");
            assert!(api.undo_address(&attempt, CHOSEN).await.status >= 400, "{attempt}");
            assert!(api.confirm(&[("token", &attempt)], CHOSEN).await.status >= 400, "{attempt}");
        }
    }
    assert_eq!(api.stored().await, stored, "nothing was used up");
    let dump = texts.into_iter().collect::<Vec<_>>().join("\n");
    for secret in [&undo, &change.link, &change.request, &invitation] {
        assert!(!dump.contains(secret.as_str()), "{secret}");
        // Nor the second half of it, which is the HMAC.
        assert!(!dump.contains(&secret[secret.len() - 20..]), "{secret}");
    }
    assert!(!dump.lines().any(|line| line == change.code), "{}", change.code);
    assert_eq!(api.confirm_address(&change.by_link()).await.status, 200);
    assert_eq!(api.undo_address(&undo, CHOSEN).await.status, 200);
    api.confirm(&[("token", &invitation)], CHOSEN).await.tokens();
}
