//! A second use of a code ends the session of the first (RFC 6749 section 4.1.2).

use std::sync::Arc;

use shared::{route, store::attribute};
use tokio::task::JoinSet;

use crate::harness::{Api, Browser, Device, Flow, Log, Spoiled, WEB, WEB_SERVER, WireFault, form};

#[tokio::test]
async fn a_second_use_ends_the_session_of_the_first() {
    for later in [0, 59, 60, 3000] {
        let api = Api::with_pages().await;
        let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
        let code = flow.code(&mut browser).await;
        let tokens = flow.redeem(&api, &code).await.tokens();
        assert_eq!(api.call(&tokens.access).await.status, 200);
        api.clock.advance(later);
        let (log, _guard) = Log::listen();
        flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
        let names: Vec<_> = log.take_events().iter().map(|event| event["event"].clone()).collect();
        assert_eq!(names, ["code_reused", "session_revoked", "token_refused"], "after {later} s");
        assert_eq!(api.call(&tokens.access).await.status, 401, "at once");
        api.refresh_of_flow(&flow, &tokens.refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(api.items("RevocationsTable").await.len(), 1);
        // A third use changes nothing.
        flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
        // The user is still signed in at the pages: the code leaked, but the cookie didn't.
        assert!(!flow.begin(&mut browser).await.asks_for_password());
    }
}

#[tokio::test]
async fn a_session_that_was_refreshed_since_ends_too() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let code = flow.code(&mut Browser::new(&api)).await;
    let first = flow.redeem(&api, &code).await.tokens();
    let next = api.refresh_of_flow(&flow, &first.refresh).await.tokens();
    flow.redeem(&api, &code).await.assert_error(400, "invalid_grant");
    assert_eq!(api.call(&next.access).await.status, 401);
    api.refresh_of_flow(&flow, &next.refresh).await.assert_error(400, "invalid_grant");
}

/// An attacker who only saw a code in a history or log can't end a session.
#[tokio::test]
async fn a_second_use_that_does_not_match_ends_nothing() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB_SERVER);
    let code = flow.code(&mut Browser::new(&api)).await;
    let tokens = flow.redeem(&api, &code).await.tokens();
    let before = api.stored().await;
    let wrong = "0123456789012345678901234567890123456789012";
    for (change, status, error) in [
        (("code_verifier", wrong), 400, "invalid_grant"),
        (("redirect_uri", "https://server.example.com/other"), 400, "invalid_grant"),
        (("client_secret", "wrong"), 401, "invalid_client"),
    ] {
        flow.redeem_with(&api, &code, &[change]).await.assert_error(status, error);
    }
    assert_eq!(api.stored().await, before);
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_second_use_with_another_key_ends_nothing_either() {
    let api = Api::binding().await.with_clients().await;
    let (mine, other) = (Device::es256(1), Device::es256(2));
    let flow = Flow::of(WEB).with("dpop_jkt", &mine.jkt);
    let code = flow.code(&mut Browser::new(&api)).await;
    let proof = mine.proof(&api, "POST", route::TOKEN).sign();
    let tokens = flow.redeem_with_proof(&api, &code, &proof).await.tokens();
    let foreign = other.proof(&api, "POST", route::TOKEN).sign();
    assert_eq!(flow.redeem_with_proof(&api, &code, &foreign).await.status, 400);
    assert_eq!(api.call_of(&mine, &tokens.access).await.status, 200);
}

/// The second request is refused and the first is ended, so no session survives.
#[tokio::test(flavor = "multi_thread")]
async fn at_most_one_of_twenty_concurrent_uses_is_served_and_no_session_lives() {
    let first = Arc::new(Api::with_pages().await);
    let others = [Arc::new(first.restarted().await), Arc::new(first.restarted().await)];
    let flow = Flow::of(WEB);
    let code = flow.code(&mut Browser::new(&first)).await;
    let mut requests = JoinSet::new();
    for i in 0..20 {
        let api = [&first, &others[0], &others[1]][i % 3].clone();
        let body = form(&flow.redemption(&code));
        requests.spawn(async move { api.send(crate::harness::form_post(route::TOKEN), body).await });
    }
    let replies = requests.join_all().await;
    let served: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert!(served.len() <= 1, "{served:?}");
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        reply.assert_error(400, "invalid_grant");
    }
    for tokens in served.iter().map(|reply| reply.tokens()) {
        assert_eq!(first.call(&tokens.access).await.status, 401);
        first.refresh_of_flow(&flow, &tokens.refresh).await.assert_error(400, "invalid_grant");
    }
    let code = first.items("CodesTable").await.remove(0);
    assert!(code.contains_key(attribute::REDEEMED_BY), "one of them used it up");
}

/// The SDK repeats a write whose answer was lost, and the repetition recognises itself.
#[tokio::test]
async fn the_sdks_retry_of_an_applied_write_recognises_its_work() {
    for write in [REDEEM, PUT] {
        let api = Api::with_pages().await;
        let flow = Flow::of(WEB);
        let code = flow.code(&mut Browser::new(&api)).await;
        let before = api.items("SessionsTable").await.len();
        let (behind, proxy) = api.behind_proxy().await;
        proxy.spoil(Spoiled::Once(write, 1), WireFault::CutAfter);
        let tokens = flow.redeem(&behind, &code).await.tokens();
        let attempts = proxy.take_calls().into_iter().find(|(call, _)| call == write).unwrap().1;
        assert_eq!(attempts, 2, "{write}: the write, whose answer was lost, and its retry");
        assert_eq!(api.items("SessionsTable").await.len(), before + 1);
        assert_eq!(api.call(&tokens.access).await.status, 200);
        api.refresh_of_flow(&flow, &tokens.refresh).await.tokens();
    }
}

const REDEEM: &str = "UpdateItem Codes SET redeemed_by";
const PUT: &str = "PutItem Sessions";
