//! The doctor proves on a deployment that a bound token is worthless without its key, or says why it can't.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use admin::{
    deployment::Deployment,
    doctor::{Check, Outcome, examine},
};
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Request, StatusCode, Uri},
};
use serde_json::{Value, json};
use shared::clock::SystemClock;
use tokio::net::TcpListener;

use crate::harness::Api;

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A deployment whose functions run with the `real` parameters, and whose operator sees the `said` ones.
async fn deployment(real: Pairs<'_>, said: Pairs<'_>, cache_ttl: u64) -> (Api, Deployment) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let api = Api::with(|parameters| {
        let all = real.iter().fold(parameters, |all, &(name, value)| all.with(name, value));
        all.with("DpopOrigins", origin)
    })
    .await;
    let mut deployed =
        local::functions::Deployment { clock: Arc::new(SystemClock), ..api.deployment.clone() };
    deployed.authorizer_cache_ttl = Some(Duration::from_secs(cache_ttl));
    let api = api.redeployed(deployed).await;
    let url = api.serve_at(listener);
    let mut deployment =
        Deployment { api_url: Some(url), clock: Arc::new(SystemClock), ..api.operator(None) };
    deployment.parameters.extend(said.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
    (api, deployment)
}

async fn found(deployment: &Deployment, name: &str) -> Check {
    let checks = examine(deployment).await.unwrap();
    let found = checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("{name}: {checks:?}")).clone()
}

async fn binding(deployment: &Deployment) -> (Outcome, String, String) {
    let Check { outcome, detail, remedy, .. } = found(deployment, "binding").await;
    (outcome, detail, remedy.unwrap_or_default())
}

