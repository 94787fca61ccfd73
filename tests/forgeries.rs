//! Forged access tokens: mutations of live ones, with and without the key. Every one is refused with 401 before
//! anything is read, and none makes the authorizer panic.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use shared::route;

use crate::harness::{Api, Forge, Tokens};

async fn start() -> (Api, Tokens, Forge) {
    let api = Api::start().await;
    let tokens = api.login().await;
    let forge = Forge::new(&api, &tokens.access);
    assert_eq!(api.call(&tokens.access).await.status, 200);
    api.calls.take();
    (api, tokens, forge)
}

/// Asserts that the token is refused without a call to the store, not even for keys.
pub(crate) async fn assert_refused(api: &Api, token: &str, what: &str) {
    api.call(token).await.assert_gateway_error(401, "unauthorized");
    assert!(api.calls.take().is_empty(), "{what}");
}

pub(crate) fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[tokio::test]
async fn nothing_in_the_header_is_followed() {
    let (api, _, forge) = start().await;
    let evil = "https://evil.example.com/jwks.json";
    for (name, value) in [
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("a\u{0}b")),
        ("kid", json!("k".repeat(10_000))),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!("")),
        ("kid", json!(null)),
        ("kid", json!(["x"])),
        ("kid", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("jwk", json!({ "kty": "oct", "k": "AAAA" })),
        ("jku", json!(evil)),
        ("x5u", json!(evil)),
        ("x5c", json!(["AAAA"])),
        ("crit", json!([])),
        ("crit", json!(["exp"])),
        ("crit", json!("exp")),
        ("crit", json!(null)),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("typ", json!("JWT")),
        ("typ", json!("at+jwt+x")),
        ("typ", json!("application/json")),
        ("typ", json!(null)),
    ] {
        let what = format!("{name}: {value:.40}");
        assert_refused(&api, &forge.with_header(name, value), &what).await;
    }
    for missing in ["kid", "typ", "alg"] {
        let mut header = forge.header.clone();
        header.as_object_mut().unwrap().remove(missing);
        assert_refused(&api, &forge.sign_raw(&header.to_string(), &forge.claims.to_string()), missing).await;
    }
    // The three values in the order of the struct's members.
    let array = json!(["typ", "alg", "kid"].map(|name| forge.header[name].clone())).to_string();
    assert_refused(&api, &forge.sign_raw(&array, &forge.claims.to_string()), "an array").await;
}

#[tokio::test]
async fn claims_must_be_of_their_type_and_appear_once() {
    let (api, _, forge) = start().await;
    let now = api.clock.unix();
    for name in ["exp", "iat", "nbf", "auth_time"] {
        for value in [
            json!((now + 100).to_string()),
            json!(-1),
            json!(1e300),
            json!(true),
            json!([now]),
            json!({}),
            json!(u64::MAX),
            json!((now + 100) * 1000),
            serde_json::from_str(&format!("{now}.5")).unwrap(),
            serde_json::from_str(&format!("{now}e0")).unwrap(),
        ] {
            assert_refused(&api, &forge.with_claim(name, value.clone()), &format!("{name}: {value}")).await;
        }
    }
    for (name, value) in [("iat", now + 6), ("nbf", now + 6), ("exp", now), ("exp", 0)] {
        assert_refused(&api, &forge.with_claim(name, json!(value)), name).await;
    }
    for name in ["iss", "aud", "sub", "jti", "client_id", "sid", "exp", "iat", "auth_time"] {
        let mut claims = forge.claims.clone();
        let value = claims.as_object_mut().unwrap().remove(name).unwrap();
        let header = forge.header.to_string();
        assert_refused(&api, &forge.sign_raw(&header, &claims.to_string()), name).await;
        for wrong in [json!([value]), json!(null), json!({ "v": value })] {
            assert_refused(&api, &forge.with_claim(name, wrong), name).await;
        }
        let repeated = format!("{{\"{name}\":{value},{}", &forge.claims.to_string()[1..]);
        assert_refused(&api, &forge.sign_raw(&header, &repeated), name).await;
    }
    for name in ["alg", "kid", "typ"] {
        let repeated = format!("{{\"{name}\":{},{}", forge.header[name], &forge.header.to_string()[1..]);
        assert_refused(&api, &forge.sign_raw(&repeated, &forge.claims.to_string()), name).await;
    }
}

