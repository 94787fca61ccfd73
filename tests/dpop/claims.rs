//! The claims of a proof.

use serde_json::{Value, json};

use super::place::{Case, Expected, Place, Scene, everywhere, try_at};
use crate::harness::hash;

/// Missing claims, and claims of another type.
fn types(scene: &Scene) -> Vec<Case> {
    let proof = scene.proof();
    let mut names = vec!["jti", "htm", "htu", "iat"];
    names.extend((scene.place == Place::Resource).then_some("ath"));
    let mut cases = Vec::new();
    for name in names {
        let value = &proof.claims[name];
        let missing = proof.clone().without_claim(name).sign();
        cases.push(Case::refused(format!("without {name}"), missing, "dpop_claim"));
        let mistyped = [json!(null), json!(true), json!([value]), json!({ "v": value }), json!([])];
        let other = if name == "iat" { json!(value.to_string()) } else { json!(1) };
        for wrong in mistyped.into_iter().chain([other]) {
            let text = proof.clone().claim(name, wrong.clone()).sign();
            cases.push(Case::refused(format!("{name} is {wrong}"), text, "dpop_claim"));
        }
    }
    cases
}

/// Other claims, which have no effect.
fn others(scene: &Scene) -> Vec<Case> {
    let now = scene.api.clock.unix();
    let more = [
        ("iss", json!("https://evil.example.com")),
        ("aud", json!(["x"])),
        ("sub", json!("admin")),
        ("exp", json!(now - 3600)),
        ("nbf", json!(now + 3600)),
        ("cnf", json!({ "jkt": "AAAA" })),
        ("scope", json!("admin")),
        ("com.example", json!({ "a": [1, null, "b", { "c": 1.5 }] })),
        ("", json!("")),
    ];
    more.into_iter()
        .map(|(name, value)| {
            Case::accepted(format!("with {name:?}"), scene.proof().claim(name, value).sign())
        })
        .collect()
}

fn methods(scene: &Scene) -> Vec<Case> {
    let proof = scene.proof();
    let method = scene.place.method();
    let others = [
        method.to_ascii_lowercase(),
        format!("{}{}", &method[..1], method[1..].to_ascii_lowercase()),
        format!("{method} "),
        format!("{method},PUT"),
        (if method == "GET" { "POST" } else { "GET" }).to_owned(),
        "HEAD".to_owned(),
        "*".to_owned(),
        String::new(),
    ];
    let case = |other: String| {
        Case::refused(
            format!("htm {other:?}"),
            proof.clone().claim("htm", json!(other)).sign(),
            "dpop_method",
        )
    };
    others.into_iter().map(case).collect()
}

fn identifiers(scene: &Scene) -> Vec<Case> {
    let jti = |jti: &str| scene.proof().claim("jti", json!(jti)).sign();
    vec![
        Case::refused("jti empty", jti(""), "dpop_claim"),
        Case::refused("jti of 257 bytes", jti(&"x".repeat(257)), "dpop_claim"),
        Case::refused("jti of 258 bytes", jti(&"\u{e4}".repeat(129)), "dpop_claim"),
        Case::refused("jti of 5 KB", jti(&"x".repeat(5000)), "dpop_claim"),
        Case::refused("jti of 10 KB", jti(&"x".repeat(10_240)), "dpop_malformed"),
        Case::accepted("jti of 256 bytes", jti(&"y".repeat(256))),
        Case::accepted("jti of one byte", jti("z")),
        Case::accepted("jti of any bytes", jti("\u{0}\n\"#\u{e4}\u{1f600}")),
    ]
}

