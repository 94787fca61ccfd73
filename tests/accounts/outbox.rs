//! The outbox: each accepted request is one mail, whatever is repeated, refused or lost.

use axum::http::Request;
use serde_json::json;
use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{
    CHOSEN, Change, Fault, GRACE, Log, NEWCOMER, Post, Provider, link_of, nothing_failed, number,
    sequence_number, stream_event, text, waiting,
};

/// How long a mailer that died keeps its mail.
pub(super) const LEASE: u64 = 60;

/// The mailer's answer if the records with these numbers failed.
pub(super) fn failed(numbers: &[usize]) -> serde_json::Value {
    let failures = numbers.iter().map(|number| json!({ "itemIdentifier": sequence_number(*number) }));
    json!({ "batchItemFailures": failures.collect::<Vec<_>>() })
}

/// The names of the events since the last look.
pub(super) fn events(log: &Log) -> Vec<String> {
    log.take_events().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_answer_comes_before_any_sending() {
    let stage = Stage::set().await;
    stage.post.bag.set(Provider::Fails);
    stage.api.ask(route::FORGOT, GRACE).await;
    assert_eq!(stage.post.bag.attempts(), 0);
    assert_eq!(waiting(&stage.api).await.len(), 1);
}

/// A stream brings each write, also those of the mailer itself, and brings some twice.
#[tokio::test]
async fn a_repeated_record_sends_no_second_mail() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    let twice = [(Change::Insert, mailbox.as_str()), (Change::Modify, &mailbox)];
    for _ in 0..3 {
        assert_eq!(stage.post.handle(stream_event(twice)).await, nothing_failed());
    }
    assert_eq!((stage.post.bag.take().len(), stage.post.bag.attempts()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_arrive_at_once_send_one_mail() {
    let stage = std::sync::Arc::new(Stage::set().await);
    stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (stage, mailbox) = (stage.clone(), mailbox.clone());
        running.spawn(async move { stage.post.handle(stream_event([(Change::Modify, &*mailbox)])).await });
    }
    running.join_all().await;
    assert_eq!(stage.post.bag.attempts(), 1);
    assert!(waiting(&stage.api).await.is_empty());
}

#[tokio::test]
async fn a_record_of_a_network_or_of_a_deleted_row_sends_nothing() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    let rows = stage.api.items("MailsTable").await;
    let keys: Vec<_> = rows.iter().map(|row| row[attribute::MAILBOX].as_s().unwrap().as_str()).collect();
    let network = *keys.iter().find(|key| key.starts_with("network#")).unwrap();
    let mailbox = *keys.iter().find(|key| !key.starts_with("network#")).unwrap();
    stage.api.calls.take();
    let nothing = [(Change::Insert, network), (Change::Remove, mailbox), (Change::Modify, network)];
    assert_eq!(stage.post.handle(stream_event(nothing)).await, nothing_failed());
    assert_eq!((stage.api.calls.count(), stage.post.bag.attempts()), (0, 0));
    // A row that DynamoDB has swept meanwhile.
    let gone = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(stage.post.handle(stream_event([(Change::Modify, gone)])).await, nothing_failed());
    assert_eq!(stage.post.bag.attempts(), 0);
}

/// It is certain that the mail wasn't sent, so it may be tried at once and again and again.
#[tokio::test]
async fn a_mail_that_the_provider_fails_to_take_is_sent_later() {
    let stage = Stage::set().await;
    let request = stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    let record = || stream_event([(Change::Modify, mailbox.as_str())]);
    let (log, guard) = Log::listen();
    stage.post.bag.set(Provider::Fails);
    for _ in 0..6 {
        assert_eq!(stage.post.handle(record()).await, failed(&[1]));
    }
    assert_eq!(stage.post.bag.attempts(), 6, "the lease is given back");
    stage.post.bag.set(Provider::Accepts);
    let asked = stage.read(request).await;
    drop(guard);
    assert!(!events(&log).contains(&"mail_sent_again".to_owned()));
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

/// A refusal is final: the same mail would be refused again.
#[tokio::test]
async fn a_mail_that_the_provider_refuses_is_not_sent_again() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    let (log, guard) = Log::listen();
    stage.post.bag.set(Provider::Refuses);
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    drop(guard);
    assert_eq!(events(&log), ["mail_rejected", "mailer_refused"]);
    stage.post.bag.set(Provider::Accepts);
    assert!(waiting(&stage.api).await.is_empty());
    stage.asked(route::FORGOT, GRACE).await;
}

/// The mail has left, and its row can't be marked. The event is the operator's word for a mail that may come twice: no
/// attempt follows at once, and one that comes after the lease sends the same mail again.
#[tokio::test]
async fn a_mail_that_is_sent_and_not_marked_is_an_event() {
    let stage = Stage::set().await;
    let request = stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    let record = || stream_event([(Change::Modify, mailbox.as_str())]);
    let calls = stage.api.calls.clone();
    stage.post.bag.at_each(move || calls.fail(Fault::Before("UpdateItem Mails")));
    let (log, guard) = Log::listen();
    assert_eq!(stage.post.handle(record()).await, nothing_failed());
    drop(guard);
    assert_eq!(events(&log), ["mail_sent_unmarked", "mailer_failed"]);
    stage.post.bag.at_each(|| {});
    stage.api.calls.heal();
    let first = stage.post.bag.take().remove(0);
    assert_eq!(stage.post.handle(record()).await, failed(&[1]), "it is leased");
    stage.api.clock.advance(LEASE);
    let (log, guard) = Log::listen();
    let again = stage.read(request).await;
    drop(guard);
    assert_eq!(events(&log), ["mail_sent_again", "mail_sent"]);
    assert_eq!(link_of(&first), Some(again.link.clone()), "the same link");
    assert_eq!(stage.api.reset(&again.by_link(), CHOSEN).await.status, 200);
}

/// Another mailer takes over once the lease of the dead one is over. Before that it leaves the record for later.
#[tokio::test]
async fn a_mail_of_a_mailer_that_died_is_sent_by_the_next() {
    let stage = Stage::set().await;
    let request = stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    let rows = stage.api.items("MailsTable").await;
    let mut row = rows.into_iter().find(|row| row.contains_key(attribute::UNSENT)).unwrap();
    row.insert(attribute::LEASED_BY.to_owned(), text("the mark of another"));
    row.insert(attribute::LEASED_UNTIL.to_owned(), number(stage.api.clock.unix() + LEASE));
    stage.api.put("MailsTable", row).await;
    let record = || stream_event([(Change::Modify, mailbox.as_str())]);
    assert_eq!(stage.post.handle(record()).await, failed(&[1]), "the stream brings it again");
    assert_eq!(stage.post.bag.attempts(), 0);
    stage.api.clock.advance(LEASE);
    let asked = stage.read(request).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

/// The stack keeps a record for an hour, and a mail with an expired link would be of no use.
#[tokio::test]
async fn a_mail_with_an_expired_link_is_not_sent() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    stage.api.clock.advance(3600);
    assert!(stage.post.deliver(&stage.api).await.is_empty());
    assert_eq!(stage.post.bag.attempts(), 0);
    assert!(waiting(&stage.api).await.is_empty());
}

/// The account is read when the mail is made, not when it's asked for.
#[tokio::test]
async fn a_mail_says_how_things_are_when_it_is_sent() {
    let stage = Stage::set().await;
    stage.api.ask(route::SIGNUP, NEWCOMER).await;
    stage.api.put_account("newcomer@example.com", CHOSEN, "newcomer-user").await;
    let mail = stage.post.deliver_one(&stage.api).await;
    assert_eq!(link_of(&mail), None, "{}", mail.text);
}

/// A newer request replaces a mail that waits. One link is sent, and it works.
#[tokio::test]
async fn of_two_requests_before_the_delivery_the_last_is_sent() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    let asked = stage.asked(route::FORGOT, GRACE).await;
    assert_eq!(stage.api.reset(&asked.by_code(), CHOSEN).await.status, 200);
    assert_eq!(stage.post.bag.attempts(), 1);
}

