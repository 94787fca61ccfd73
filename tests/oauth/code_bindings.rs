//! A code works only for its own client, and failed attempts by others don't use it up.

use crate::harness::{Api, Browser, Device, Flow, NATIVE, Reply, THIRD, WEB, WEB_SERVER, claims};
use shared::route;

/// 43 characters that aren't the verifier.
const WRONG: &str = "0123456789012345678901234567890123456789012";

/// A code of this API, with its flow and browser.
pub(super) async fn code_in(api: &Api) -> (Flow, String, Browser<'_>) {
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(api));
    let code = flow.code(&mut browser).await;
    (flow, code, browser)
}

#[tokio::test]
async fn another_client_redirect_uri_or_verifier_does_not_use_up_the_code() {
    let api = Api::with_pages().await;
    let (flow, code, _) = code_in(&api).await;
    let before = api.items("CodesTable").await;
    let longer = format!("{}x", flow.verifier);
    for changes in [
        &[("client_id", NATIVE)][..],
        &[("client_id", THIRD)],
        &[("client_id", WEB_SERVER), ("client_secret", crate::harness::SECRET)],
        &[("redirect_uri", "https://app.example.com/other?kept=1")],
        &[("redirect_uri", "https://app.example.com/callback/")],
        &[("redirect_uri", "HTTPS://app.example.com/callback")],
        &[("code_verifier", WRONG)],
        &[("code_verifier", &longer)],
    ] {
        flow.redeem_with(&api, &code, changes).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(api.items("CodesTable").await, before);
    assert_eq!(api.items("RevocationsTable").await.len(), 0);
    flow.redeem(&api, &code).await.tokens();
}

/// RFC 7636 section 4.1: a verifier has 43 to 128 characters of a fixed set. The challenge itself isn't one.
#[tokio::test]
async fn a_verifier_must_not_be_the_challenge_and_has_a_bounded_length() {
    let api = Api::with_pages().await;
    let (flow, code, _) = code_in(&api).await;
    for verifier in [&crate::harness::hash(&flow.verifier), "short", &"x".repeat(129), "a b", "é"] {
        let reply = flow.redeem_with(&api, &code, &[("code_verifier", verifier)]).await;
        assert_eq!(reply.status, 400, "{verifier}: {reply:?}");
    }
    flow.redeem(&api, &code).await.tokens();
}

#[tokio::test]
async fn another_key_than_that_of_the_request_does_not_use_up_the_code() {
    let api = Api::binding().await.with_clients().await;
    let (mine, other) = (Device::es256(1), Device::es256(2));
    let flow = Flow::of(WEB).with("dpop_jkt", &mine.jkt);
    let code = flow.code(&mut Browser::new(&api)).await;
    let before = api.items("CodesTable").await;
    let with_other = other.proof(&api, "POST", route::TOKEN).sign();
    refused_for_key(&flow.redeem(&api, &code).await);
    refused_for_key(&flow.redeem_with_proof(&api, &code, &with_other).await);
    assert_eq!(api.items("CodesTable").await, before);
    let with_mine = mine.proof(&api, "POST", route::TOKEN).sign();
    let tokens = flow.redeem_with_proof(&api, &code, &with_mine).await.tokens();
    assert_eq!(claims(&tokens.access)["cnf"]["jkt"], mine.jkt.as_str());
}

fn refused_for_key(reply: &Reply) {
    assert_eq!(reply.status, 400, "{reply:?}");
    assert!(
        ["invalid_grant", "invalid_dpop_proof"].map(Into::into).contains(&reply.body["error"]),
        "{reply:?}"
    );
}
