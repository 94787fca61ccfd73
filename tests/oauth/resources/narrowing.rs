//! A refresh chooses among the granted resources (RFC 8707 section 2.2).

use serde_json::json;
use shared::route;

use super::{
    AUDIENCE, BILLING, NOTES, api, flow_for, issued, redeem_for, refresh_for, session_of, tokens_for,
};
use crate::harness::{APP, Browser, Log, WEB, WEB_SERVER, waves};

const PATHS: [&str; 2] = [route::TOKEN, route::REFRESH];

#[tokio::test]
async fn each_refresh_is_for_one_of_the_granted_resources() {
    let api = api().await;
    for client_id in [WEB, WEB_SERVER] {
        let flow = flow_for(client_id, &[NOTES, BILLING, AUDIENCE]);
        let mut refresh = tokens_for(&api, &flow, NOTES).await.refresh;
        for path in PATHS {
            for resource in [NOTES, BILLING, AUDIENCE, BILLING] {
                let reply = refresh_for(&api, path, &flow, &refresh, &[resource]).await;
                assert_eq!(issued(&reply).0, resource, "{path}");
                refresh = reply.tokens().refresh;
            }
        }
    }
}

#[tokio::test]
async fn a_refresh_narrows_the_scope_and_the_resource_narrows_it_too() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES, BILLING]);
    let refresh = tokens_for(&api, &flow, NOTES).await.refresh;
    let mut parameters = flow.refresh_form(&refresh);
    parameters.push(("scope", "read write"));
    for (resource, scope) in [(NOTES, "read"), (BILLING, "read write")] {
        let reply = super::post_for(&api, route::REFRESH, &parameters, &[resource]).await;
        assert_eq!(issued(&reply), (resource.to_owned(), Some(scope.to_owned())));
    }
    parameters.pop();
    parameters.push(("scope", "write"));
    let reply = super::post_for(&api, route::REFRESH, &parameters, &[NOTES]).await;
    assert_eq!(issued(&reply), (NOTES.to_owned(), None), "of that, the resource knows nothing");
}

#[tokio::test]
async fn an_invalid_target_rotates_nothing() {
    let api = api().await;
    for path in PATHS {
        for (granted, wrong, right) in [
            (
                &[NOTES][..],
                &[
                    (&[BILLING][..], "resource_not_granted"),
                    (&[AUDIENCE], "resource_not_granted"),
                    (&["https://other.example.com"], "unknown_resource"),
                    (&[NOTES, BILLING], "several_resources"),
                ][..],
                &[NOTES][..],
            ),
            (&[], &[(&[NOTES], "resource_not_granted")], &[]),
            (
                &[NOTES, BILLING],
                &[(&[], "several_resources"), (&[AUDIENCE], "resource_not_granted")],
                &[BILLING],
            ),
        ] {
            let flow = flow_for(WEB, granted);
            let code = flow.code(&mut Browser::new(&api)).await;
            let refresh =
                redeem_for(&api, &flow, &code, &granted[..granted.len().min(1)]).await.tokens().refresh;
            let stored = session_of(&api, WEB).await;
            for (resources, reason) in wrong {
                let (log, _guard) = Log::listen();
                let reply = refresh_for(&api, path, &flow, &refresh, resources).await;
                reply.assert_error(400, "invalid_target");
                assert_eq!(log.take_events()[0]["reason"], *reason, "{granted:?} {resources:?}");
                assert_eq!(session_of(&api, WEB).await, stored, "{granted:?} {resources:?}");
            }
            refresh_for(&api, path, &flow, &refresh, right).await.tokens();
            api.delete_all("SessionsTable").await;
        }
    }
}

#[tokio::test]
async fn a_session_of_a_login_has_no_resource_but_the_audience() {
    let api = api().await;
    let tokens = api.login().await;
    let form = [("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", &tokens.refresh)];
    for path in PATHS {
        super::post_for(&api, path, &form, &[NOTES]).await.assert_error(400, "invalid_target");
    }
    let reply = super::post_for(&api, route::REFRESH, &form, &[AUDIENCE]).await;
    assert_eq!(issued(&reply).0, AUDIENCE);
}

#[tokio::test]
async fn a_retry_may_be_for_another_resource_and_has_the_same_successor() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES, BILLING]);
    let refresh = tokens_for(&api, &flow, NOTES).await.refresh;
    let first = refresh_for(&api, route::REFRESH, &flow, &refresh, &[NOTES]).await;
    let stored = session_of(&api, WEB).await;
    let again = refresh_for(&api, route::TOKEN, &flow, &refresh, &[BILLING]).await;
    assert_eq!((issued(&first).0, issued(&again).0), (NOTES.to_owned(), BILLING.to_owned()));
    assert_eq!(first.tokens().refresh, again.tokens().refresh);
    for wrong in [&[][..], &[AUDIENCE]] {
        let reply = refresh_for(&api, route::REFRESH, &flow, &refresh, wrong).await;
        reply.assert_error(400, "invalid_target");
    }
    assert_eq!(session_of(&api, WEB).await, stored);
    // A replay is detected, whatever resource it asks for.
    api.clock.advance(11);
    let replayed = refresh_for(&api, route::REFRESH, &flow, &refresh, &[AUDIENCE]).await;
    replayed.assert_error(400, "invalid_grant");
    let reply = refresh_for(&api, route::REFRESH, &flow, &first.tokens().refresh, &[NOTES]).await;
    reply.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn resources_cost_no_additional_call() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES, BILLING]);
    let mut refresh = tokens_for(&api, &flow, NOTES).await.refresh;
    for resource in [NOTES, BILLING] {
        api.calls.take();
        refresh = refresh_for(&api, route::REFRESH, &flow, &refresh, &[resource]).await.tokens().refresh;
        let calls = api.calls.take();
        let calls: Vec<_> = calls.into_iter().filter(|call| call.name != "GetItem Clients").collect();
        assert_eq!(waves(&calls), [["GetItem Users", "UpdateItem Sessions"]]);
    }
    api.calls.take();
    refresh_for(&api, route::REFRESH, &flow, &refresh, &["x"]).await.assert_error(400, "invalid_target");
    assert_eq!(api.calls.count(), 0, "what is wrong whatever was granted costs nothing");
}

/// JSON works here as for every parameter.
#[tokio::test]
async fn a_body_of_json_names_resources_as_a_text_or_an_array() {
    let api = api().await;
    let flow = flow_for(WEB, &[NOTES, BILLING]);
    let mut refresh = tokens_for(&api, &flow, NOTES).await.refresh;
    let body = |refresh: &str, resource: serde_json::Value| json!({ "grant_type": "refresh_token", "client_id": WEB, "refresh_token": refresh, "resource": resource });
    for resource in [json!(BILLING), json!([BILLING])] {
        let reply = api.post_json(route::REFRESH, &body(&refresh, resource)).await;
        assert_eq!(issued(&reply).0, BILLING);
        refresh = reply.tokens().refresh;
    }
    let both = api.post_json(route::REFRESH, &body(&refresh, json!([NOTES, BILLING]))).await;
    both.assert_error(400, "invalid_target");
    for wrong in [json!(1), json!([NOTES, 1]), json!({})] {
        api.post_json(route::REFRESH, &body(&refresh, wrong)).await.assert_error(400, "invalid_request");
    }
}
