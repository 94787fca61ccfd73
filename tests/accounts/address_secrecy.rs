//! A user who asks for a change learns nothing of the new address: known, unknown, disabled and unconfirmed ones, and
//! those that another request has just named, get the same answers, by the same calls, and leave the same rows.

use shared::route;

use super::{
    Stage,
    look::{Seen, look},
};
use crate::harness::{APP, Browser, Flow, GRACE, GRACES_PASSWORD, Tokens, WEB, bounce};

const KNOWN: &str = "known@example.com";
const UNKNOWN: &str = "other@example.com";
const DISABLED: &str = "ended@example.com";
/// It has asked for a sign-up before, and hasn't confirmed it.
const UNCONFIRMED: &str = "begun@example.com";
/// Another user asked for a change to it a minute ago.
const ASKED_FOR: &str = "asked@example.com";
const ADDRESSES: [&str; 5] = [KNOWN, UNKNOWN, DISABLED, UNCONFIRMED, ASKED_FOR];

const PASSWORD: &str = "a password like others";

/// A deployment with an address of each kind, and Grace's session.
async fn stage() -> (Stage, Tokens) {
    let stage = Stage::set().await;
    stage.api.put_account(KNOWN, PASSWORD, "known-user").await;
    stage.api.put_account(DISABLED, PASSWORD, "ended-user").await;
    stage.api.disable("ended-user").await;
    stage.asked(route::SIGNUP, UNCONFIRMED).await;
    stage.api.put_account("third@example.com", PASSWORD, "third-user").await;
    let others = stage.api.try_login_as("third@example.com", PASSWORD).await.tokens();
    let reply = stage.api.try_change_address_from(1, &others.access, ASKED_FOR, PASSWORD).await;
    reply.request_token();
    stage.post.deliver(&stage.api).await;
    let tokens = stage.api.graces().await;
    stage.api.clock.advance(60);
    (stage, tokens)
}

/// Asserts that all are alike.
#[track_caller]
fn assert_alike(seen: Vec<Seen>, addresses: &[&str]) {
    let mut seen = seen.into_iter();
    let first = seen.next().unwrap();
    for (other, address) in seen.zip(&addresses[1..]) {
        assert_eq!(other, first, "{address}");
    }
}

#[tokio::test]
async fn a_request_for_a_change_tells_nothing_of_the_new_address() {
    let (stage, tokens) = stage().await;
    let api = &stage.api;
    let before = api.stored().await;
    let mut seen = Vec::new();
    for email in ADDRESSES {
        let ask = async || api.try_change_address(&tokens.access, email, GRACES_PASSWORD).await;
        seen.push(look(api, &before, ask).await);
        assert_eq!(seen.last().unwrap().status, 202);
    }
    assert_alike(seen, &ADDRESSES);
}

#[tokio::test]
async fn a_wrong_password_tells_nothing_of_the_new_address() {
    let (stage, tokens) = stage().await;
    let api = &stage.api;
    let before = api.stored().await;
    let mut seen = Vec::new();
    for email in ADDRESSES {
        let ask = async || api.try_change_address(&tokens.access, email, "a wrong password").await;
        seen.push(look(api, &before, ask).await);
        assert_eq!(seen.last().unwrap().status, 400);
    }
    assert_alike(seen, &ADDRESSES);
}

/// Also when the earlier request's mail was never sent, or has just been sent.
#[tokio::test]
async fn a_second_request_tells_nothing_of_the_new_address() {
    for is_delivered in [true, false] {
        let (stage, tokens) = stage().await;
        let api = &stage.api;
        let before = api.stored().await;
        let mut states = Vec::new();
        for email in ADDRESSES {
            api.restore(&before).await;
            let reply = api.try_change_address(&tokens.access, email, GRACES_PASSWORD).await;
            let request = reply.request_token();
            if is_delivered {
                stage.post.deliver_one(api).await;
            }
            states.push((email, request, api.stored().await));
        }
        let (mut again, mut resent) = (Vec::new(), Vec::new());
        for (email, request, state) in &states {
            let ask = async || api.try_change_address(&tokens.access, email, GRACES_PASSWORD).await;
            again.push(look(api, state, ask).await);
            resent.push(look(api, state, async || api.try_resend(request).await).await);
        }
        for seen in [again, resent] {
            assert!(seen.iter().all(|seen| seen.status == 202), "{seen:?}");
            assert_alike(seen, &ADDRESSES);
        }
    }
}

