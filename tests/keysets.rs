//! Several keys at once work; a key that can't be used keeps the functions from starting.

use aws_lc_rs::{
    encoding::AsBigEndian,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use local::keyset::KeysetDocument;
use serde_json::{Value, json};
use shared::{
    environment::Environment,
    keys::{Keyset, KeysetError, PublicKeys},
    random::SystemRandom,
};

use crate::harness::Api;

fn generated() -> Value {
    serde_json::from_str(&KeysetDocument::generate(&SystemRandom::new()).unwrap().private).unwrap()
}

fn document(keyset: &Value) -> KeysetDocument {
    let public: Vec<Value> = keyset["signing_keys"].as_array().unwrap().iter().map(public_half).collect();
    KeysetDocument { private: keyset.to_string(), public: json!({ "keys": public }).to_string() }
}

fn public_half(jwk: &Value) -> Value {
    let mut jwk = jwk.clone();
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        jwk.as_object_mut().unwrap().remove(member);
    }
    jwk
}

fn ed25519() -> Value {
    let pair = Ed25519KeyPair::generate().unwrap();
    let seed = pair.seed().unwrap().as_be_bytes().unwrap();
    json!({
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "ed",
        "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()), "d": URL_SAFE_NO_PAD.encode(seed.as_ref()),
    })
}

/// A key of 2048 bits, of no use but this test's. Its file was made with `openssl genrsa`, its members taken out as
/// they stand there.
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
    deployment.keyset = document(&both);
    let api = api.redeployed(deployment);
    assert_eq!(api.call(&tokens.access).await.status, 200);
    let next = api.refresh(&tokens.refresh).await.tokens();

    let mut deployment = api.deployment.clone();
    deployment.keyset = document(&new);
    let api = api.redeployed(deployment);
    assert_eq!(api.call(&next.access).await.status, 200, "signed with the new key");
    assert_eq!(api.call(&tokens.access).await.status, 401, "the old key is gone");
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

#[test]
fn the_authorizer_takes_public_keys_only() {
    let start = |keys: &Value| {
        let variables = [("PUBLIC_KEYS".to_owned(), json!({ "keys": keys }).to_string())];
        PublicKeys::from_environment(&Environment::from_variables(variables)).map(drop)
    };
    let signing = &generated()["signing_keys"][0];
    assert_eq!(start(&json!([public_half(signing)])), Ok(()));
    let kid = signing["kid"].as_str().unwrap().to_owned();
    assert_eq!(start(&json!([signing])), Err(KeysetError::Private(kid)));
    assert_eq!(start(&json!([])), Err(KeysetError::Empty("the public keys")));
    let mut off_the_curve = public_half(signing);
    off_the_curve["x"] = off_the_curve["y"].clone();
    assert!(start(&json!([off_the_curve])).is_err());
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
