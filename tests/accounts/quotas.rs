//! The bound of mails to an address. `networks` has that of a network.

use std::sync::Arc;

use shared::route;
use tokio::task::JoinSet;

use super::Stage;
use crate::harness::{CHOSEN, Change, GRACE, NEWCOMER, Reply, stream_event, waiting};

/// Asserts a refusal for too many requests, and returns the time to wait, in seconds.
#[track_caller]
pub(super) fn assert_spent(reply: &Reply) -> u64 {
    reply.assert_error(429, "temporarily_unavailable");
    reply.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_address_gets_five_mails_at_once_and_five_again_an_hour_later() {
    let stage = Stage::set().await;
    // The last pause is so long that the row's list begins anew.
    for pause in [0, 3600, 3600, 2 * 3600] {
        stage.api.clock.advance(pause);
        for _ in 0..5 {
            stage.asked(route::FORGOT, GRACE).await;
        }
        assert_eq!(assert_spent(&stage.api.try_ask(route::FORGOT, GRACE).await), 3600);
    }
    stage.api.clock.advance(3599);
    assert_eq!(assert_spent(&stage.api.try_ask(route::FORGOT, GRACE).await), 1);
}

/// Someone asks for a mail every twenty minutes, and after an hour every five minutes for all that there are.
#[tokio::test]
async fn no_hour_has_more_mails_to_an_address_than_the_bound() {
    let stage = Stage::set().await;
    let mut mailed: Vec<u64> = Vec::new();
    for step in 0..48_u16 {
        let now = stage.api.clock.unix();
        let asked = if step < 12 { u32::from(step % 4 == 0) } else { 6 };
        for _ in 0..asked {
            let counted: Vec<_> = mailed.iter().filter(|instant| **instant + 3600 > now).collect();
            let reply = stage.api.try_ask_from(step, route::FORGOT, GRACE).await;
            if counted.len() == 5 {
                assert_eq!(assert_spent(&reply), counted[0] + 3600 - now, "until the oldest is an hour old");
            } else {
                assert_eq!(reply.status, 202, "{step}: {mailed:?}");
                mailed.push(now);
            }
        }
        stage.api.clock.advance(300);
    }
    for first in &mailed {
        let hour = *first..first + 3600;
        assert!(mailed.iter().filter(|instant| hour.contains(instant)).count() <= 5, "{mailed:?}");
    }
    assert_eq!(mailed.len(), 3 + 3 * 5, "{mailed:?}");
}

#[tokio::test]
async fn the_bound_of_an_address_is_a_parameter() {
    let stage = Stage::with("MailsPerHour", "10").await;
    for _ in 0..10 {
        stage.asked(route::FORGOT, GRACE).await;
    }
    let wait = assert_spent(&stage.api.try_ask(route::FORGOT, GRACE).await);
    assert_eq!(wait, 3600);
    let template = &stage.api.template;
    for (value, is_good) in [("4", false), ("5", true), ("10", true), ("11", false)] {
        assert_eq!(template.check("MailsPerHour", value).is_ok(), is_good, "{value}");
    }
}

/// Spellings of an address are one address.
#[tokio::test]
async fn resends_and_spellings_share_the_bound_of_an_address() {
    let stage = Stage::set().await;
    let request = stage.asked(route::SIGNUP, NEWCOMER).await.request;
    stage.api.ask(route::SIGNUP, "newcomer@EXAMPLE.com").await;
    let request = stage.api.try_resend(&request).await.request_token();
    let request = stage.api.try_resend(&request).await.request_token();
    stage.api.ask(route::SIGNUP, "NEWCOMER@example.com").await;
    assert_spent(&stage.api.try_ask(route::SIGNUP, NEWCOMER).await);
    assert_spent(&stage.api.try_resend(&request).await);
    stage.api.ask(route::SIGNUP, GRACE).await;
}

/// Else a stranger who asks for sign-ups would keep the owner of the address from a new password.
#[tokio::test]
async fn sign_ups_neither_end_nor_block_a_reset_and_the_reverse() {
    for (path, email, other) in
        [(route::FORGOT, GRACE, route::SIGNUP), (route::SIGNUP, NEWCOMER, route::FORGOT)]
    {
        for is_first in [true, false] {
            let stage = Stage::set().await;
            let first = stage.asked(path, email).await;
            for network in 1..=5 {
                stage.api.try_ask_from(network, other, email).await.request_token();
                stage.post.deliver_one(&stage.api).await;
            }
            assert_spent(&stage.api.try_ask_from(6, other, email).await);
            let asked = if is_first { first } else { stage.asked(path, email).await };
            let reply = match path {
                route::SIGNUP => stage.api.confirm(&asked.by_code(), CHOSEN).await,
                _ => stage.api.reset(&asked.by_code(), CHOSEN).await,
            };
            assert_eq!(reply.status, 200, "{path}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_request_leaves_the_last_link_and_code() {
    for by_link in [true, false] {
        let stage = Stage::set().await;
        for _ in 0..4 {
            stage.api.ask(route::FORGOT, GRACE).await;
        }
        let asked = stage.asked(route::FORGOT, GRACE).await;
        for _ in 0..10 {
            assert_spent(&stage.api.try_ask(route::FORGOT, GRACE).await);
        }
        assert!(waiting(&stage.api).await.is_empty());
        let (link, code) = (asked.by_link(), asked.by_code());
        let means = if by_link { &link[..] } else { &code };
        assert_eq!(stage.api.reset(means, CHOSEN).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_parallel_requests_for_one_address_send_at_most_the_bound() {
    let stage = Arc::new(Stage::set().await);
    let mut running = JoinSet::new();
    for network in 0..200 {
        let stage = stage.clone();
        running.spawn(async move {
            let reply = stage.api.try_ask_from(network, route::FORGOT, GRACE).await;
            if reply.status == 202 {
                // The stream brings each write to the mailer.
                let waiting = waiting(&stage.api).await;
                let changes = waiting.iter().map(|mailbox| (Change::Modify, mailbox.as_str()));
                stage.post.handle(stream_event(changes)).await;
            } else {
                assert_spent(&reply);
            }
            reply.status
        });
    }
    let statuses = running.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 5);
    stage.post.deliver(&stage.api).await;
    assert!(stage.post.bag.attempts() <= 5, "{}", stage.post.bag.attempts());
}
