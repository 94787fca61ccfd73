//! Metrics: the values that CloudWatch reads from the embedded metric format.

use std::collections::{BTreeMap, BTreeSet};

use authorizer::Authorizer;
use axum::http::Request;
use keys::KeyRotation;
use local::template::Parameters;
use serde_json::{Value, json};
use shared::{log::NAMESPACE, route};

use crate::{
    harness::{APP, Api, Fault, Log, PASSWORD, Secrets, USER_ID, USERNAME, claims, metrics},
    key_rotation::rotate,
};

const STACK: &str = "latchgate-test";

fn in_the_stack(parameters: Parameters) -> Parameters {
    parameters.with("AWS::StackName", STACK).with("Metrics", "on")
}

async fn in_a_stack() -> Api {
    Api::with(in_the_stack).await
}

/// The metric lines since the last take.
fn lines(log: &Log) -> Vec<Value> {
    log.take_with("_aws")
}

/// The metrics that CloudWatch reads from a line: values by name and dimension values.
fn read(line: &Value) -> BTreeMap<(String, Vec<String>), f64> {
    let mut read = BTreeMap::new();
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
        assert_eq!(directive["Namespace"], NAMESPACE);
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            let unit = if name == "duration" { "Milliseconds" } else { "Count" };
            assert_eq!(metric["Unit"], unit, "{name}");
            for set in directive["Dimensions"].as_array().unwrap() {
                let value =
                    |dimension: &Value| line[dimension.as_str().unwrap()].as_str().unwrap().to_owned();
                let dimensions = set.as_array().unwrap().iter().map(value).collect();
                let is_new =
                    read.insert((name.to_owned(), dimensions), line[name].as_f64().unwrap()).is_none();
                assert!(is_new, "{name} is counted twice: {line}");
            }
        }
    }
    read
}

fn expected(values: &[(&str, &[&str], f64)]) -> BTreeMap<(String, Vec<String>), f64> {
    let key = |name: &str, more: &[&str]| {
        let dimensions = [STACK].iter().chain(more).map(|&value| value.to_owned()).collect();
        (name.to_owned(), dimensions)
    };
    // The number of a stack's durations is its number of requests.
    let duration = values
        .iter()
        .filter(|(name, ..)| *name == "duration")
        .map(|(name, _, value)| (key(name, &[]), *value));
    values.iter().map(|(name, more, value)| (key(name, more), *value)).chain(duration).collect()
}

