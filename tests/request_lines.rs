//! With `REQUEST_LINES` set to `all`, every request leaves one log line with its outcome and duration.

use std::sync::Arc;

use authorizer::Authorizer;
use axum::http::{Request, request};
use keys::KeyRotation;
use lambda_http::{LambdaEvent, lambda_runtime::Context};
use serde_json::{Value, json};
use shared::route;

use crate::{
    harness::{
        APP, Api, Fault, Log, PASSWORD, SECRET, SERVER, Secrets, Tokens, USERNAME, bearer, form, form_post,
        refresh_form,
    },
    key_rotation::{STEPS, step},
};

/// The lines about ended requests since the last call, each as its function, event and reason, with the error in the
/// response.
fn endings(log: &Log) -> Vec<String> {
    log.take_with("duration_ms").iter().map(ending).collect()
}

fn ending(line: &Value) -> String {
    let texts = ["function", "event", "reason", "error"].map(|name| line[name].as_str());
    texts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

type Call = (request::Builder, String, Vec<&'static str>);

/// A request for each function and outcome, with its lines.
fn calls(tokens: &Tokens) -> Vec<Call> {
    let post = |path: &str, parameters: &[(&str, &str)]| (form_post(path), form(parameters));
    let login = |password: &str| {
        post(route::LOGIN, &[("client_id", APP), ("username", USERNAME), ("password", password)])
    };
    let refresh = |token: &str| {
        let grant_type = ("grant_type", "refresh_token");
        post(route::REFRESH, &[grant_type, ("client_id", APP), ("refresh_token", token)])
    };
    let change = |access: &str, new: &str| {
        let (request, body) = post(route::PASSWORD, &[("current_password", PASSWORD), ("new_password", new)]);
        (bearer(request, access), body)
    };
    let list = |access: &str| (bearer(Request::get(route::SESSIONS), access), String::new());
    let end = |id: &str| (bearer(Request::delete(format!("/sessions/{id}")), &tokens.access), String::new());
    let get = |path: &str| (Request::get(path), String::new());
    let (allowed, wrong) = ("authorizer access_allowed", "a wrong password");
    let calls: Vec<((request::Builder, String), Vec<&'static str>)> = vec![
        (login(PASSWORD), vec!["login login_succeeded"]),
        (login(wrong), vec!["login login_refused wrong_password invalid_grant"]),
        (login(""), vec!["login login_refused missing_parameter invalid_request"]),
        (
            post(route::LOGIN, &[("client_id", SERVER), ("username", USERNAME), ("password", PASSWORD)]),
            vec!["login login_refused client_unproven invalid_client"],
        ),
        (refresh("junk"), vec!["refresh refresh_refused malformed_token invalid_grant"]),
        (refresh(&tokens.refresh), vec!["refresh refresh_succeeded"]),
        (refresh(&tokens.refresh), vec!["refresh refresh_retry_served"]),
        (list(&tokens.access), vec![allowed, "sessions sessions_succeeded"]),
        (list("junk"), vec!["authorizer access_refused malformed_token"]),
        (end("AAAAAAAAAAAAAAAAAAAAAA"), vec![allowed, "sessions sessions_refused unknown_session not_found"]),
        (
            change(&tokens.access, "password1"),
            vec![allowed, "password password_refused common_password password_rejected"],
        ),
        (get(route::JWKS), vec!["metadata metadata_succeeded"]),
        (post(route::LOGOUT, &[("client_id", APP), ("token", "junk")]), vec!["logout logout_ignored"]),
        (
            post(route::LOGOUT, &[("client_id", SERVER), ("client_secret", SECRET)]),
            vec!["logout logout_refused missing_parameter invalid_request"],
        ),
        (change(&tokens.access, "a much better password"), vec![allowed, "password password_changed"]),
        (
            post(route::LOGOUT, &[("client_id", APP), ("token", &tokens.refresh), ("everywhere", "true")]),
            vec!["logout logout_refused session_over invalid_grant"],
        ),
        (
            post(route::LOGOUT, &[("client_id", APP), ("token", &tokens.refresh)]),
            vec!["logout logout_succeeded"],
        ),
        (list(&tokens.access), vec!["authorizer access_refused session_over"]),
    ];
    calls.into_iter().map(|((request, body), lines)| (request, body, lines)).collect()
}

#[tokio::test]
async fn every_request_leaves_one_line_that_says_how_it_ended() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let document = include_str!("../docs/operations/events.md");
    let (log, _guard) = Log::listen();
    for (request, body, expected) in calls(&tokens) {
        Box::pin(api.send(request, body)).await;
        let lines = log.take_events();
        for name in lines.iter().flat_map(|line| line.as_object().unwrap().keys()) {
            assert!(name == "message" || document.contains(&format!("`{name}`")), "{name} is not documented");
        }
        let ended: Vec<_> = lines.iter().filter(|line| line.get("duration_ms").is_some()).collect();
        assert_eq!(ended.iter().map(|line| ending(line)).collect::<Vec<_>>(), expected);
        for line in ended {
            assert!(line["store_ms"].is_f64());
            let is_hashing = ["login", "password"].iter().any(|name| line["function"] == *name);
            assert!(line.get("hash_ms").is_none_or(|hash| is_hashing && hash.is_f64()), "{line}");
            assert!(line["request_id"].is_string(), "{line}");
        }
    }
}

#[tokio::test]
async fn a_failure_of_the_store_is_one_line_too() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let (log, _guard) = Log::listen();
    for call in ["UpdateItem Credentials", "UpdateItem Sessions", "DeleteItem Sessions", "Query Sessions"] {
        api.calls.fail(Fault::Before(call));
    }
    let failed =
        |function: &str| format!("{function} {function}_failed store_unavailable temporarily_unavailable");
    api.try_login(PASSWORD).await;
    assert_eq!(endings(&log), [failed("login")]);
    api.refresh(&tokens.refresh).await;
    assert_eq!(endings(&log), [failed("refresh")]);
    api.logout(&tokens.refresh).await;
    assert_eq!(endings(&log), [failed("logout")]);
    api.call(&tokens.access).await;
    assert_eq!(endings(&log), ["authorizer access_allowed".to_owned(), failed("sessions")]);
    api.change_password(&tokens.access, PASSWORD, "a much better password").await;
    assert_eq!(endings(&log), ["authorizer access_allowed".to_owned(), failed("password")]);
    api.calls.fail(Fault::Before("GetItem Sessions"));
    api.call(&tokens.access).await;
    assert_eq!(endings(&log), ["authorizer access_failed store_unavailable"]);
    api.calls.fail(Fault::Before("Query Keys"));
    api.clock.advance(3600);
    api.send(Request::get(route::JWKS), "").await;
    assert_eq!(endings(&log), [failed("metadata")]);
}

