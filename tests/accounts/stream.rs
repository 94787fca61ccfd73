//! The stream of the outbox: its records are what the mailer expects, and send each mail once.

use serde_json::{Value, json};
use shared::route;

use super::Stage;
use crate::harness::{CHOSEN, Change, GRACE, NEWCOMER, link_of, nothing_failed, stream_event};

/// A value without what differs between records: each text and number is its type's name.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(values) => values.iter().map(shape).collect(),
        Value::String(_) => "a string".into(),
        Value::Number(_) => "a number".into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn the_records_of_a_sign_up_send_one_mail_whose_link_confirms() {
    let stage = Stage::set().await;
    let stream = stage.api.stream().await;
    stage.api.ask(route::SIGNUP, NEWCOMER).await;
    let records = stream.records().await;
    assert!(!records.is_empty());
    assert_eq!(stage.post.handle(json!({ "Records": records })).await, nothing_failed());
    let mails = stage.post.bag.take();
    assert_eq!(mails.len(), 1);

    // The mailer's own writes are in the stream too, and Lambda may bring all of it again.
    for _ in 0..2 {
        let records = stream.records().await;
        assert_eq!(stage.post.handle(json!({ "Records": records })).await, nothing_failed());
    }
    for record in stream.records().await {
        assert_eq!(stage.post.handle(json!({ "Records": [record] })).await, nothing_failed());
    }
    assert_eq!((stage.post.bag.take().len(), stage.post.bag.attempts()), (0, 1));
    let link = link_of(&mails[0]).unwrap();
    assert_eq!(stage.api.confirm(&[("token", &link)], CHOSEN).await.status, 200);
    let records = stream.records().await;
    assert_eq!(stage.post.handle(json!({ "Records": records })).await, nothing_failed());
    assert_eq!(stage.post.bag.attempts(), 1, "nothing is sent about a used link");
}

/// The other tests write their records by hand.
#[tokio::test]
async fn the_records_of_the_tests_have_the_form_of_the_stores() {
    let stage = Stage::set().await;
    let stream = stage.api.stream().await;
    let request = stage.api.ask(route::FORGOT, GRACE).await;
    stage.read(request).await;
    let records = stream.records().await;
    let mut ours = stream_event([(Change::Insert, "any")])["Records"][0].take();
    // Lambda adds it to what the stream has.
    let source = ours["eventSourceARN"].take();
    for mut record in records.clone() {
        record["eventSourceARN"].take();
        assert_eq!(shape(&record), shape(&ours));
        for name in ["eventSource", "eventVersion"] {
            assert_eq!(record[name], ours[name], "{name}");
        }
        assert_eq!(record["dynamodb"]["StreamViewType"], "KEYS_ONLY");
    }
    assert!(source.is_string());
    let text = json!(records).to_string();
    for secret in ["grace", "Grace", "example.com"] {
        assert!(!text.contains(secret), "{text}");
    }
}