/// The user has the request token, and no mail.
#[tokio::test]
async fn a_guessed_code_tells_nothing_of_the_new_address() {
    let (stage, tokens) = stage().await;
    let api = &stage.api;
    let before = api.stored().await;
    let mut seen = Vec::new();
    for email in ADDRESSES {
        api.restore(&before).await;
        let reply = api.try_change_address(&tokens.access, email, GRACES_PASSWORD).await;
        let request = reply.request_token();
        let waiting = api.stored().await;
        let guess = [("client_id", APP), ("request", request.as_str()), ("code", "000000")];
        seen.push(look(api, &waiting, async || api.post(route::EMAIL_CONFIRM, &guess).await).await);
        assert_eq!(seen.last().unwrap().status, 400);
    }
    assert_alike(seen, &ADDRESSES);
}

#[tokio::test]
async fn a_spent_bound_tells_nothing_of_the_new_address() {
    let (stage, tokens) = stage().await;
    let api = &stage.api;
    let before = api.stored().await;
    let addresses: Vec<_> = ADDRESSES.into_iter().filter(|email| *email != ASKED_FOR).collect();
    let mut seen = Vec::new();
    for email in &addresses {
        api.restore(&before).await;
        for _ in 0..5 {
            api.try_change_address(&tokens.access, email, GRACES_PASSWORD).await.request_token();
        }
        let spent = api.stored().await;
        let ask = async || api.try_change_address(&tokens.access, email, GRACES_PASSWORD).await;
        seen.push(look(api, &spent, ask).await);
        assert_eq!(seen.last().unwrap().status, 429);
    }
    assert_alike(seen, &addresses);
}

/// Suppression is the provider's word about an address, and no user hears it.
#[tokio::test]
async fn an_address_that_bounced_is_answered_alike() {
    let (stage, tokens) = stage().await;
    let api = &stage.api;
    let before = api.stored().await;
    let ask = async || api.try_change_address(&tokens.access, KNOWN, GRACES_PASSWORD).await;
    let plain = look(api, &before, ask).await;
    api.restore(&before).await;
    stage.post.handle(bounce("Permanent", KNOWN)).await;
    let bounced = api.stored().await;
    let seen = look(api, &bounced, ask).await;
    assert_eq!((seen.status, seen.headers, seen.body_len), (plain.status, plain.headers, plain.body_len));
    assert_eq!((seen.calls, seen.events), (plain.calls, plain.events));
}

#[tokio::test]
async fn a_request_at_the_pages_tells_nothing_of_the_new_address() {
    let (stage, _) = stage().await;
    let stage = Stage::of(stage.api.with_clients().await);
    let api = &stage.api;
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in_as(&mut browser, GRACE, GRACES_PASSWORD).await;
    let form = browser.get(route::ACCOUNT_EMAIL).await.form_with("action", Some("ask"));
    let before = api.stored().await;
    let mut seen = Vec::new();
    for email in ADDRESSES {
        api.restore(&before).await;
        api.calls.take();
        let fields = [("email", email), ("current_password", GRACES_PASSWORD)];
        let page = browser.submit(&form, &fields, Some(("action", "ask"))).await;
        page.assert_page(200);
        let calls = api.calls.take().into_iter();
        let calls: Vec<_> = calls.map(|call| (call.name, call.units.map(f64::to_bits))).collect();
        seen.push((page.html.len(), calls));
    }
    assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
}
