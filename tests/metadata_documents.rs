//! `/.well-known/…`: what anybody needs to verify tokens and to get them.

use axum::http::Request;
use metadata::Metadata;
use serde_json::json;
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
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        reply.assert_readable_by_all();
        assert_eq!(reply.header("pragma"), None);
    }
    let token = api.login().await.access;
    assert_eq!(crate::harness::claims(&token)["iss"], ISSUER);
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
    assert_eq!(reply.headers()["cache-control"], "no-store");
    api.calls.heal();
    assert_eq!(cold.handle(&request).await.status(), 200);
}