#[tokio::test]
async fn every_step_of_a_rotation_is_one_line() {
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    let rotation = KeyRotation::start(&api.context("keys")).unwrap();
    let (log, _guard) = Log::listen();
    for name in STEPS {
        step(&rotation, &secrets, "first", name).await.unwrap();
    }
    let lines = log.take_with("step");
    let steps: Vec<_> = lines.iter().map(|line| json!([line["event"], line["step"]])).collect();
    assert_eq!(
        steps,
        [
            json!(["keyset_prepared", "create"]),
            json!(["keyset_prepared", "set"]),
            json!(["keyset_prepared", "test"]),
            json!(["keyset_rotated", "finish"]),
        ]
    );
    secrets.fail(true);
    step(&rotation, &secrets, "second", "createSecret").await.unwrap_err();
    assert_eq!(endings(&log), ["keys keys_failed keyset_unavailable"]);
    rotation.handle(json!({ "Step": "createSecret" }), None).await.unwrap_err();
    assert_eq!(endings(&log), ["keys keys_failed malformed_event"]);
}

/// A TOKEN event lacks API Gateway's ID. Lambda's ID is always there.
#[tokio::test]
async fn a_line_names_the_request_by_the_id_of_the_gateway_or_of_lambda() {
    let api = Api::start().await;
    let authorizer = Authorizer::start(&api.context("authorizer")).await.unwrap();
    let (log, _guard) = Log::listen();
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod/GET/me";
    let token = json!({ "type": "TOKEN", "authorizationToken": "Bearer x", "methodArn": arn });
    let request = |version, arn_name: &str, context| {
        json!({
            "type": "REQUEST", "version": version, arn_name: arn, "headers": { "Authorization": "Bearer x" },
            "requestContext": context,
        })
    };
    let both = || json!({ "requestId": "by-the-caller", "extendedRequestId": "by-the-gateway" });
    let chosen = || json!({ "requestId": "by-the-caller" });
    let assigned = || json!({ "requestId": "by-the-gateway" });
    for (event, request_id) in [
        (token, Value::Null),
        (request(None, "methodArn", both()), json!("by-the-gateway")),
        (request(Some("1.0"), "methodArn", both()), json!("by-the-gateway")),
        (request(None, "methodArn", chosen()), Value::Null),
        (request(Some("1.0"), "methodArn", chosen()), Value::Null),
        (request(Some("2.0"), "routeArn", assigned()), json!("by-the-gateway")),
        (
            json!({ "authorizationToken": "x", "requestContext": { "apiId": "a", "requestId": "by-the-gateway" } }),
            json!("by-the-gateway"),
        ),
        (json!([]), Value::Null),
    ] {
        let mut context = Context::default();
        context.request_id = "by-lambda".to_owned();
        // AppSync learns the refusal from an answer, the other gateways from a failure.
        let _ = authorizer.invoke(LambdaEvent::new(event, context)).await;
        let line = log.take_with("duration_ms").remove(0);
        assert_eq!((&line["request_id"], &line["lambda_request_id"]), (&request_id, &json!("by-lambda")));
    }
}

