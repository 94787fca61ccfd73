//! A panic leads to a 500 without details and a log line with only its location, and the function continues.

use std::{
    cell::Cell,
    panic,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use authorizer::Authorizer;
use keys::KeyRotation;
use lambda_http::{Body, LambdaEvent, Request, lambda_runtime::Context};
use local::functions::{Deployment, Functions};
use serde_json::{Value, json};
use shared::{
    clock::{Clock, Timestamp},
    route,
};

use crate::{
    harness::{
        APP, Api, BodyEndpoint, Change, Log, Post, START, Tokens, form, nothing_failed, sequence_number,
        stream_event, waiting, with_mail,
    },
    key_rotation::version,
};

/// The panic's message, which must not appear anywhere.
const SAID: &str = "s3cret of a panic";

/// A clock that panics at the look with this number; at 0 it doesn't.
#[derive(Debug, Default)]
struct PanickingClock(AtomicU8);

impl Clock for PanickingClock {
    fn now(&self) -> Timestamp {
        let left = self.0.load(Ordering::SeqCst);
        self.0.store(left.saturating_sub(1), Ordering::SeqCst);
        assert!(left != 1, "{SAID}");
        Timestamp::from_unix(START)
    }
}

thread_local! {
    /// Whether this test expects a panic of this thread.
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Logs this thread's panics as a function does. Others are printed as usual.
fn log_panics() {
    IS_EXPECTED.set(true);
    let others = panic::take_hook();
    panic::set_hook(Box::new(
        move |panic| {
            if IS_EXPECTED.get() { shared::log::log_panic(panic) } else { others(panic) }
        },
    ));
}

/// An API whose functions use this clock.
async fn by(clock: Arc<PanickingClock>) -> (Api, Tokens, Deployment) {
    let api = Api::with(with_mail).await;
    let tokens = api.login().await;
    let deployment = Deployment { clock, ..api.deployment.clone() };
    (api, tokens, deployment)
}

fn request(endpoint: BodyEndpoint, tokens: &Tokens) -> Request {
    let event = endpoint.form_event(tokens).to_string();
    shared::http::request_of(serde_json::from_str(&event).unwrap())
}

/// A request for a mail, in an event like that of a login.
fn sign_up(tokens: &Tokens) -> Request {
    let mut event = BodyEndpoint::Login.form_event(tokens);
    for path in ["/path", "/resource", "/requestContext/path", "/requestContext/resourcePath"] {
        *event.pointer_mut(path).unwrap() = json!(route::SIGNUP);
    }
    event["body"] = json!(form(&[("client_id", APP), ("email", "new@example.com")]));
    shared::http::request_of(serde_json::from_str(&event.to_string()).unwrap())
}

fn get(path: &str, authorizer: &Value) -> Request {
    let context = json!({ "httpMethod": "GET", "extendedRequestId": "e=", "authorizer": authorizer });
    let event = json!({ "httpMethod": "GET", "path": path, "requestContext": context });
    shared::http::request_of(serde_json::from_str(&event.to_string()).unwrap())
}

/// Asserts the log of a panic: its location, and the end of the request.
#[track_caller]
fn assert_logged(log: &Log, function: &str, event: &str) {
    let text = log.text();
    assert!(!text.contains(SAID), "{text}");
    let lines = log.take();
    let panicked = lines.iter().find(|line| line["message"] == "panicked").expect("it is logged");
    assert!(panicked["location"].as_str().unwrap().contains("panics.rs:"), "{panicked}");
    let ended: Vec<_> = lines.iter().filter(|line| line.get("duration_ms").is_some()).collect();
    assert_eq!(ended.len(), 1);
    assert_eq!((&ended[0]["function"], &ended[0]["event"]), (&json!(function), &json!(event)));
    assert_eq!(ended[0]["reason"], "panic");
}

#[tokio::test]
async fn a_panic_is_a_500_without_its_message_and_the_next_request_is_answered() {
    let clock = Arc::new(PanickingClock::default());
    let (api, tokens, deployment) = by(clock.clone()).await;
    let functions = Box::pin(Functions::start(&api.template, &deployment)).await.unwrap();
    let context = request(BodyEndpoint::Password, &tokens);
    let caller = shared::http::caller(&context).unwrap();
    let caller = json!({ "sub": caller.user_id, "client_id": caller.client_id, "sid": caller.session_id });
    log_panics();
    let (log, _guard) = Log::listen();
    for (name, request, status) in [
        ("login", request(BodyEndpoint::Login, &tokens), 200),
        ("refresh", request(BodyEndpoint::Refresh, &tokens), 200),
        ("sessions", get(route::SESSIONS, &caller), 200),
        ("metadata", get(route::JWKS, &json!({})), 200),
        ("password", request(BodyEndpoint::Password, &tokens), 200),
        ("accounts", sign_up(&tokens), 202),
        ("logout", request(BodyEndpoint::Logout, &tokens), 200),
    ] {
        clock.0.store(1, Ordering::SeqCst);
        let response = Box::pin(functions.call(name, &request)).await.unwrap();
        assert_eq!(response.status(), 500, "{name}");
        let Body::Text(text) = response.body() else { panic!("{name}") };
        let body = r#"{"error":"server_error","error_description":"The request could not be carried out."}"#;
        assert_eq!(text, body, "{name}");
        assert_logged(&log, name, &format!("{name}_failed"));
        let response = Box::pin(functions.call(name, &request)).await.unwrap();
        assert_eq!(response.status(), status, "{name}: it goes on");
        log.take();
    }
    IS_EXPECTED.set(false);
}

#[tokio::test]
async fn a_panic_of_the_authorizer_is_a_failure_and_neither_a_yes_nor_a_no() {
    let clock = Arc::new(PanickingClock::default());
    let (api, tokens, deployment) = by(clock.clone()).await;
    let function = api.template.functions(&deployment.parameters).unwrap().remove("authorizer").unwrap();
    let authorizer = Authorizer::start(&deployment.context(function)).await.unwrap();
    let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod/GET/me";
    let token = format!("Bearer {}", tokens.access);
    let invoke = || {
        let event = json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": arn });
        authorizer.invoke(LambdaEvent::new(event, Context::default()))
    };
    log_panics();
    let (log, _guard) = Log::listen();
    clock.0.store(1, Ordering::SeqCst);
    let failure = invoke().await.unwrap_err();
    assert_eq!(failure.error_message, "The decision failed");
    assert_logged(&log, "authorizer", "access_failed");
    IS_EXPECTED.set(false);
    assert!(invoke().await.is_ok(), "it goes on");
}

#[tokio::test]
async fn a_panic_of_a_rotation_is_a_failure_of_its_step() {
    let clock = Arc::new(PanickingClock::default());
    let secrets = crate::harness::Secrets::emulated().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    let deployment = Deployment { clock: clock.clone(), ..api.deployment.clone() };
    let function = api.template.functions(&deployment.parameters).unwrap().remove("keys").unwrap();
    let rotation = KeyRotation::start(&deployment.context(function)).unwrap();
    let create = || {
        let event = json!({
            "Step": "createSecret", "SecretId": secrets.arn, "ClientRequestToken": version("first"),
        });
        rotation.invoke(LambdaEvent::new(event, Context::default()))
    };
    log_panics();
    let (log, _guard) = Log::listen();
    clock.0.store(1, Ordering::SeqCst);
    let failure = create().await.unwrap_err();
    assert_eq!(failure.error_message, "the function panicked");
    assert_logged(&log, "keys", "keys_failed");
    IS_EXPECTED.set(false);
    create().await.unwrap();
}

/// The stream brings the record again.
#[tokio::test]
async fn a_panic_of_the_mailer_leaves_the_mail_for_later() {
    let clock = Arc::new(PanickingClock::default());
    let (api, _, deployment) = by(clock.clone()).await;
    let api = api.redeployed(deployment).await;
    let post = Post::of(&api);
    api.ask(route::SIGNUP, "new@example.com").await;
    let mailbox = waiting(&api).await.remove(0);
    let record = || stream_event([(Change::Insert, mailbox.as_str())]);
    log_panics();
    let (log, _guard) = Log::listen();
    // The first look is for the whole batch.
    clock.0.store(2, Ordering::SeqCst);
    let failed = json!({ "batchItemFailures": [{ "itemIdentifier": sequence_number(1) }] });
    assert_eq!(post.handle(record()).await, failed);
    assert_logged(&log, "mailer", "mailer_failed");
    assert_eq!(post.handle(record()).await, nothing_failed());
    assert_eq!(post.bag.take().len(), 1);
    IS_EXPECTED.set(false);
}