const ON: Pairs<'_> = &[("Dpop", "on")];

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tries_a_bound_token_with_its_key_without_and_with_another() {
    for parameters in [
        ON,
        &[("Dpop", "on"), ("DpopNonce", "always")],
        // Proofs are stored in the denylist's table, and reading the denylist must skip them.
        &[("Dpop", "on"), ("DpopReplay", "store"), ("RevocationCheck", "denylist")],
    ] {
        let (api, deployment) = deployment(parameters, parameters, 0).await;
        let (outcome, detail, _) = binding(&deployment).await;
        assert_eq!(outcome, Outcome::Ok, "{parameters:?}: {detail}");
        assert!(detail.contains("refused without its key"), "{detail}");
        assert!(detail.ends_with("a proof passes once"), "{detail}");
        assert!(api.items("SessionsTable").await.is_empty(), "what was made for it is removed");
        // A local server's parameters aren't known, so the doctor finds out by itself.
        let unsaid = Deployment { parameters: BTreeMap::new(), ..deployment };
        assert_eq!(binding(&unsaid).await.0, Outcome::Ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_reports_that_no_token_is_bound() {
    for said in [&[("Dpop", "off")][..], &[]] {
        let (_api, deployment) = deployment(&[("Dpop", "off")], said, 0).await;
        let (outcome, detail, _) = binding(&deployment).await;
        assert_eq!((outcome, &detail[..5]), (Outcome::Ok, "off: "), "{said:?}");
    }
    let (_api, deployment) = deployment(&[("Dpop", "off")], ON, 0).await;
    let (outcome, detail, remedy) = binding(&deployment).await;
    assert!(outcome == Outcome::Wrong && detail.contains("Dpop is on"), "{detail}");
    assert!(remedy.contains("deploy the stack again"), "{remedy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_decision_that_answers_for_a_bound_token_is_wrong_and_named() {
    let (_api, deployment) = deployment(ON, ON, 5).await;
    let (outcome, detail, remedy) = binding(&deployment).await;
    assert_eq!(outcome, Outcome::Wrong, "{detail}");
    assert!(detail.contains("caches the authorizer's decisions"), "{detail}");
    assert!(
        remedy.contains("AuthorizerResultTtlInSeconds") && remedy.contains("ReauthorizeEvery"),
        "{remedy}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_functions_do_not_know_is_named_with_its_parameter() {
    let (api, deployment) = deployment(ON, ON, 0).await;
    // The API is reached through a CDN, for example, that DpopOrigins doesn't name.
    let elsewhere = Deployment { api_url: Some(api.serve().await), ..deployment };
    let (outcome, detail, remedy) = binding(&elsewhere).await;
    assert_eq!((outcome, &*detail), (Outcome::Wrong, "login with a proof: answered 400"));
    assert!(remedy.contains("DpopOrigins"), "{remedy}");
}

/// The gateway asks several instances of the authorizer in turn.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_passes_is_a_warning_and_wrong_if_the_store_checks_it() {
    let (api, deployment) = deployment(ON, ON, 0).await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let parameters = api.deployment.parameters.clone().with("DpopOrigins", url.clone());
    let mut instances = Vec::new();
    // There are enough instances that none sees the proof twice. Between its first use and the others come two other
    // calls.
    for _ in 0..13 {
        let parameters = parameters.clone();
        let deployed = local::functions::Deployment {
            clock: Arc::new(SystemClock),
            parameters,
            ..api.deployment.clone()
        };
        instances.push(api.redeployed(deployed).await.gateway);
    }
    let (instances, turn) = (Arc::new(instances), Arc::new(AtomicUsize::new(0)));
    let answer = async move |request: Request<axum::body::Body>| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let gateway = &instances[turn.fetch_add(1, Ordering::Relaxed) % instances.len()];
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Box::pin(gateway.handle(Request::from_parts(parts, body), source)).await.map(axum::body::Body::from)
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let mut scattered = Deployment { api_url: Some(url), ..deployment };
    let (outcome, detail, remedy) = binding(&scattered).await;
    assert_eq!(outcome, Outcome::Warning, "{detail}");
    assert!(detail.contains("10 times") && remedy.contains("DpopReplay=store"), "{detail}");
    scattered.parameters.insert("DpopReplay".to_owned(), "store".to_owned());
    let (outcome, detail, _) = binding(&scattered).await;
    assert_eq!((outcome, &*detail), (Outcome::Wrong, "the same proof passed twice, and DpopReplay is store"));
}

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:latchgate-AuthorizerFunction-1";

/// An authorizer that calls the function with this ARN.
fn authorizer(name: &str, arn: &str, other: &Value) -> Value {
    let uri = format!("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations");
    let mut authorizer = json!({ "name": name, "type": "REQUEST", "authorizerUri": uri,
        "identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 0 });
    authorizer.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    authorizer
}

/// CloudFormation and API Gateway of an account with these authorizers: each in a REST API, and one in an HTTP API.
async fn account(rest: Vec<Value>, http: Value, is_closed: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let answer = answer_of_account(&rest, &http, is_closed, &uri, &headers, &body);
        async move { answer }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    endpoint
}

fn answer_of_account(
    rest: &[Value],
    http: &Value,
    is_closed: bool,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> (StatusCode, String) {
    let body = String::from_utf8_lossy(body);
    if body.contains("Action=DescribeStacks") {
        let output = format!("<OutputKey>AuthorizerArn</OutputKey><OutputValue>{ARN}</OutputValue>");
        let stack = "<StackName>latchgate</StackName><StackStatus>CREATE_COMPLETE</StackStatus>\
                     <CreationTime>2026-01-01T00:00:00Z</CreationTime>";
        let stacks =
            format!("<Stacks><member>{stack}<Outputs><member>{output}</member></Outputs></member></Stacks>");
        let result = format!("<DescribeStacksResult>{stacks}</DescribeStacksResult>");
        return (StatusCode::OK, format!("<DescribeStacksResponse>{result}</DescribeStacksResponse>"));
    }
    if !body.is_empty() {
        let error = "<Code>ValidationError</Code><Message>Export is not imported by any stack.</Message>";
        return (StatusCode::BAD_REQUEST, format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"));
    }
    let signature = headers["authorization"].to_str().unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential="), "{signature}");
    assert!(signature.contains("/eu-west-1/apigateway/aws4_request"), "{signature}");
    assert_eq!(headers["accept"], "application/json");
    if is_closed {
        return (StatusCode::FORBIDDEN, "{}".to_owned());
    }
    // Each page of the list has one API.
    let answer = match uri.path().split('/').skip(1).collect::<Vec<_>>()[..] {
        ["restapis"] => {
            let page =
                uri.query().map_or(0, |query| query.strip_prefix("position=p%2F").unwrap().parse().unwrap());
            let mut answer = json!({ "item": [{ "id": page.to_string() }] });
            if page + 1 < rest.len() {
                answer["position"] = format!("p/{}", page + 1).into();
            }
            answer
        }
        ["restapis", id, "authorizers"] => json!({ "item": [rest[id.parse::<usize>().unwrap()]] }),
        ["v2", "apis"] => json!({ "items": [{ "apiId": "http" }] }),
        ["v2", "apis", "http", "authorizers"] => json!({ "items": [http] }),
        _ => panic!("{uri}"),
    };
    (StatusCode::OK, answer.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_of_the_account_that_caches_decisions_is_named() {
    let (_api, deployment) = deployment(ON, ON, 0).await;
    let examined = async |rest: Vec<Value>, http: Value, is_closed: bool| {
        let endpoint = account(rest, http, is_closed).await;
        let config = deployment.sdk_config.to_builder().endpoint_url(endpoint);
        let config = config.region(aws_sdk_dynamodb::config::Region::new("eu-west-1")).build();
        let stack = Some("latchgate".to_owned());
        found(&Deployment { stack, sdk_config: config, ..deployment.clone() }, "authorizers").await
    };
    let cached = json!({ "authorizerResultTtlInSeconds": 300 });
    let fresh = authorizer("fresh", ARN, &json!({}));
    // Authorizers with another function don't matter, even if its name begins the same.
    let others = authorizer("others", &format!("{ARN}2"), &cached);
    let found = examined(vec![others.clone(), fresh.clone()], fresh.clone(), false).await;
    assert_eq!((found.outcome, found.detail.contains("2 ask this stack")), (Outcome::Ok, true), "{found:?}");

    let silent = authorizer("silent", ARN, &json!({ "authorizerResultTtlInSeconds": null }));
    let rest = vec![silent.clone(), fresh, authorizer("live", &format!("{ARN}:live"), &cached)];
    let found = examined(rest, silent, false).await;
    assert_eq!(found.outcome, Outcome::Wrong, "{found:?}");
    assert!(found.detail.starts_with("silent of 0 (for 300 s), live of 2 (for 300 s) cache"), "{found:?}");
    assert!(!found.detail.contains("of http"), "an HTTP API caches only what it is told to: {found:?}");
    assert!(found.remedy.unwrap().contains("AuthorizerResultTtlInSeconds"));

    let of_proofs = json!({ "authorizerResultTtlInSeconds": 10,
        "identitySource": ["$request.header.Authorization", "$request.header.DPoP"] });
    let token = authorizer("token", ARN, &json!({ "type": "TOKEN" }));
    let found = examined(vec![token], authorizer("proofs", ARN, &of_proofs), false).await;
    assert_eq!(found.outcome, Outcome::Warning, "{found:?}");
    assert!(
        found.detail.contains("proofs of http (for 10 s)")
            && found.detail.contains("token of 0 are TOKEN authorizers")
    );

    let found = examined(vec![], json!({}), true).await;
    assert_eq!((found.outcome, found.failed), (Outcome::Unknown, false), "{found:?}");
    assert!(found.detail.contains("403") && found.detail.contains("apigateway:GET"), "{found:?}");
}
