//! `/token` with a refresh token behaves like `/refresh`.

use serde_json::Value;
use shared::route;

use crate::harness::{APP, Api, Browser, Flow, Log, Reply, WEB, WEB_SERVER, forged, form, form_post};

const PATHS: [&str; 2] = [route::TOKEN, route::REFRESH];

async fn refresh(api: &Api, path: &str, flow: &Flow, token: &str) -> Reply {
    api.post(path, &flow.refresh_form(token)).await
}

#[tokio::test]
async fn a_retry_at_either_endpoint_gets_the_same_successor() {
    for (first, second) in [(PATHS[0], PATHS[1]), (PATHS[1], PATHS[0]), (PATHS[0], PATHS[0])] {
        let api = Api::with_pages().await;
        for client_id in [WEB, WEB_SERVER] {
            let flow = Flow::of(client_id);
            let tokens = flow.tokens(&api, &mut Browser::new(&api)).await.tokens();
            let successor = refresh(&api, first, &flow, &tokens.refresh).await.tokens();
            let again = refresh(&api, second, &flow, &tokens.refresh).await.tokens();
            assert_eq!(again.refresh, successor.refresh, "{first}, then {second}");
            assert_ne!(successor.refresh, tokens.refresh);
            refresh(&api, first, &flow, &successor.refresh).await.tokens();
        }
    }
}

#[tokio::test]
async fn reuse_is_noticed_across_both_endpoints() {
    for (first, second) in [(PATHS[0], PATHS[1]), (PATHS[1], PATHS[0])] {
        let api = Api::with_pages().await;
        let flow = Flow::of(WEB);
        let tokens = flow.tokens(&api, &mut Browser::new(&api)).await.tokens();
        let next = refresh(&api, first, &flow, &tokens.refresh).await.tokens();
        api.clock.advance(11);
        let (log, _guard) = Log::listen();
        refresh(&api, second, &flow, &tokens.refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(log.take_events()[0]["event"], "refresh_token_reused");
        assert_eq!(api.call(&next.access).await.status, 401);
        refresh(&api, first, &flow, &next.refresh).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn both_endpoints_answer_alike() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let members = |reply: &Reply| -> Vec<String> {
        let body = reply.body.as_object().unwrap();
        body.iter()
            .map(|(name, value)| format!("{name}:{}", if value.is_string() { &Value::Null } else { value }))
            .collect()
    };
    let mut answers = Vec::new();
    for path in PATHS {
        let tokens = flow.tokens(&api, &mut Browser::new(&api)).await.tokens();
        let mut replies = vec![refresh(&api, path, &flow, &tokens.refresh).await];
        for (name, value) in [
            ("scope", "read"),
            ("scope", "admin"),
            ("client_id", APP),
            ("client_id", "unknown"),
            ("client_secret", "x"),
            ("refresh_token", ""),
            ("refresh_token", "x"),
            ("refresh_token", &forged(&tokens.refresh)),
            ("refresh_token", &tokens.access),
        ] {
            let mut parameters = flow.refresh_form(&tokens.refresh);
            parameters.retain(|(other, _)| *other != name);
            parameters.push((name, value));
            replies.push(api.post(path, &parameters).await);
        }
        let twice = format!("{}&client_id={WEB}", form(&flow.refresh_form(&tokens.refresh)));
        replies.push(api.send(form_post(path), twice).await);
        answers.push(
            replies
                .iter()
                .map(|reply| (reply.status, reply.body["error"].clone(), members(reply)))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].iter().filter(|(status, ..)| *status == 200).count(), 2);
}

/// Older sessions can be refreshed at either endpoint.
#[tokio::test]
async fn a_session_of_login_is_refreshed_at_both_endpoints() {
    let api = Api::with_pages().await;
    let tokens = api.login().await;
    let parameters =
        [("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", &tokens.refresh)];
    let at_token = api.post(route::TOKEN, &parameters).await.tokens();
    assert_eq!(api.refresh(&tokens.refresh).await.tokens().refresh, at_token.refresh);
    let with_key = form_post(route::TOKEN).header("idempotency-key", "a-key-of-22-characters");
    let parameters =
        [("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", &at_token.refresh)];
    let next = api.send(with_key, form(&parameters)).await.tokens();
    api.clock.advance(5000);
    let late = api.refresh_with_key(&at_token.refresh, "a-key-of-22-characters").await.tokens();
    assert_eq!(late.refresh, next.refresh);
}

/// `/refresh` never accepted codes, and still doesn't.
#[tokio::test]
async fn the_refresh_endpoint_accepts_no_codes() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let code = flow.code(&mut Browser::new(&api)).await;
    let reply = api.post(route::REFRESH, &flow.redemption(&code)).await;
    reply.assert_error(400, "unsupported_grant_type");
    flow.redeem(&api, &code).await.tokens();
}
