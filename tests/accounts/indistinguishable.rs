//! No request of a stranger tells whether an address has an account. Known, unknown, disabled and unconfirmed addresses,
//! and addresses that another request has just named, get the same answers, by the same calls, and leave the same rows.

use shared::route;

use super::{
    Stage,
    look::{Seen, look},
};
use crate::harness::{APP, Browser};

const KNOWN: &str = "known@example.com";
const UNKNOWN: &str = "other@example.com";
const DISABLED: &str = "ended@example.com";
/// It has asked for a sign-up before, and hasn't confirmed it.
const UNCONFIRMED: &str = "begun@example.com";
/// Another request named it a minute ago, for each kind of mail.
const ASKED_FOR: &str = "asked@example.com";
const ADDRESSES: [&str; 5] = [KNOWN, UNKNOWN, DISABLED, UNCONFIRMED, ASKED_FOR];

const PASSWORD: &str = "a password like others";

/// A deployment with an address of each kind, a minute after another request named one.
async fn stage() -> Stage {
    let stage = Stage::set().await;
    stage.api.put_account(KNOWN, PASSWORD, "known-user").await;
    stage.api.put_account(DISABLED, PASSWORD, "ended-user").await;
    stage.api.disable("ended-user").await;
    stage.asked(route::SIGNUP, UNCONFIRMED).await;
    for path in [route::SIGNUP, route::FORGOT] {
        stage.api.try_ask_from(1, path, ASKED_FOR).await.request_token();
    }
    stage.post.deliver(&stage.api).await;
    stage.api.clock.advance(60);
    stage
}

/// Asserts that all are alike.
#[track_caller]
fn assert_alike(seen: Vec<Seen>) {
    let mut seen = seen.into_iter();
    let first = seen.next().unwrap();
    for (other, address) in seen.zip(&ADDRESSES[1..]) {
        assert_eq!(other, first, "{address}");
    }
}

#[tokio::test]
async fn a_request_for_a_mail_tells_nothing_of_its_address() {
    for path in [route::SIGNUP, route::FORGOT] {
        let stage = stage().await;
        let before = stage.api.stored().await;
        let mut seen = Vec::new();
        for email in ADDRESSES {
            seen.push(look(&stage.api, &before, async || stage.api.try_ask(path, email).await).await);
            assert_eq!(seen.last().unwrap().status, 202);
        }
        assert_alike(seen);
    }
}

#[tokio::test]
async fn a_request_at_the_pages_tells_nothing_of_its_address() {
    for path in [route::ACCOUNT_NEW, route::ACCOUNT_FORGOT] {
        let stage = stage().await;
        let mut browser = Browser::new(&stage.api);
        let form = browser.get(path).await.form_with("action", Some("ask"));
        let before = stage.api.stored().await;
        let mut seen = Vec::new();
        for email in ADDRESSES {
            stage.api.restore(&before).await;
            stage.api.calls.take();
            let page = browser.submit(&form, &[("email", email)], Some(("action", "ask"))).await;
            page.assert_page(200);
            let calls = stage.api.calls.take().into_iter();
            let calls: Vec<_> = calls.map(|call| (call.name, call.units.map(f64::to_bits))).collect();
            seen.push((page.html.len(), calls));
        }
        assert!(seen.iter().all(|other| *other == seen[0]), "{path}: {seen:?}");
    }
}

/// Also when the earlier request's mail was never sent, or has just been sent.
#[tokio::test]
async fn a_second_request_tells_nothing_of_its_address() {
    for is_delivered in [true, false] {
        let stage = stage().await;
        let mut states = Vec::new();
        let before = stage.api.stored().await;
        for email in ADDRESSES {
            stage.api.restore(&before).await;
            let request = stage.api.ask(route::FORGOT, email).await;
            if is_delivered {
                stage.post.deliver_one(&stage.api).await;
            }
            states.push((email, request, stage.api.stored().await));
        }
        let (mut again, mut resent) = (Vec::new(), Vec::new());
        for (email, request, state) in &states {
            let ask = async || stage.api.try_ask(route::FORGOT, email).await;
            again.push(look(&stage.api, state, ask).await);
            resent.push(look(&stage.api, state, async || stage.api.try_resend(request).await).await);
        }
        for seen in [again, resent] {
            assert!(seen.iter().all(|seen| seen.status == 202), "{seen:?}");
            assert_alike(seen);
        }
    }
}

/// A spent bound depends on the requests alone.
#[tokio::test]
async fn a_refused_request_tells_nothing_of_its_address() {
    let stage = stage().await;
    let before = stage.api.stored().await;
    let mut seen = Vec::new();
    for email in ADDRESSES.into_iter().filter(|email| *email != ASKED_FOR) {
        stage.api.restore(&before).await;
        for _ in 0..5 {
            stage.api.ask(route::FORGOT, email).await;
        }
        let spent = stage.api.stored().await;
        seen.push(look(&stage.api, &spent, async || stage.api.try_ask(route::FORGOT, email).await).await);
        assert_eq!(seen.last().unwrap().status, 429);
    }
    assert_alike(seen);
}

/// A stranger has the request token, and no mail.
#[tokio::test]
async fn a_guessed_code_tells_nothing_of_its_address() {
    for (ask, use_up) in [(route::SIGNUP, route::SIGNUP_CONFIRM), (route::FORGOT, route::RESET)] {
        let stage = stage().await;
        let before = stage.api.stored().await;
        let mut seen = Vec::new();
        for email in ADDRESSES {
            stage.api.restore(&before).await;
            let request = stage.api.ask(ask, email).await;
            let waiting = stage.api.stored().await;
            let send = async || {
                let parameters = [
                    ("client_id", APP),
                    ("request", request.as_str()),
                    ("code", "000000"),
                    ("password", PASSWORD),
                    ("new_password", PASSWORD),
                ];
                stage.api.post(use_up, &parameters).await
            };
            seen.push(look(&stage.api, &waiting, send).await);
            assert_eq!(seen.last().unwrap().status, 400);
        }
        assert_alike(seen);
    }
}

/// The operator's settings decide about the domain and the client, and the address itself doesn't matter.
#[tokio::test]
async fn a_closed_sign_up_tells_nothing_of_its_address() {
    let stage = Stage::with("SignUpDomains", "example.org").await;
    stage.api.put_account(KNOWN, PASSWORD, "known-user").await;
    stage.api.put_account(DISABLED, PASSWORD, "ended-user").await;
    stage.api.disable("ended-user").await;
    stage.api.try_ask(route::SIGNUP, "first@example.com").await.assert_error(403, "access_denied");
    let before = stage.api.stored().await;
    let mut seen = Vec::new();
    for email in ADDRESSES {
        seen.push(look(&stage.api, &before, async || stage.api.try_ask(route::SIGNUP, email).await).await);
    }
    assert_alike(seen);
}

/// Suppression is the provider's word about an address, and no stranger hears it either.
#[tokio::test]
async fn an_address_that_bounced_is_answered_alike() {
    let stage = stage().await;
    let before = stage.api.stored().await;
    let plain = look(&stage.api, &before, async || stage.api.try_ask(route::FORGOT, KNOWN).await).await;
    stage.api.restore(&before).await;
    stage.post.handle(crate::harness::bounce("Permanent", KNOWN)).await;
    let bounced = stage.api.stored().await;
    let seen = look(&stage.api, &bounced, async || stage.api.try_ask(route::FORGOT, KNOWN).await).await;
    assert_eq!((seen.status, seen.headers, seen.body_len), (plain.status, plain.headers, plain.body_len));
    assert_eq!((seen.calls, seen.events), (plain.calls, plain.events));
}
