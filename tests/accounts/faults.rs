//! Faults at each call of a delivery, before and after: no mail is lost, and one goes out twice only if it couldn't be
//! marked. `fault_matrix` has the faults at each call of the endpoints and the pages.

use shared::{route, store::attribute};

use super::Stage;
use crate::harness::{
    CHOSEN, Change, GRACE, NEWCOMER, Post, SCALE, Spoiled, WireFault, bounce, link_of, nothing_failed,
    stream_event, waiting,
};

pub(crate) const LEASE: &str = "UpdateItem Mails SET leased_by ADD taken";
pub(crate) const SUPPRESSION: &str = "GetItem Mails";
pub(crate) const RELEASE: &str = "UpdateItem Mails REMOVE leased_by ADD taken";
/// A malformed row waits no more.
pub(crate) const CLEAR: &str = "UpdateItem Mails REMOVE unsent";
pub(crate) const MARK: &str = "UpdateItem Mails SET sent_at REMOVE unsent";
pub(crate) const CREDENTIAL: &str = "GetItem Credentials";
pub(crate) const USER: &str = "GetItem Users";

/// The calls of a delivery to an account, in order.
pub(crate) const CALLS: [&str; 5] = [LEASE, SUPPRESSION, CREDENTIAL, USER, MARK];
/// The length of a lease, in seconds.
const LEASE_TTL: u64 = 60;

#[tokio::test]
async fn a_delivery_makes_these_calls_and_no_others() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    let (behind, proxy) = stage.api.behind_proxy().await;
    let post = Post::of(&behind);
    proxy.take_calls();
    let record = || stream_event([(Change::Modify, mailbox.as_str())]);
    assert_eq!(post.handle(record()).await, nothing_failed());
    let made: Vec<_> = proxy.take_calls().into_iter().map(|(call, _)| call).collect();
    assert_eq!(made, CALLS);
    post.handle(record()).await;
    assert_eq!(proxy.take_calls(), [(LEASE.to_owned(), 1)], "nothing waits");
}

/// One fault of one call, until the lease is over; then the stream brings the record again.
async fn delivers(call: &'static str, fault: WireFault) {
    let stage = Stage::set().await;
    let request = stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    let (behind, proxy) = stage.api.behind_proxy().await;
    let post = Post::of(&behind);
    let record = || stream_event([(Change::Modify, mailbox.as_str())]);
    proxy.spoil(Spoiled::From(call, 1), fault);
    let answer = post.handle(record()).await;
    assert!(proxy.heal() > 0, "{call}: it is made");
    // An unmarked mail isn't tried again, since it would be sent twice.
    assert_eq!(answer == nothing_failed(), call == MARK, "{call} {fault:?}: {answer}");
    stage.api.clock.advance(LEASE_TTL);
    assert_eq!(post.handle(record()).await, nothing_failed(), "{call} {fault:?}");
    let mails = post.bag.take();
    let expected = if call == MARK && !fault.is_after() { 2 } else { 1 };
    assert_eq!(mails.len(), expected, "{call} {fault:?}");
    assert!(waiting(&stage.api).await.is_empty(), "{call} {fault:?}");
    let link = link_of(&mails[0]).unwrap();
    assert!(mails.iter().all(|mail| link_of(mail).as_ref() == Some(&link)), "{call} {fault:?}");
    assert_eq!(stage.api.reset(&[("token", &link)], CHOSEN).await.status, 200, "{request}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_at_any_call_of_a_delivery_loses_the_mail() {
    let mut running = tokio::task::JoinSet::new();
    for (row, call) in CALLS.into_iter().enumerate() {
        for fault in SCALE.cells(row, WireFault::ALL.into()) {
            running.spawn(delivers(call, fault));
        }
    }
    running.join_all().await;
}

/// The lease ends by itself.
#[tokio::test]
async fn a_lease_that_is_not_given_back_delays_the_mail() {
    for fault in [WireFault::Denied, WireFault::CutAfter] {
        let stage = Stage::set().await;
        stage.api.ask(route::FORGOT, GRACE).await;
        let mailbox = waiting(&stage.api).await.remove(0);
        let (behind, proxy) = stage.api.behind_proxy().await;
        let post = Post::of(&behind);
        let record = || stream_event([(Change::Modify, mailbox.as_str())]);
        post.bag.set(crate::harness::Provider::Fails);
        proxy.spoil(Spoiled::From(RELEASE, 1), fault);
        assert_ne!(post.handle(record()).await, nothing_failed());
        assert!(proxy.heal() > 0);
        post.bag.set(crate::harness::Provider::Accepts);
        stage.api.clock.advance(LEASE_TTL);
        assert_eq!(post.handle(record()).await, nothing_failed());
        assert_eq!(post.bag.take().len(), 1);
    }
}

/// The record comes again until the row is cleared.
#[tokio::test]
async fn a_malformed_row_that_cannot_be_cleared_is_tried_again() {
    for fault in [WireFault::Denied, WireFault::CutAfter] {
        let stage = Stage::set().await;
        stage.api.ask(route::FORGOT, GRACE).await;
        let rows = stage.api.items("MailsTable").await;
        let mut row = rows.into_iter().find(|row| row.contains_key(attribute::UNSENT)).unwrap();
        row.remove(attribute::LANGUAGE);
        let mailbox = row[attribute::MAILBOX].as_s().unwrap().clone();
        stage.api.put("MailsTable", row).await;
        let (behind, proxy) = stage.api.behind_proxy().await;
        let post = Post::of(&behind);
        let record = || stream_event([(Change::Modify, mailbox.as_str())]);
        proxy.spoil(Spoiled::From(CLEAR, 1), fault);
        assert_ne!(post.handle(record()).await, nothing_failed());
        assert!(proxy.heal() > 0);
        stage.api.clock.advance(LEASE_TTL);
        assert_eq!(post.handle(record()).await, nothing_failed());
        assert!(waiting(&stage.api).await.is_empty());
        assert_eq!(post.bag.attempts(), 0);
    }
}

/// SNS repeats a report whose function failed.
#[tokio::test]
async fn a_bounce_that_cannot_be_stored_is_an_error_and_can_be_repeated() {
    let stage = Stage::set().await;
    stage.api.calls.fail(crate::harness::Fault::Before("UpdateItem Mails"));
    stage.post.try_handle(bounce("Permanent", NEWCOMER)).await.unwrap_err();
    stage.api.calls.heal();
    stage.post.handle(bounce("Permanent", NEWCOMER)).await;
    stage.api.ask(route::SIGNUP, NEWCOMER).await;
    assert!(stage.post.deliver(&stage.api).await.is_empty());
}
