//! Bounces and complaints: they stop mail to their address, and the operator hears of them.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{
    CHOSEN, GRACE, GRACE_ID, GRACES_PASSWORD, Log, NEWCOMER, bounce, complaint, report, text, waiting,
};

/// The row that stops mails.
async fn suppression(stage: &Stage) -> BTreeMap<String, AttributeValue> {
    let rows = stage.api.items("MailsTable").await;
    let row = rows.into_iter().find(|row| row.contains_key(attribute::SUPPRESSED)).unwrap();
    let key = row[attribute::MAILBOX].as_s().unwrap();
    assert!(key.starts_with("suppressed#") && !key.contains("grace"), "{key}");
    row
}

/// Asserts that no mail to this address is sent, and that the outbox doesn't keep it.
async fn assert_stopped(stage: &Stage, email: &str) {
    for path in [route::FORGOT, route::SIGNUP] {
        assert_stopped_for(stage, path, email).await;
    }
}

async fn assert_stopped_for(stage: &Stage, path: &str, email: &str) {
    let attempts = stage.post.bag.attempts();
    let (log, guard) = Log::listen();
    stage.api.ask(path, email).await;
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    drop(guard);
    assert_eq!(stage.post.bag.attempts(), attempts, "nothing was tried");
    assert!(waiting(&stage.api).await.is_empty());
    let events: Vec<_> = log.take_events().iter().map(|event| event["event"].clone()).collect();
    assert_eq!(events, ["mail_requested", "mail_suppressed"]);
}

#[tokio::test]
async fn a_bounce_and_a_complaint_stop_mail_to_their_address_alone() {
    for (event, kind) in [(bounce("Permanent", GRACE), "bounce"), (complaint(GRACE), "complaint")] {
        let stage = Stage::set().await;
        stage.asked(route::FORGOT, GRACE).await;
        let (log, guard) = Log::listen();
        stage.post.handle(event).await;
        drop(guard);
        let events = log.take_events();
        assert_eq!(events[0]["event"], "mail_bounced", "{events:?}");
        assert!(!json!(events).to_string().contains("grace"), "{events:?}");
        let row = suppression(&stage).await;
        assert_eq!(row[attribute::SUPPRESSED], text(kind));
        let names: Vec<_> = row.keys().map(String::as_str).collect();
        assert_eq!(names, [attribute::ADDRESS, attribute::MAILBOX, attribute::SUPPRESSED], "it has no end");
        assert_stopped(&stage, GRACE).await;
        stage.asked(route::SIGNUP, NEWCOMER).await;
    }
}

/// An operator alone ends it.
#[tokio::test]
async fn a_suppression_outlives_everything() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    stage.post.handle(bounce("Permanent", GRACE)).await;
    let row = suppression(&stage).await;
    // Requests, refused ones too, a used link, and another account at the address.
    for _ in 0..3 {
        assert_stopped(&stage, GRACE).await;
    }
    assert_eq!(stage.api.try_resend(&asked.request).await.status, 202);
    stage.post.deliver(&stage.api).await;
    for network in 0..3 {
        stage.api.try_ask_from(network, route::FORGOT, GRACE).await;
    }
    stage.post.deliver(&stage.api).await;
    for table in ["UsersTable", "CredentialsTable"] {
        stage.api.delete_all(table).await;
    }
    // What DynamoDB sweeps in three days.
    stage.api.clock.advance(3 * 86_400);
    for row in stage.api.items("MailsTable").await {
        if row.contains_key(attribute::EXPIRES_AT) {
            stage.api.delete("MailsTable", &row).await;
        }
    }
    assert_eq!(stage.api.items("MailsTable").await, [row]);
    assert_stopped(&stage, GRACE).await;
    stage.api.put_account(GRACE, GRACES_PASSWORD, GRACE_ID).await;
    assert_stopped(&stage, GRACE).await;
    // Deleting the row is the operator's way to write to the address again.
    let row = suppression(&stage).await;
    stage.api.delete("MailsTable", &row).await;
    stage.asked(route::FORGOT, GRACE).await;
}

/// The address of a bounce may be spelled in another way than at the request.
#[tokio::test]
async fn a_bounce_counts_for_every_spelling() {
    let stage = Stage::set().await;
    stage.post.handle(bounce("Permanent", "GRACE@Example.com")).await;
    assert_stopped(&stage, GRACE).await;
}

/// A full mailbox may have room tomorrow.
#[tokio::test]
async fn a_passing_bounce_stops_nothing() {
    for kind in ["Transient", "Undetermined"] {
        let stage = Stage::set().await;
        stage.post.handle(bounce(kind, GRACE)).await;
        let asked = stage.asked(route::FORGOT, GRACE).await;
        assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200, "{kind}");
    }
}

#[tokio::test]
async fn a_bounce_of_an_address_without_a_request_counts_for_its_first() {
    let stage = Stage::set().await;
    stage.post.handle(bounce("Permanent", NEWCOMER)).await;
    assert_stopped(&stage, NEWCOMER).await;
    // A link that was read nevertheless would work; there is none to read.
    stage.api.try_login_as(GRACE, GRACES_PASSWORD).await.tokens();
}

/// The link of the mail that bounced is void for nobody: a complaint comes from a reader.
#[tokio::test]
async fn a_complaint_leaves_the_link_of_its_mail() {
    let stage = Stage::set().await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    stage.post.handle(complaint(GRACE)).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

/// SES reports deliveries and more if it's told to. They are no reason to fail, or the topic would send them again.
#[tokio::test]
async fn other_reports_are_ignored() {
    let stage = Stage::set().await;
    let before = stage.api.stored().await;
    for kind in ["Delivery", "Send", "Open", "Something new"] {
        stage.post.handle(report(kind, GRACE, json!({}))).await;
    }
    assert_eq!(stage.api.stored().await, before);
}
