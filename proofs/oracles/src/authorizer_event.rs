//! Events of an authorizer: without an issued token nothing is allowed, and with one only the token's stage.

use std::{collections::BTreeSet, sync::LazyLock};

use authorizer::Authorizer;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, http::HttpRequest, http::HttpResponse},
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use serde_json::{Value, json};
use shared::{
    context::{Context, SdkConfig},
    hash_cost::HashCost,
    keys::PublishedKeys,
    random::SystemRandom,
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    deployment::{ISSUED, KEYS, NOW, SESSION_ID, Standing, environment},
    gateway_event::said,
};

/// Reads bytes as the event of an authorizer.
pub fn authorizer_event(input: &[u8]) -> bool {
    let Ok(event) = serde_json::from_slice::<Value>(input) else { return false };
    let (runtime, authorizer) = &*AUTHORIZER;
    let Ok(answer) = runtime.block_on(authorizer.handle(event.clone(), None)) else { return false };
    let answer = serde_json::to_value(answer).expect("an answer serialises");
    let allowed = allowed(&answer);
    if answer["isAuthorized"] == false || allowed.is_empty() {
        return false;
    }
    assert!(event.is_object(), "allowed: {event}");
    let presented = presented(&event);
    let token = ISSUED[..2].iter().find(|token| presented.iter().all(|text| text.ends_with(*token)));
    let token = token.filter(|_| presented.len() == 1);
    let token = token.unwrap_or_else(|| panic!("allowed, with {presented:?}: {event}"));
    hold_to_stage(&allowed, &event, *token == ISSUED[0]);
    true
}

/// The resources that an answer allows. `*` if it allows everything.
fn allowed(answer: &Value) -> Vec<&str> {
    if answer["isAuthorized"] == true {
        return vec!["*"];
    }
    let statements = answer["policyDocument"]["Statement"].as_array().into_iter().flatten();
    let allowing = statements.filter(|statement| statement["Effect"] == "Allow");
    allowing.flat_map(|s| s["Resource"].as_array().unwrap()).map(|r| r.as_str().unwrap()).collect()
}

/// The tokens in the event, at the place for its kind. Two different ones are a contradiction.
fn presented(event: &Value) -> BTreeSet<String> {
    if event["type"] == "REQUEST" {
        let headers = said(event, "authorization");
        return if headers.is_empty() { said(event, "sec-websocket-protocol") } else { headers };
    }
    event["authorizationToken"].as_str().map(str::to_owned).into_iter().collect()
}

/// Checks the allowed resources: the stage ends at the second slash of the ARN, and a token for a change of password
/// allows only that.
fn hold_to_stage(allowed: &[&str], event: &Value, is_for_api: bool) {
    let arn = event["methodArn"].as_str().or(event["routeArn"].as_str());
    for resource in allowed {
        if *resource == "*" {
            assert!(is_for_api, "allowed everything: {event}");
            continue;
        }
        let arn = arn.expect("a policy is of a stage");
        let stage = arn.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        let rest = resource.strip_prefix(&stage).unwrap_or_else(|| panic!("allowed {resource}: {event}"));
        assert!(!stage.contains(['*', '?']), "allowed {resource}: {event}");
        assert_eq!(rest, if is_for_api { "/*" } else { "/POST/password" }, "{event}");
    }
}

/// An authorizer over a store with the keys and one live session.
static AUTHORIZER: LazyLock<(Runtime, Authorizer)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .endpoint_url("http://localhost")
        .credentials_provider(Credentials::new("test", "test", None, None, "oracles"))
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Store)))
        .build();
    let context = Context {
        environment: environment(),
        dynamodb: Client::from_conf(config),
        aws: SdkConfig::builder().build(),
        clock: std::sync::Arc::new(Standing),
        random: std::sync::Arc::new(SystemRandom::new()),
        hash_cost: HashCost::PRODUCTION,
    };
    let authorizer = runtime.block_on(Authorizer::start(&context)).unwrap();
    (runtime, authorizer)
});

/// Answers the authorizer's two queries.
#[derive(Debug)]
struct Store;

impl HttpConnector for Store {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asked = request.headers().get("x-amz-target").unwrap_or_default();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let answer = if asked.ends_with(".Query") {
            published()
        } else if asked.ends_with(".GetItem") && body.contains(SESSION_ID) {
            let later = json!({ "N": (NOW.as_unix() + 1800).to_string() });
            json!({ "Item": { "expires_at": later, "absolute_expires_at": later } })
        } else {
            json!({})
        };
        let status = 200.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, answer.to_string().into())))
    }
}

fn published() -> Value {
    let keys = KEYS.public.current(NOW).map(|key| {
        json!({
            "key_use": { "S": PublishedKeys::KEY_USE }, "kid": { "S": key.jwk.kid },
            "jwk": { "S": serde_json::to_string(&key.jwk).unwrap() },
            "published_at": { "N": "0" }, "expires_at": { "N": PublishedKeys::NEVER.to_string() },
        })
    });
    json!({ "Items": keys.collect::<Vec<_>>() })
}