#[tokio::test]
async fn claims_that_latchgate_would_not_issue_are_refused() {
    let (api, _, forge) = start().await;
    let same = forge.sign_raw(&forge.header.to_string(), &forge.claims.to_string());
    assert_eq!(api.call(&same).await.status, 200, "the forge works");
    api.calls.take();
    for (name, value) in [
        ("iss", json!("https://other.example.com")),
        ("iss", json!("https://issuer.example.com/")),
        ("aud", json!("other")),
        ("sub", json!("")),
        ("sid", json!("x#y")),
        ("client_id", json!("a#b")),
        ("jti", json!(7)),
        ("scope", json!(["read"])),
        ("scope", json!("re\"ad")),
        ("iat", json!(api.clock.unix() + 1800)),
    ] {
        assert_refused(&api, &forge.with_claim(name, value.clone()), &format!("{name}: {value}")).await;
    }
    // Well-formed tokens without a session, which the one read detects.
    for (name, value) in [("sub", "someone"), ("client_id", "demo-server"), ("sid", "AAAAAAAAAAAAAAAAAAAAAA")]
    {
        api.call(&forge.with_claim(name, json!(value))).await.assert_gateway_error(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_token_of_another_shape_is_refused() {
    let (api, tokens, forge) = start().await;
    let (message, signature) = tokens.access.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let with_deep = format!("{{\"deep\":{},{}", deep(200), &forge.claims.to_string()[1..]);
    let flattened = json!({ "protected": header, "payload": claims, "signature": signature }).to_string();
    let general =
        json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] });
    let mut dots = String::new();
    for _ in 0..2000 {
        let _ = write!(dots, "a.b.c");
    }
    for (what, token) in [
        ("a refresh token", tokens.refresh.clone()),
        ("a JWE", format!("{header}.{claims}.{signature}.{claims}.{signature}")),
        ("flattened JSON", flattened.replace('"', "%22")),
        ("general JSON", encode(&general.to_string())),
        ("flattened JSON, encoded", encode(&flattened)),
        ("dots", ".".repeat(10_000)),
        ("dots with letters", dots),
        ("padding after the signature", format!("{message}.{signature}==")),
        ("padding after the header", format!("{header}=.{claims}.{signature}")),
        ("padding after the claims", format!("{header}.{claims}=.{signature}")),
        ("the other base64 alphabet", tokens.access.replace('-', "+").replace('_', "/") + "+"),
        ("deep JSON", forge.sign_raw(&forge.header.to_string(), &with_deep)),
        ("deep header", forge.sign_raw(&deep(200), &forge.claims.to_string())),
        ("claims that are no object", forge.sign_raw(&forge.header.to_string(), "[]")),
        ("claims that are no JSON", forge.sign_raw(&forge.header.to_string(), "\u{fffd}")),
        ("two parts", message.to_owned()),
        ("four parts", format!("{}.{signature}", tokens.access)),
        ("nothing between", format!("{header}..{signature}")),
        ("upper case", tokens.access.to_uppercase()),
    ] {
        assert_refused(&api, &token, what).await;
    }
    // Non-canonical base64: the last character of 64 bytes has four unused bits.
    let last = signature.chars().last().unwrap();
    let sibling = if last == 'A' { 'B' } else { char::from(last as u8 + 1) };
    assert_refused(&api, &format!("{}{sibling}", &tokens.access[..tokens.access.len() - 1]), "canonical")
        .await;
}

#[tokio::test]
async fn only_one_token_of_the_right_scheme_is_accepted_in_any_case() {
    let (api, tokens, _) = start().await;
    let call = async |header: &str| {
        let request = axum::http::Request::get(route::SESSIONS).header("authorization", header);
        api.send(request, "").await.status
    };
    let token = &tokens.access;
    for good in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_eq!(call(&format!("{good} {token}")).await, 200, "{good}");
    }
    for bad in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},Bearer {token}"),
        format!("Bearer {token}, {token}"),
        format!("DPoP {token}"),
    ] {
        assert_eq!(call(&bad).await, 401, "{bad:.20}");
    }
}
