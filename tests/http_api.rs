//! The HTTP API of template-http.yaml: held against the REST API of template.yaml, and where it is another kind.

use std::time::Duration;

use axum::http::{HeaderName, Request};
use local::{
    functions::Deployment,
    template::{Api as ApiDefinition, ApiKind, HttpApiTemplate, Template},
};
use serde_json::{Value, json};
use shared::route;

use crate::harness::{APP, Api, PASSWORD, USERNAME, bearer, form, form_post};

const ORIGIN: &str = "https://app.example.com";
const ELSEWHERE: &str = "https://elsewhere.example.com";

/// Behind an HTTP API, whatever the other tests are behind.
async fn start() -> Api {
    let api = Api::start().await;
    let deployment = Deployment { api: ApiKind::Http, ..api.deployment.clone() };
    api.redeployed(deployment).await
}

fn both() -> [ApiDefinition; 2] {
    let template = Template::of_project().unwrap();
    let parameters = template.parameters();
    let http = HttpApiTemplate::of_project().unwrap();
    let mut both = [template.api(&parameters).unwrap(), http.api(&template, &parameters).unwrap()];
    for api in &mut both {
        api.routes.sort();
    }
    both
}

#[test]
fn both_kinds_of_api_have_the_same_routes_functions_and_protection() {
    let [mut rest, http] = both();
    // An HTTP API answers every preflight by itself.
    rest.routes.retain(|route| route.method != "OPTIONS");
    assert_eq!(rest.routes, http.routes);
    assert!(http.routes.iter().any(|route| route.is_protected), "they were found");
}

#[test]
fn both_kinds_of_api_allow_the_same_browsers_the_same_and_neither_caches_a_decision() {
    let [rest, http] = both();
    assert_eq!(rest.cors, http.cors);
    assert_eq!([rest.authorizer_cache_ttl, http.authorizer_cache_ttl], [Duration::ZERO; 2]);
    let (template, http) = (Template::of_project().unwrap(), HttpApiTemplate::of_project().unwrap());
    for parameter in ["AllowedOrigins", "AllowedOrigin"] {
        assert_eq!(template.parameter(parameter).unwrap(), http.parameter(parameter).unwrap());
    }
}

#[tokio::test]
async fn its_own_errors_are_a_message_and_nothing_else() {
    let api = start().await;
    let token = api.login().await.access;
    let narrow = Deployment {
        parameters: api.deployment.parameters.clone().with("ScopeRules", "GET /sessions admin"),
        ..api.deployment.clone()
    };
    let narrow = api.redeployed(narrow).await;
    for (reply, status, message) in [
        (api.send(Request::get(route::SESSIONS), "").await, 401, "Unauthorized"),
        (api.send(Request::get(route::SESSIONS).header("authorization", ""), "").await, 401, "Unauthorized"),
        (api.call("x").await, 401, "Unauthorized"),
        (narrow.call(&token).await, 403, "Forbidden"),
        (api.send(Request::get(route::LOGIN), "").await, 404, "Not Found"),
        (api.send(Request::options(route::LOGIN), "").await, 404, "Not Found"),
    ] {
        assert_eq!((reply.status, &reply.body), (status, &json!({ "message": message })));
        let names: Vec<_> = reply.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["content-type"]);
    }
}

/// It asks the authorizer about headers that it has joined; a REST API refuses them without asking.
#[tokio::test]
async fn two_tokens_are_none() {
    let api = start().await;
    let token = api.login().await.access;
    let twice = bearer(bearer(Request::get(route::SESSIONS), &token), &token);
    assert_eq!(api.send(twice, "").await.status, 401);
    assert_eq!(api.call(&token).await.status, 200);
}

#[tokio::test]
async fn a_preflight_is_answered_for_every_path_and_says_nothing_to_other_origins() {
    let api = start().await;
    for path in [route::LOGIN, route::SESSIONS, route::JWKS, "/nowhere"] {
        let reply = api.preflight("GET", path, ORIGIN).await;
        assert_eq!((reply.status, &reply.body), (204, &Value::Null));
        assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN));
        let reply = api.preflight("GET", path, ELSEWHERE).await;
        assert_eq!((reply.status, reply.headers.len()), (204, 0));
    }
}

/// The published keys, which the function opens to every origin: the configuration of the API is what counts.
#[tokio::test]
async fn what_a_function_says_of_origins_is_replaced() {
    let api = start().await;
    for (origin, allowed) in [(ORIGIN, Some(ORIGIN)), (ELSEWHERE, None)] {
        let reply = api.send(Request::get(route::JWKS).header("origin", origin), "").await;
        assert_eq!(reply.status, 200);
        reply.assert_readable_by(allowed);
    }
}

/// Every value of a header reaches the function, although the authorizer gets them joined.
#[tokio::test]
async fn a_header_that_stands_twice_is_noticed_as_behind_a_rest_api() {
    let api = start().await;
    let login = form(&[("client_id", APP), ("username", USERNAME), ("password", PASSWORD)]);
    let json = form_post(route::LOGIN).header("content-type", "application/json");
    assert_eq!(api.send(json, login.clone()).await.status, 415);
    assert_eq!(api.send(form_post(route::LOGIN), login).await.status, 200);
}
