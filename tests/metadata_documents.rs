//! `/.well-known/…`: what anybody needs to verify tokens and to get them.

use axum::http::Request;
use local::{functions::Deployment, template::ApiKind};
use metadata::Metadata;
use serde_json::{Value, json};
use shared::route;

use crate::harness::{Api, Fault};

const ISSUER: &str = "https://issuer.example.com";

#[tokio::test]
async fn the_documents_name_the_issuer_exactly_and_may_be_kept() {
    let api = Api::start().await;
    for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
        let reply = api.send(Request::get(path), "").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body["issuer"], ISSUER);
        assert_eq!(reply.body["jwks_uri"], format!("{ISSUER}{}", route::JWKS));
        assert_eq!(reply.body["token_endpoint"], format!("{ISSUER}/refresh"));
        assert_eq!(reply.body["revocation_endpoint"], format!("{ISSUER}/logout"));
        assert_eq!(reply.body["grant_types_supported"], json!(["refresh_token"]));
        assert_eq!(reply.body["latchgate_audience"], "api");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        reply.assert_readable_by_all();
        assert_eq!(reply.header("pragma"), None);
    }
    let token = api.login().await.access;
    assert_eq!(crate::harness::claims(&token)["iss"], ISSUER);
}

#[tokio::test]
async fn the_documents_name_the_audience_of_the_tokens() {
    let api = Api::start().await;
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("Audience", "https://orders.example.com");
    let api = api.redeployed(deployment).await;
    let aud = crate::harness::claims(&api.login().await.access)["aud"].clone();
    assert_eq!(aud, "https://orders.example.com");
    for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
        let reply = api.send(Request::get(path), "").await;
        assert_eq!(reply.body["latchgate_audience"], aud, "{path}");
    }
}

/// While an upgrade is under way: CloudFormation may change the code of a function before its environment.
#[tokio::test]
async fn without_an_audience_the_documents_are_served_all_the_same() {
    let api = Api::start().await;
    let mut functions = api.template.functions(&api.deployment.parameters).unwrap();
    let mut function = functions.remove("metadata").unwrap();
    assert_eq!(function.variables.remove("AUDIENCE").as_deref(), Some("api"));
    let metadata = Metadata::start(&api.deployment.context(function)).await.unwrap();
    let request = Request::get(route::AUTHORIZATION_SERVER).body(lambda_http::Body::Empty).unwrap();
    let reply = metadata.handle(&request).await;
    assert_eq!(reply.status(), 200);
    let document: Value = serde_json::from_slice(reply.body()).unwrap();
    assert_eq!((&document["issuer"], document.get("latchgate_audience")), (&json!(ISSUER), None));
}

const DOCUMENTS: [&str; 3] = [route::JWKS, route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION];

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let api = Api::start().await;
    for path in DOCUMENTS {
        let (get, head) = (api.send(Request::get(path), "").await, api.send(Request::head(path), "").await);
        assert_eq!((get.status, head.status, &head.body), (200, 200, &Value::Null), "{path}");
        let mut expected = get.headers.clone();
        expected.insert("content-length", get.body.to_string().len().into());
        assert_eq!(head.headers, expected, "{path}");
        head.assert_readable_by_all();
    }
    let nowhere = api.send(Request::head("/.well-known/nothing"), "").await;
    nowhere.assert_gateway_error(404, "not_found");
}

/// On a REST API: an HTTP API has one configuration for all paths.
#[tokio::test]
async fn a_preflight_says_what_get_says() {
    let api = Api::start().await;
    let rest = Deployment { api: ApiKind::Rest, ..api.deployment.clone() };
    let api = api.redeployed(rest).await;
    for path in DOCUMENTS {
        for origin in ["https://elsewhere.example.com", "null"] {
            let ask = Request::options(path).header("origin", origin);
            let ask = ask.header("access-control-request-method", "GET");
            let asked = "authorization,x-anything,x-else";
            let reply = api.send(ask.header("access-control-request-headers", asked), "").await;
            assert_eq!((reply.status, &reply.body), (204, &Value::Null));
            for (name, expected) in [
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", "GET, HEAD"),
                ("access-control-allow-headers", asked),
                ("access-control-max-age", "86400"),
                ("vary", "Access-Control-Request-Headers"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(reply.header(name), Some(expected), "{path}");
            }
        }
        let bare = api.send(Request::options(path), "").await;
        assert_eq!((bare.status, bare.header("access-control-allow-headers")), (204, Some("*")));
    }
    api.send(Request::options("/.well-known/nothing"), "").await.assert_error(404, "not_found");
}

#[tokio::test]
async fn with_a_path_in_the_issuer_rfc_8414s_document_is_where_the_rfc_has_it() {
    let issuer = "https://issuer.example.com/tenants/one";
    let api = Api::with(|parameters| parameters.with("Issuer", issuer)).await;
    let place = format!("{}/tenants/one", route::AUTHORIZATION_SERVER);
    for path in [place.as_str(), route::AUTHORIZATION_SERVER] {
        let reply = api.send(Request::get(path), "").await;
        assert_eq!((reply.status, &reply.body["issuer"]), (200, &json!(issuer)), "{path}");
        assert_eq!(api.send(Request::head(path), "").await.status, 200);
    }
    for other in ["/tenants/two", "/tenants", "/tenants/one/x"] {
        let path = format!("{}{other}", route::AUTHORIZATION_SERVER);
        api.send(Request::get(&path), "").await.assert_error(404, "not_found");
    }
    let without = Api::start().await;
    without.send(Request::get(&place), "").await.assert_error(404, "not_found");
}

#[tokio::test]
async fn the_key_set_has_the_public_halves_and_nothing_else() {
    let api = Api::start().await;
    let reply = api.send(Request::get(route::JWKS), "").await;
    let keyset = api.keyset();
    let signing = &keyset["signing_keys"][0];
    let expected = json!({ "keys": [{ "kty": "EC", "use": "sig", "crv": "P-256", "alg": "ES256",
        "kid": signing["kid"], "x": signing["x"], "y": signing["y"] }] });
    assert_eq!(reply.body, expected);
}

#[tokio::test]
async fn without_its_keys_it_is_a_503_that_heals_and_that_nobody_keeps() {
    let api = Api::start().await;
    api.calls.fail(Fault::Before("Query Keys"));
    let cold = Metadata::start(&api.context("metadata")).await.unwrap();
    let request = Request::get(route::JWKS).body(lambda_http::Body::Empty).unwrap();
    let reply = cold.handle(&request).await;
    assert_eq!(reply.status(), 503);
    for (name, expected) in [
        ("cache-control", "no-store"),
        ("retry-after", "1"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "Retry-After, WWW-Authenticate, Date"),
    ] {
        assert_eq!(reply.headers()[name], expected);
    }
    api.calls.heal();
    assert_eq!(cold.handle(&request).await.status(), 200);
}