/// The mail of a request that comes while another mail is under way is sent too.
#[tokio::test]
async fn a_request_during_a_delivery_is_delivered_as_well() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    // The first mailer fails, and before it gives the lease back the user asks again.
    stage.post.bag.set(Provider::AcceptsUnheard);
    stage.post.handle(stream_event([(Change::Modify, mailbox.as_str())])).await;
    let request = stage.api.ask(route::FORGOT, GRACE).await;
    stage.post.bag.set(Provider::Accepts);
    stage.post.bag.take();
    let asked = stage.read(request).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

#[tokio::test]
async fn each_delivery_is_one_event() {
    let stage = Stage::set().await;
    let (log, _guard) = Log::listen();
    stage.api.ask(route::FORGOT, GRACE).await;
    assert_eq!(events(&log), ["mail_requested"]);
    stage.post.deliver_one(&stage.api).await;
    assert_eq!(events(&log), ["mail_sent"]);
}

/// A cold mailer starts with the same key.
#[tokio::test]
async fn another_mailer_sends_the_same_link() {
    let stage = Stage::set().await;
    let request = stage.api.ask(route::FORGOT, GRACE).await;
    let other = Stage { post: Post::of(&stage.api.restarted().await), api: stage.api.restarted().await };
    let asked = other.read(request).await;
    assert_eq!(stage.api.reset(&asked.by_link(), CHOSEN).await.status, 200);
}

/// Only the stream calls it.
#[tokio::test]
async fn the_mailer_has_no_route() {
    let stage = Stage::set().await;
    let template = &stage.api.template;
    let functions = template.functions(&stage.api.deployment.parameters).unwrap();
    assert!(functions["mailer"].routes.is_empty());
    stage.api.send(Request::get("/mailer"), "").await.assert_gateway_error(404, "not_found");
}
