//! A code, from the client's request to its tokens.

use serde_json::json;

use crate::harness::{
    Api, Browser, Flow, Log, NATIVE, SCOPES, SESSION_COOKIE, USER_ID, WEB, WEB_SERVER, claims, forged, form,
    form_post, id_token,
};
use shared::route;

/// The granted scopes in an answer's order: sorted.
const GRANTED: &str = "email offline_access openid profile read write";

#[tokio::test]
async fn a_public_and_a_confidential_client_sign_a_user_in() {
    let api = Api::with_pages().await;
    for client_id in [WEB, WEB_SERVER, NATIVE] {
        let (flow, mut browser) = (Flow::of(client_id), Browser::new(&api));
        let page = flow.begin(&mut browser).await;
        page.assert_page(200);
        let redirect = flow.sign_in(&mut browser).await.redirect();
        let names: Vec<_> = redirect.parameters.keys().map(String::as_str).collect();
        assert_eq!(names, ["code", "iss", "state"], "{client_id}");
        assert_eq!(redirect.parameter("state"), "a state & more");
        let code = redirect.parameter("code");
        assert!(code.starts_with("lgc1_"), "as secret scanners know it");

        let reply = flow.redeem(&api, code).await;
        let tokens = reply.tokens();
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.body["token_type"], "bearer");
        assert_eq!(reply.body["scope"], GRANTED);
        let claims = claims(&tokens.access);
        assert_eq!((&claims["sub"], &claims["client_id"]), (&json!(USER_ID), &json!(client_id)));
        assert_eq!(claims["scope"], GRANTED);
        assert!(!id_token(&reply).is_empty());
        assert_eq!(api.call(&tokens.access).await.status, 200, "{client_id}");
    }
}

#[tokio::test]
async fn a_confidential_client_must_authenticate_in_exactly_one_way() {
    let api = Api::with_pages().await;
    let (flow, mut browser) = (Flow::of(WEB_SERVER), Browser::new(&api));
    let code = flow.code(&mut browser).await;
    flow.redeem_with(&api, &code, &[("client_secret", "")]).await.assert_error(401, "invalid_client");
    flow.redeem_with(&api, &code, &[("client_secret", "wrong")]).await.assert_error(401, "invalid_client");
    // `web-server:demo-server-secret`
    let basic = "Basic d2ViLXNlcnZlcjpkZW1vLXNlcnZlci1zZWNyZXQ=";
    let request = || form_post(route::TOKEN).header("authorization", basic);
    let both = api.send(request(), form(&flow.redemption(&code))).await;
    assert_ne!(both.status, 200, "{both:?}");
    let mut parameters = flow.redemption(&code);
    parameters.retain(|(name, _)| *name != "client_secret" && *name != "client_id");
    api.send(request(), form(&parameters)).await.tokens();
}

/// The whole request is JSON, as at `/refresh`.
#[tokio::test]
async fn a_redemption_may_be_json() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let code = flow.code(&mut Browser::new(&api)).await;
    let body = flow.redemption(&code).into_iter().map(|(n, v)| (n.to_owned(), json!(v))).collect();
    api.post_json(route::TOKEN, &body).await.tokens();
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let mut browser = Browser::new(&api);
    let (first, second) = (flow.code(&mut browser).await, flow.code(&mut browser).await);
    assert_ne!(first, second);
    api.clock.advance(59);
    flow.redeem(&api, &first).await.tokens();
    api.clock.advance(1);
    flow.redeem(&api, &second).await.assert_error(400, "invalid_grant");
    let rows = api.items("CodesTable").await;
    assert_eq!(rows.iter().filter(|row| row.contains_key("redeemed_by")).count(), 1, "the first alone");
    api.clock.advance(3600);
    flow.redeem(&api, &second).await.assert_error(400, "invalid_grant");
}

/// The text alone shows that it isn't a valid code for this client.
#[tokio::test]
async fn a_malformed_or_foreign_code_costs_no_read() {
    let api = Api::with_pages().await;
    let (flow, foreign) = (Flow::of(WEB), Flow::of(NATIVE));
    let mut browser = Browser::new(&api);
    let code = flow.code(&mut browser).await;
    let of_another = foreign.code(&mut browser).await;
    let session = browser.cookie(SESSION_COOKIE).unwrap();
    let tokens = flow.redeem(&api, &code).await.tokens();
    api.calls.take();
    let (changed, cut) = (forged(&code), &code[..code.len() - 2]);
    for junk in ["x", "lgc1_", "lgc1_x", &changed, cut, &of_another, session, &tokens.refresh, &tokens.access]
    {
        flow.redeem(&api, junk).await.assert_error(400, "invalid_grant");
    }
    assert!(api.calls.take().is_empty());
}

#[tokio::test]
async fn a_malformed_redemption_is_refused_with_its_own_message() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let code = flow.code(&mut Browser::new(&api)).await;
    api.calls.take();
    for name in ["code", "redirect_uri", "code_verifier", "grant_type"] {
        flow.redeem_with(&api, &code, &[(name, "")]).await.assert_error(400, "invalid_request");
    }
    for grant in ["password", "client_credentials", "implicit", "Authorization_Code"] {
        let reply = flow.redeem_with(&api, &code, &[("grant_type", grant)]).await;
        reply.assert_error(400, "unsupported_grant_type");
    }
    for (name, value) in [("code", "lgc1_x"), ("code_verifier", "x"), ("client_id", WEB)] {
        let twice = format!("{}&{name}={value}", form(&flow.redemption(&code)));
        api.send(form_post(route::TOKEN), twice).await.assert_error(400, "invalid_request");
    }
    let in_query = format!("{}?code={code}", route::TOKEN);
    api.send(form_post(&in_query), form(&flow.redemption(&code))).await.assert_error(400, "invalid_request");
    assert!(api.calls.take().is_empty(), "nothing is read");
    flow.redeem(&api, &code).await.tokens();
}

#[tokio::test]
async fn a_code_appears_in_no_log_and_its_use_is_one_line() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB).with("scope", SCOPES);
    let (log, _guard) = Log::listen();
    let code = flow.code(&mut Browser::new(&api)).await;
    log.take();
    flow.redeem(&api, &code).await.tokens();
    let events = log.take_events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["client_id"], WEB);
    assert_eq!(events[0]["user_id"], USER_ID);
}