fn times(scene: &Scene) -> Vec<Case> {
    let now = i64::try_from(scene.api.clock.unix()).unwrap();
    let iat = |value: Value| scene.proof().claim("iat", value).sign();
    let mut cases = Vec::new();
    for seconds in [-300, -299, -1, 0, 1, 299, 300] {
        cases.push(Case::accepted(format!("iat {seconds} s off"), iat(json!(now + seconds))));
    }
    for seconds in [-301, 301, -3600, 3600, -86400, 86400] {
        let text = iat(json!(now + seconds));
        cases.push(Case::new(format!("iat {seconds} s off"), text, Expected::NeedsNonce));
    }
    for value in [json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(now * 1000), json!(1e300)] {
        cases.push(Case::new(format!("iat {value}"), iat(value), Expected::NeedsNonce));
    }
    // RFC 7519 section 2 also allows fractions.
    let raw = |number: &str| {
        let proof = scene.proof();
        let claims =
            proof.claims.to_string().replace(&format!("\"iat\":{now}"), &format!("\"iat\":{number}"));
        proof.sign_raw(&proof.header.to_string(), &claims)
    };
    for number in [format!("{now}.5"), format!("{now}e0"), format!("{}.25", now - 300 + 1)] {
        cases.push(Case::accepted(format!("iat {number}"), raw(&number)));
    }
    cases.push(Case::new(
        "iat half a second too late",
        raw(&format!("{}.5", now + 300)),
        Expected::NeedsNonce,
    ));
    for number in ["1e999", "-1e999", "99999999999999999999999999"] {
        cases.push(Case::refused(format!("iat {number}"), raw(number), "dpop_malformed"));
    }
    for number in ["NaN", "Infinity", "0x10", "01", "+1", "1_000"] {
        cases.push(Case::refused(format!("iat {number}"), raw(number), "dpop_malformed"));
    }
    cases
}

/// The hash of the access token that is sent with the proof (RFC 9449 section 7).
fn hashes(scene: &Scene) -> Vec<Case> {
    let proof = scene.proof();
    let right = proof.claims["ath"].as_str().unwrap().to_owned();
    let ath = |value: String| proof.clone().claim("ath", json!(value)).sign();
    let other = hash(&scene.tokens.refresh);
    let (signed, _) = scene.tokens.access.rsplit_once('.').unwrap();
    let wrong = [
        ("of another token", other),
        ("of the token without its signature", hash(signed)),
        ("of the scheme and the token", hash(&format!("DPoP {}", scene.tokens.access))),
        ("empty", String::new()),
        ("padded", format!("{right}=")),
        ("of one character less", right[1..].to_owned()),
        ("in another case", right.to_ascii_lowercase()),
        ("that is the token", scene.tokens.access.clone()),
    ];
    wrong
        .into_iter()
        .map(|(name, value)| Case::refused(format!("ath {name}"), ath(value), "dpop_token"))
        .collect()
}

#[tokio::test]
async fn each_claim_must_be_present_and_of_its_type() {
    everywhere(types).await;
}

#[tokio::test]
async fn other_claims_are_ignored() {
    everywhere(others).await;
}

#[tokio::test]
async fn the_method_must_be_that_of_the_request() {
    everywhere(methods).await;
}

#[tokio::test]
async fn an_identifier_must_have_1_to_256_bytes() {
    everywhere(identifiers).await;
}

#[tokio::test]
async fn a_proof_must_be_recent_or_have_a_nonce() {
    everywhere(times).await;
}

#[tokio::test]
async fn a_proof_for_a_call_must_have_the_hash_of_the_access_token() {
    try_at(Scene::at(Place::Resource).await, hashes).await;
}

/// A request to a token endpoint has no access token, so the hash in its proof is ignored.
#[tokio::test]
async fn the_token_endpoints_ignore_the_hash_of_an_access_token() {
    for place in [Place::Login, Place::Refresh, Place::LogoutEverywhere] {
        let cases = |scene: &Scene| {
            let ath =
                |value| Case::accepted(format!("ath {value}"), scene.proof().claim("ath", value).sign());
            vec![ath(json!("x")), ath(json!(null))]
        };
        try_at(Scene::at(place).await, cases).await;
    }
}
