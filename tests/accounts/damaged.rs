//! Damaged rows: their mails aren't sent, and hold up no other mail. A record that the mailer reports as failed is
//! repeated for an hour, and with it all behind it in its shard.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use super::{Stage, outbox::events};
use crate::harness::{
    CHOSEN, Change, GRACE, GRACE_ID, Log, NEWCOMER, nothing_failed, number, stream_event, text, waiting,
};

/// The row of Mails that waits for this address.
async fn row_of(stage: &Stage, email: &str) -> BTreeMap<String, AttributeValue> {
    let rows = stage.api.items("MailsTable").await;
    rows.into_iter().find(|row| row.get(attribute::ADDRESS) == Some(&text(email))).unwrap()
}

/// Damages a row that decides about Grace's mail.
async fn damage(stage: &Stage, table: &str) {
    let seeder = stage.api.seeder();
    match table {
        "MailsTable" => {
            let mut row = row_of(stage, GRACE).await;
            row.insert(attribute::PURPOSE.to_owned(), text("a purpose of a later release"));
            stage.api.put(table, row).await;
        }
        "UsersTable" => {
            let damaged = vec![(attribute::DISABLED, text("perhaps"))];
            seeder.set(table, (attribute::USER_ID, GRACE_ID), damaged).await.unwrap();
        }
        _ => {
            let damaged = vec![(attribute::USER_ID, number(7))];
            seeder.set(table, (attribute::USERNAME, GRACE), damaged).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_damaged_row_holds_up_no_other_mail() {
    for table in ["MailsTable", "UsersTable", "CredentialsTable"] {
        let stage = Stage::set().await;
        let (first, last) = ("a@example.com", "c@example.com");
        stage.api.ask(route::SIGNUP, first).await;
        stage.api.ask(route::FORGOT, GRACE).await;
        stage.api.ask(route::SIGNUP, last).await;
        let mut keys = Vec::new();
        for email in [first, GRACE, last] {
            keys.push(row_of(&stage, email).await[attribute::MAILBOX].as_s().unwrap().clone());
        }
        damage(&stage, table).await;
        let record = || stream_event(keys.iter().map(|key| (Change::Modify, key.as_str())));
        let (log, guard) = Log::listen();
        assert_eq!(stage.post.handle(record()).await, nothing_failed(), "{table}");
        drop(guard);
        assert_eq!(events(&log), ["mail_sent", "mailer_failed", "mail_sent"], "{table}");
        let to: Vec<_> = stage.post.bag.take().iter().map(|mail| mail.to.as_str().to_owned()).collect();
        assert_eq!(to, [first, last], "{table}");
        assert!(waiting(&stage.api).await.is_empty(), "{table}");
        let row = row_of(&stage, GRACE).await;
        for gone in [attribute::LEASED_BY, attribute::LEASED_UNTIL, attribute::TAKEN] {
            assert!(!row.contains_key(gone), "{table}: {gone}");
        }
        // The record's repetition says nothing, and another address's mails go on.
        let (log, guard) = Log::listen();
        assert_eq!(stage.post.handle(record()).await, nothing_failed(), "{table}");
        drop(guard);
        assert_eq!(events(&log), Vec::<String>::new(), "{table}");
        let asked = stage.asked(route::SIGNUP, NEWCOMER).await;
        stage.api.confirm(&asked.by_link(), CHOSEN).await.tokens();
    }
}

/// The request writes what the mailer reads.
#[tokio::test]
async fn a_new_request_mends_the_row() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    damage(&stage, "MailsTable").await;
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}
