//! Several keys work at the same time. An unusable key keeps the functions from starting.

use authorizer::Authorizer;
use aws_lc_rs::{
    encoding::AsBigEndian,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use lambda_http::lambda_runtime::Diagnostic;
use local::functions;
use serde_json::{Value, json};
use shared::keys::{Keyset, KeysetDocument, KeysetError};

use crate::harness::{Api, text};

fn generated() -> Value {
    serde_json::to_value(crate::harness::keyset()).unwrap()
}

fn document(keyset: &Value) -> KeysetDocument {
    serde_json::from_value(keyset.clone()).unwrap()
}

fn given(keyset: &Value) -> functions::Keyset {
    functions::Keyset::Document(Box::new(document(keyset)))
}

fn ed25519() -> Value {
    let pair = Ed25519KeyPair::generate().unwrap();
    let seed = pair.seed().unwrap().as_be_bytes().unwrap();
    json!({
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "ed",
        "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()), "d": URL_SAFE_NO_PAD.encode(seed.as_ref()),
    })
}

/// A 2048-bit key for this test only. Its file has the output of `openssl genrsa` as JWK members.
fn rsa() -> Value {
    serde_json::from_str(include_str!("keys/rsa-2048.jwk.json")).unwrap()
}

#[tokio::test]
async fn tokens_of_the_old_keys_go_on_working_after_new_ones_came_first() {
    let (old, new) = (generated(), generated());
    let api = Api::with_keyset(document(&old), |p| p).await;
    let tokens = api.login().await;

    let both = json!({
        "signing_keys": [new["signing_keys"][0], old["signing_keys"][0]],
        "refresh_keys": [new["refresh_keys"][0], old["refresh_keys"][0]],
    });
    let mut deployment = api.deployment.clone();
    deployment.keyset = given(&both);
    let api = api.redeployed(deployment).await;
    assert_eq!(api.call(&tokens.access).await.status, 200);
    let next = api.refresh(&tokens.refresh).await.tokens();

    let mut deployment = api.deployment.clone();
    deployment.keyset = given(&new);
    let api = api.redeployed(deployment).await;
    assert_eq!(api.call(&next.access).await.status, 200, "signed with the new key");
    assert_eq!(
        api.call(&tokens.access).await.status,
        200,
        "the old key is published for as long as its tokens"
    );
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    api.refresh(&next.refresh).await.tokens();
}

#[tokio::test]
async fn eddsa_and_rs256_sign_too() {
    for (jwk, algorithm) in [(ed25519(), "EdDSA"), (rsa(), "RS256")] {
        let mut keyset = generated();
        keyset["signing_keys"] = json!([jwk]);
        let api = Api::with_keyset(document(&keyset), |p| p).await;
        let tokens = api.login().await;
        let header = URL_SAFE_NO_PAD.decode(tokens.access.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header["alg"], algorithm);
        assert_eq!(api.call(&tokens.access).await.status, 200, "{algorithm}");
        assert_eq!(api.logout(&tokens.access).await.status, 200);
        assert_eq!(api.call(&tokens.access).await.status, 401, "{algorithm}");
    }
}

#[test]
fn a_keyset_that_can_not_be_used_whole_is_refused() {
    let good = generated();
    assert!(Keyset::parse(&good.to_string()).is_ok());
    let with = |pointer: &str, value: Value| {
        let mut keyset = good.clone();
        *keyset.pointer_mut(pointer).unwrap() = value;
        keyset.to_string()
    };
    let other = generated();
    let twice = |list: &str| with(&format!("/{list}"), json!([good[list][0], good[list][0]]));
    let renamed = |list: &str| {
        let mut copy = good[list][0].clone();
        copy["kid"] = json!("another");
        with(&format!("/{list}"), json!([good[list][0], copy]))
    };
    let encrypting = |list: &str| {
        let mut jwk = good[list][0].clone();
        jwk["use"] = json!("enc");
        with(&format!("/{list}/0"), jwk)
    };
    for (what, keyset) in [
        ("not JSON", "{".to_owned()),
        ("another shape", "[]".to_owned()),
        ("no signing key", with("/signing_keys", json!([]))),
        ("no refresh key", with("/refresh_keys", json!([]))),
        ("a short HMAC key", with("/refresh_keys/0/k", json!(URL_SAFE_NO_PAD.encode([7; 31])))),
        ("an empty HMAC key", with("/refresh_keys/0/k", json!(""))),
        ("padding", with("/refresh_keys/0/k", json!(format!("{}=", URL_SAFE_NO_PAD.encode([7; 32]))))),
        ("an HMAC key that signs", with("/signing_keys/0", good["refresh_keys"][0].clone())),
        ("a signing key as HMAC key", with("/refresh_keys/0", good["signing_keys"][0].clone())),
        ("no kid", with("/signing_keys/0/kid", json!(""))),
        ("a long kid", with("/refresh_keys/0/kid", json!("k".repeat(65)))),
        ("another alg", with("/signing_keys/0/alg", json!("ES384"))),
        ("a key for encryption", encrypting("signing_keys")),
        ("an HMAC key for encryption", encrypting("refresh_keys")),
        ("another curve", with("/signing_keys/0/crv", json!("P-384"))),
        ("halves of two keys", with("/signing_keys/0/d", other["signing_keys"][0]["d"].clone())),
        ("a point off the curve", with("/signing_keys/0/x", good["signing_keys"][0]["y"].clone())),
        ("a key twice", twice("signing_keys")),
        ("an HMAC key twice", twice("refresh_keys")),
        ("a key under two names", renamed("signing_keys")),
        ("an HMAC key under two names", renamed("refresh_keys")),
    ] {
        let error = Keyset::parse(&keyset).expect_err(what);
        let text = format!("{error} {error:?}");
        for secret in [&good["signing_keys"][0]["d"], &good["refresh_keys"][0]["k"]] {
            assert!(!text.contains(secret.as_str().unwrap()), "{what}: {text}");
        }
    }
}

#[tokio::test]
async fn a_published_key_that_can_not_be_used_is_a_failure_and_never_an_allow() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let good = api.items("KeysTable").await.remove(0);
    let signing = &api.keyset()["signing_keys"][0];
    let mut off_the_curve = signing.clone();
    off_the_curve["d"] = Value::Null;
    off_the_curve["x"] = off_the_curve["y"].clone();
    for (what, name, value) in [
        ("a private half", "jwk", text(&signing.to_string())),
        ("a point off the curve", "jwk", text(&off_the_curve.to_string())),
        ("no JSON", "jwk", text("{")),
        ("an instant in milliseconds", "expires_at", crate::harness::number(1_900_000_000_000)),
    ] {
        let mut bad = good.clone();
        bad.insert(name.to_owned(), value);
        api.put("KeysTable", bad).await;
        let cold = Authorizer::start(&api.context("authorizer")).await.unwrap();
        let event = json!({ "type": "TOKEN", "authorizationToken": format!("Bearer {}", tokens.access),
            "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/me" });
        let error = Diagnostic::from(cold.handle(event, None).await.unwrap_err());
        assert_eq!(error.error_message, "The decision failed", "{what}");
        assert_eq!(api.call(&tokens.access).await.status, 200, "{what}: a warm authorizer has its copy");
    }
    api.put("KeysTable", good).await;
    assert_eq!(api.restarted().await.call(&tokens.access).await.status, 200);
}

#[test]
fn debug_shows_no_key() {
    let good = generated();
    let keyset = Keyset::parse(&good.to_string()).unwrap();
    let shown = format!("{keyset:?}");
    assert!(shown.contains(good["signing_keys"][0]["kid"].as_str().unwrap()));
    for secret in [&good["signing_keys"][0]["d"], &good["refresh_keys"][0]["k"]] {
        assert!(!shown.contains(secret.as_str().unwrap()), "{shown}");
    }
    let error: KeysetError = Keyset::parse("{\"signing_keys\": \"s3cret\"}").unwrap_err();
    assert!(!format!("{error:?}").contains("s3cret"));
}