/// A caller of a REST API can set the event's `requestId` with a header.
#[tokio::test]
async fn no_caller_chooses_the_request_id_in_lines_and_metrics() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let (log, _guard) = Log::listen();
    let chosen = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
    let login = form(&[("client_id", APP), ("username", USERNAME), ("password", PASSWORD)]);
    let calls = [
        (form_post(route::LOGIN), login),
        (form_post(route::REFRESH), form(&refresh_form(&tokens.refresh))),
        (bearer(Request::get(route::SESSIONS), &tokens.access), String::new()),
        (Request::get(route::JWKS), String::new()),
        (form_post(route::LOGOUT), form(&[("client_id", APP), ("token", &tokens.refresh)])),
    ];
    for (request, body) in calls {
        let reply = api.send(request.header("x-amzn-requestid", chosen), body).await;
        assert_eq!(reply.status, 200);
    }
    let text = log.text();
    assert!(!text.contains(chosen), "{text}");
    assert!(log.take_with("request_id").len() >= 5, "they have one");
}

#[tokio::test]
async fn a_line_states_how_long_the_request_waited_for_the_store() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let tokens = api.refresh(&tokens.refresh).await.tokens();
    let (log, _guard) = Log::listen();
    // Each call takes this long.
    let clock = Arc::clone(&api.clock);
    api.calls.before_each(move || clock.advance_milliseconds(7));
    let waits = |log: &Log| {
        let lines = log.take_with("duration_ms");
        lines.iter().map(|line| (line["duration_ms"].clone(), line["store_ms"].clone())).collect::<Vec<_>>()
    };
    let both = |ms: f64| (json!(ms), json!(ms));
    api.call(&tokens.access).await;
    assert_eq!(waits(&log), [both(7.0), both(7.0)], "the authorizer's read, and the endpoint's");
    api.refresh(&tokens.refresh).await.tokens();
    assert_eq!(waits(&log), [both(14.0)], "two calls");
    api.refresh("junk").await;
    assert_eq!(waits(&log), [both(0.0)]);
    let (_here, _there) = (api.login().await, api.login().await);
    log.take();
    let everywhere = [("client_id", APP), ("token", &*tokens.access), ("everywhere", "true")];
    api.post(route::LOGOUT, &everywhere).await;
    assert_eq!(waits(&log), [both(11.0 * 7.0)], "those of tasks of their own are among them");
}
