//! Deliveries whose outcome nobody knows: the mail may be sent twice, and an event says so. It isn't sent without end.

use shared::{route, store::attribute};

use super::{
    Stage,
    outbox::{LEASE, events, failed},
};
use crate::harness::{
    CHOSEN, Change, GRACE, Log, Provider, code_of, link_of, nothing_failed, stream_event, waiting,
};

/// How often a mail is sent at most if no outcome is known.
const MOST: usize = 3;

/// The provider may have accepted the mail. So no other delivery takes it while an answer may be under way.
#[tokio::test]
async fn a_mail_without_an_answer_stays_leased_and_is_sent_again() {
    for provider in [Provider::AcceptsUnheard, Provider::FailsUnheard] {
        let stage = Stage::set().await;
        let request = stage.api.ask(route::FORGOT, GRACE).await;
        let mailbox = waiting(&stage.api).await.remove(0);
        let record = || stream_event([(Change::Modify, mailbox.as_str())]);
        stage.post.bag.set(provider);
        assert_eq!(stage.post.handle(record()).await, failed(&[1]));
        stage.post.bag.set(Provider::Accepts);
        stage.api.clock.advance(LEASE - 1);
        assert_eq!(stage.post.handle(record()).await, failed(&[1]), "the stream brings it again");
        assert_eq!(stage.post.bag.attempts(), 1);
        stage.api.clock.advance(1);
        let first = stage.post.bag.take();
        let (log, guard) = Log::listen();
        let again = stage.read(request).await;
        drop(guard);
        assert_eq!(events(&log), ["mail_sent_again", "mail_sent"]);
        for first in first {
            assert_eq!(link_of(&first).as_ref(), Some(&again.link), "the same mail");
            assert_eq!(code_of(&first).as_ref(), Some(&again.code));
        }
        assert_eq!(stage.api.reset(&again.by_link(), CHOSEN).await.status, 200);
    }
}

#[tokio::test]
async fn the_fourth_delivery_without_an_answer_gives_the_mail_up() {
    let stage = Stage::set().await;
    stage.api.ask(route::FORGOT, GRACE).await;
    let mailbox = waiting(&stage.api).await.remove(0);
    let record = || stream_event([(Change::Modify, mailbox.as_str())]);
    stage.post.bag.set(Provider::AcceptsUnheard);
    for number in 1..=MOST {
        let (log, guard) = Log::listen();
        assert_eq!(stage.post.handle(record()).await, failed(&[1]));
        drop(guard);
        let is_again = events(&log).contains(&"mail_sent_again".to_owned());
        assert_eq!(is_again, number > 1);
        stage.api.clock.advance(LEASE);
    }
    stage.post.bag.set(Provider::Accepts);
    let (log, guard) = Log::listen();
    assert_eq!(stage.post.handle(record()).await, nothing_failed());
    drop(guard);
    assert_eq!(events(&log), ["mail_rejected", "mailer_failed"]);
    assert_eq!(stage.post.bag.attempts(), MOST);
    assert!(waiting(&stage.api).await.is_empty());
    // Each of them may have arrived, and its link is good.
    let link = link_of(&stage.post.bag.take()[0]).unwrap();
    assert_eq!(stage.api.reset(&[("token", &link)], CHOSEN).await.status, 200);
}

/// The count is the mail's, and not the address's.
#[tokio::test]
async fn a_new_request_is_counted_anew() {
    let stage = Stage::set().await;
    for is_marked in [true, false] {
        stage.api.ask(route::FORGOT, GRACE).await;
        let mailbox = waiting(&stage.api).await.remove(0);
        stage.post.bag.set(Provider::FailsUnheard);
        for _ in 1..MOST {
            stage.post.handle(stream_event([(Change::Modify, mailbox.as_str())])).await;
            stage.api.clock.advance(LEASE);
        }
        stage.post.bag.set(Provider::Accepts);
        if is_marked {
            stage.post.deliver_one(&stage.api).await;
        }
    }
    let (log, guard) = Log::listen();
    stage.asked(route::FORGOT, GRACE).await;
    drop(guard);
    assert_eq!(events(&log), ["mail_requested", "mail_sent"]);
    let rows = stage.api.items("MailsTable").await;
    assert!(rows.iter().all(|row| !row.contains_key(attribute::TAKEN)));
}
