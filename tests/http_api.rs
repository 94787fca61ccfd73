//! The HTTP API of template-http.yaml, compared with the REST API of template.yaml.

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

/// An API behind an HTTP API, whatever kind the other tests use.
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
    // An HTTP API answers every preflight itself.
    rest.routes.retain(|route| route.method != "OPTIONS");
    assert_eq!(rest.routes, http.routes);
    assert!(http.routes.iter().any(|route| route.is_protected), "they were found");
}

#[test]
fn both_kinds_of_api_have_the_same_cors_and_cache_no_decision() {
    let [rest, http] = both();
    assert_eq!(rest.cors, http.cors);
    assert_eq!([rest.authorizer_cache_ttl, http.authorizer_cache_ttl], [Duration::ZERO; 2]);
    let (template, http) = (Template::of_project().unwrap(), HttpApiTemplate::of_project().unwrap());
    for parameter in ["AllowedOrigins", "AllowedOrigin"] {
        assert_eq!(template.parameter(parameter).unwrap(), http.parameter(parameter).unwrap());
    }
}

#[tokio::test]
async fn the_errors_of_an_http_api_are_only_a_message() {
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

/// An HTTP API joins the headers before it asks the authorizer. A REST API refuses them without asking.
#[tokio::test]
async fn two_tokens_are_refused() {
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

/// The function opens the published keys to every origin, but the API's configuration counts.
#[tokio::test]
async fn the_apis_cors_headers_replace_those_of_a_function() {
    let api = start().await;
    for (origin, allowed) in [(ORIGIN, Some(ORIGIN)), (ELSEWHERE, None)] {
        let reply = api.send(Request::get(route::JWKS).header("origin", origin), "").await;
        assert_eq!(reply.status, 200);
        reply.assert_readable_by(allowed);
    }
}

/// The function sees every value of a header, although the authorizer gets them joined.
#[tokio::test]
async fn a_repeated_header_is_noticed_as_behind_a_rest_api() {
    let api = start().await;
    let login = form(&[("client_id", APP), ("username", USERNAME), ("password", PASSWORD)]);
    let json = form_post(route::LOGIN).header("content-type", "application/json");
    assert_eq!(api.send(json, login.clone()).await.status, 415);
    assert_eq!(api.send(form_post(route::LOGIN), login).await.status, 200);
}