#[tokio::test]
async fn a_request_is_one_line_of_its_events_and_its_duration() {
    let api = in_a_stack().await;
    let (log, _guard) = Log::listen();
    let tokens = api.login().await;
    let written = lines(&log);
    assert_eq!(written.len(), 1);
    assert_eq!(read(&written[0]), expected(&[("login_succeeded", &[], 1.0), ("duration", &["login"], 0.0)]));
    assert_eq!(written[0]["_aws"]["Timestamp"], json!(api.clock.unix() * 1000));

    api.try_login("a wrong password").await;
    let refused = expected(&[
        ("login_refused", &[], 1.0),
        ("login_refused", &["wrong_password"], 1.0),
        ("duration", &["login"], 0.0),
    ]);
    assert_eq!(lines(&log).iter().map(read).collect::<Vec<_>>(), [refused]);

    let next = api.refresh(&tokens.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
    lines(&log);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    let theft = expected(&[
        ("refresh_token_reused", &[], 1.0),
        ("session_revoked", &[], 1.0),
        ("session_revoked", &["theft"], 1.0),
        ("refresh_refused", &[], 1.0),
        ("refresh_refused", &["token_reused"], 1.0),
        ("duration", &["refresh"], 0.0),
    ]);
    assert_eq!(lines(&log).iter().map(read).collect::<Vec<_>>(), [theft]);
}

#[tokio::test]
async fn sessions_that_end_for_two_causes_are_counted_on_a_line_each() {
    let api = in_a_stack().await;
    let (tokens, _there, _away) = (api.login().await, api.login().await, api.login().await);
    let (log, _guard) = Log::listen();
    let everywhere = [("client_id", APP), ("token", &*tokens.refresh), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    let here = expected(&[("session_revoked", &[], 1.0), ("session_revoked", &["logout"], 1.0)]);
    let others = expected(&[
        ("session_revoked", &[], 2.0),
        ("session_revoked", &["logout_everywhere"], 2.0),
        ("logout_succeeded", &[], 1.0),
        ("duration", &["logout"], 0.0),
    ]);
    assert_eq!(lines(&log).iter().map(read).collect::<Vec<_>>(), [others, here]);
}

#[tokio::test]
async fn the_authorizers_latency_is_its_duration() {
    let api = in_a_stack().await;
    let tokens = api.login().await;
    let (log, _guard) = Log::listen();
    let clock = api.clock.clone();
    api.calls.before_each(move || clock.advance_milliseconds(3));
    api.call(&tokens.access).await;
    let allowed = expected(&[("access_allowed", &[], 1.0), ("duration", &["authorizer"], 3.0)]);
    let listed = expected(&[("sessions_succeeded", &[], 1.0), ("duration", &["sessions"], 3.0)]);
    assert_eq!(lines(&log).iter().map(read).collect::<Vec<_>>(), [allowed, listed]);
}

/// Of a thousand allowed calls, about ten leave lines, each counting for a hundred. Every refusal leaves a line of both
/// kinds.
#[tokio::test]
async fn a_call_that_is_drawn_counts_for_a_hundred_and_a_refusal_for_itself() {
    let api = Api::with(|parameters| {
        in_the_stack(parameters).with("RequestLines", "problems").with("RevocationCheck", "none")
    });
    let api = api.await;
    let tokens = api.login().await;
    let authorizer = Authorizer::start(&api.context("authorizer")).await.unwrap();
    let event = |token: &str| {
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2/prod/GET/me";
        json!({ "type": "TOKEN", "authorizationToken": format!("Bearer {token}"), "methodArn": arn })
    };
    let (log, _guard) = Log::listen();
    for _ in 0..1000 {
        authorizer.handle(event(&tokens.access), None).await.unwrap();
    }
    let (events, metrics): (Vec<_>, Vec<_>) =
        log.take().into_iter().partition(|line| line.get("event").is_some());
    assert!((1..=40).contains(&events.len()), "{}", events.len());
    assert_eq!(metrics.len(), events.len());
    for (line, metrics) in events.iter().zip(&metrics) {
        assert!(line["event"] == "access_allowed" && line["duration_ms"].is_f64(), "{line}");
        assert_eq!(metrics["access_allowed"], 100, "{metrics}");
        let duration = json!({ "Values": [line["duration_ms"].as_f64()], "Counts": [100] });
        assert_eq!(normal(&metrics["duration"]), normal(&duration), "{metrics}");
    }

    for _ in 0..50 {
        authorizer.handle(event("junk"), None).await.unwrap_err();
    }
    let (events, metrics): (Vec<_>, Vec<_>) =
        log.take().into_iter().partition(|line| line.get("event").is_some());
    assert_eq!((events.len(), metrics.len()), (50, 50));
    assert!(metrics.iter().all(|line| line["access_refused"] == 1), "{metrics:?}");
}

/// The line with all numbers as floating-point.
fn normal(value: &Value) -> Value {
    let floating = |values: &Value| -> Vec<_> {
        values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    json!({ "Values": floating(&value["Values"]), "Counts": floating(&value["Counts"]) })
}

#[tokio::test]
async fn an_ordinary_hour_writes_to_as_many_metrics_as_the_costs_say() {
    let api = in_a_stack().await;
    let (log, _guard) = Log::listen();
    let tokens = api.login().await;
    api.try_login("a wrong password").await.assert_error(400, "invalid_grant");
    let next = api.refresh(&tokens.refresh).await.tokens();
    // A retry.
    api.refresh(&tokens.refresh).await.tokens();
    assert_eq!(api.call(&next.access).await.status, 200);
    assert_eq!(api.send(Request::get(route::JWKS), "").await.status, 200);
    assert_eq!(api.logout(&next.refresh).await.status, 200);
    assert_eq!(api.call(&next.access).await.status, 401);
    let written: BTreeSet<_> = lines(&log).iter().flat_map(|line| read(line).into_keys()).collect();
    assert_eq!(written.len(), crate::pages::metrics(), "{written:?}");
}

/// An eventful run.
async fn eventful_run(api: &Api, secrets: &Secrets) {
    let rotation = KeyRotation::start(&api.context("keys")).unwrap();
    rotate(&rotation, secrets, "first").await.unwrap();
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    api.refresh(&first.refresh).await.tokens();
    api.call(&second.access).await;
    api.call("junk").await;
    api.change_password(&second.access, PASSWORD, "password1").await;
    api.change_password(&second.access, PASSWORD, "a much better password").await;
    api.send(Request::get(route::JWKS), "").await;
    api.logout("junk").await;
    api.clock.advance(11);
    for call in ["UpdateItem Sessions", "DeleteItem Sessions", "GetItem Sessions", "UpdateItem Credentials"] {
        api.calls.fail(Fault::Before(call));
    }
    api.refresh(&second.refresh).await;
    api.logout(&second.refresh).await;
    api.call(&second.access).await;
    api.try_login(PASSWORD).await;
    secrets.fail(true);
    rotate(&rotation, secrets, "second").await.unwrap_err();
}

#[tokio::test]
async fn written_metrics_are_the_listed_ones_and_identify_no_user() {
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, in_the_stack).await;
    let (log, _guard) = Log::listen();
    Box::pin(eventful_run(&api, &secrets)).await;
    let listed: BTreeSet<(String, String, Vec<&str>)> = metrics()
        .into_iter()
        .flat_map(|metric| {
            let of = move |set| (metric.name.clone(), metric.unit.to_owned(), set);
            metric.dimensions.into_iter().map(of)
        })
        .collect();
    let (lines, mut names) = (lines(&log), BTreeSet::new());
    for line in &lines {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            let text = |value: &'_ Value| value.as_str().unwrap().to_owned();
            for metric in directive["Metrics"].as_array().unwrap() {
                for set in directive["Dimensions"].as_array().unwrap() {
                    let set: Vec<&str> =
                        set.as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
                    let written = (text(&metric["Name"]), text(&metric["Unit"]), set);
                    assert!(listed.contains(&written), "{written:?} is not listed");
                    names.insert(written.0);
                }
            }
        }
        let known = ["_aws", "Stack", "Function", "Reason", "Cause", "request_id"];
        for (name, value) in line.as_object().unwrap() {
            assert!(known.contains(&&**name) || value.is_number(), "{name} is on a line of metrics");
        }
    }
    assert!(names.len() > 18, "{names:?}");
    let text = json!(lines).to_string();
    for who in [USER_ID, USERNAME, APP, "203.0.113.9"] {
        assert!(!text.contains(&format!("\"{who}\"")), "{who}");
    }
}

#[tokio::test]
async fn by_default_no_metrics_are_written() {
    let api = Api::with(|parameters| parameters.with("AWS::StackName", STACK)).await;
    let (log, _guard) = Log::listen();
    let tokens = api.login().await;
    assert!(claims(&tokens.access)["sid"].is_string());
    assert!(lines(&log).is_empty());
}
