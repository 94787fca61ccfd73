//! The key in a proof has to be public, complete, of the right algorithm, and strong enough.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::place::{Case, Place, Scene, everywhere, try_at};
use crate::harness::{Device, Proof};

/// Members of private and symmetric keys (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(jwk: &Value, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
}

/// The same key with this member changed, or removed if the value is `None`.
fn with(jwk: &Value, name: &str, value: Option<Value>) -> Value {
    let mut jwk = jwk.clone();
    match value {
        Some(value) => jwk[name] = value,
        None => drop(jwk.as_object_mut().unwrap().remove(name)),
    }
    jwk
}

fn refused(name: String, proof: &Proof, jwk: Value) -> Case {
    Case::refused(name, proof.clone().header("jwk", jwk).sign(), "dpop_key")
}

/// Cases for any kind of key.
fn any(scene: &Scene) -> Vec<Case> {
    let (proof, jwk) = (scene.proof(), &scene.device.jwk);
    let mut cases = vec![Case::refused("no jwk", proof.clone().without_header("jwk").sign(), "dpop_key")];
    for (name, other) in [
        ("null", json!(null)),
        ("text", json!(jwk.to_string())),
        ("a list", json!([jwk])),
        ("a set", json!({ "keys": [jwk] })),
        ("a number", json!(1)),
        ("nothing", json!({})),
    ] {
        cases.push(refused(format!("a jwk that is {name}"), &proof, other));
    }
    for name in PRIVATE {
        for value in [json!("AAAA"), json!(""), json!(null), json!([])] {
            cases.push(refused(format!("with {name} {value}"), &proof, with(jwk, name, Some(value))));
        }
    }
    for (name, value) in [
        ("use", json!("enc")),
        ("use", json!(1)),
        ("alg", json!("ES384")),
        ("alg", json!("")),
        ("alg", json!(["ES256"])),
        ("kty", json!(null)),
        ("kty", json!("oct")),
        ("kty", json!(["EC"])),
        ("crv", json!(null)),
    ] {
        cases.push(refused(format!("with {name} {value}"), &proof, with(jwk, name, Some(value))));
    }
    let alg = proof.header["alg"].clone();
    for (name, value) in [
        ("kid", json!("another")),
        ("kid", json!(7)),
        ("use", json!("sig")),
        ("alg", alg),
        ("key_ops", json!(["verify"])),
        ("ext", json!(true)),
        ("x5c", json!(["AAAA"])),
        ("com.example", json!({ "a": [1] })),
    ] {
        let proof = scene.proof().header("kid", json!("one"));
        let proof = proof.header("jwk", with(jwk, name, Some(value.clone())));
        cases.push(Case::accepted(format!("with {name} {value}, which changes nothing"), proof.sign()));
    }
    cases
}

/// Cases for ES256.
fn points_of_p256(scene: &Scene) -> Vec<Case> {
    let device = Device::es256(1);
    let (proof, jwk) = (scene.proof_of(&device), &device.jwk);
    let mut cases = Vec::new();
    for name in ["kty", "crv", "x", "y"] {
        cases.push(refused(format!("ES256 without {name}"), &proof, with(jwk, name, None)));
    }
    for kty in ["ec", "OKP", "RSA"] {
        cases.push(refused(format!("ES256 of {kty}"), &proof, with(jwk, "kty", Some(json!(kty)))));
    }
    for crv in ["P-384", "P-521", "secp256k1", "p-256", "Ed25519", ""] {
        cases.push(refused(format!("ES256 on {crv:?}"), &proof, with(jwk, "crv", Some(json!(crv)))));
    }
    for name in ["x", "y"] {
        let bytes = decode(jwk, name);
        let text = jwk[name].as_str().unwrap();
        // The last character of 32 bytes has two unused bits.
        let last = char::from(text.as_bytes()[42] + 1);
        for (what, value) in [
            ("of the other one", json!(jwk[if name == "x" { "y" } else { "x" }])),
            ("short", json!(encode(&bytes[1..]))),
            ("long", json!(encode(&[&[0], &bytes[..]].concat()))),
            ("compressed", json!(encode(&[&[2], &bytes[..]].concat()))),
            ("zero", json!(encode(&[0; 32]))),
            ("beyond the field", json!(encode(&[0xff; 32]))),
            ("padded", json!(format!("{text}="))),
            ("not canonical", json!(format!("{}{last}", &text[..42]))),
            ("empty", json!("")),
            ("null", json!(null)),
            ("a number", json!(7)),
            ("a list", json!([text])),
        ] {
            cases.push(refused(format!("ES256, {name} {what}"), &proof, with(jwk, name, Some(value))));
        }
    }
    let zero = with(&with(jwk, "x", Some(json!(encode(&[0; 32])))), "y", Some(json!(encode(&[0; 32]))));
    cases.push(refused("ES256 at infinity".to_owned(), &proof, zero));
    cases
}

/// Cases for EdDSA.
fn points_of_ed25519(scene: &Scene) -> Vec<Case> {
    let device = Device::eddsa(1);
    let (proof, jwk) = (scene.proof_of(&device), &device.jwk);
    let mut cases = Vec::new();
    for name in ["kty", "crv", "x"] {
        cases.push(refused(format!("EdDSA without {name}"), &proof, with(jwk, name, None)));
    }
    for crv in ["Ed448", "X25519", "ed25519", "P-256"] {
        cases.push(refused(format!("EdDSA on {crv}"), &proof, with(jwk, "crv", Some(json!(crv)))));
    }
    let bytes = decode(jwk, "x");
    for (what, x) in [
        ("short", encode(&bytes[1..])),
        ("long", encode(&[&bytes[..], &[0]].concat())),
        ("empty", String::new()),
    ] {
        cases.push(refused(format!("EdDSA, x {what}"), &proof, with(jwk, "x", Some(json!(x)))));
    }
    // No curve point has this ordinate, since its abscissa would need a square root that doesn't exist. Nothing can be
    // signed with it.
    let nowhere = encode(&[&[2][..], &[0; 31]].concat());
    let proof = proof.header("jwk", with(jwk, "x", Some(json!(nowhere))));
    cases.push(Case::refused("EdDSA, x off the curve", proof.sign(), "dpop_signature"));
    cases
}

/// Cases for RS256.
fn numbers_of_rsa(scene: &Scene) -> Vec<Case> {
    let device = Device::rs256();
    let (proof, jwk) = (scene.proof_of(&device), &device.jwk);
    let n = decode(jwk, "n");
    let odd = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        *bytes.last_mut().unwrap() |= 1;
        encode(&bytes)
    };
    let mut shorter = n.clone();
    shorter[0] &= 0x7f;
    let mut cases = Vec::new();
    for (what, name, value) in [
        ("1024 bits", "n", odd(&n[..128])),
        ("2040 bits", "n", odd(&n[..255])),
        ("2047 bits", "n", encode(&shorter)),
        ("8200 bits", "n", odd(&n.repeat(5)[..1025])),
        ("16384 bits", "n", odd(&n.repeat(8))),
        ("a zero before the modulus", "n", encode(&[&[0], &n[..]].concat())),
        ("no modulus", "n", String::new()),
        ("the exponent 0", "e", encode(&[0])),
        ("the exponent 1", "e", encode(&[1])),
        ("the exponent 2", "e", encode(&[2])),
        ("a zero before the exponent", "e", encode(&[0, 1, 0, 1])),
        ("a long exponent", "e", encode(&[1, 0, 0, 0, 0, 0, 0, 0, 1])),
        ("no exponent", "e", String::new()),
    ] {
        cases.push(refused(format!("RS256 with {what}"), &proof, with(jwk, name, Some(json!(value)))));
    }
    for name in ["kty", "n", "e"] {
        cases.push(refused(format!("RS256 without {name}"), &proof, with(jwk, name, None)));
    }
    cases.push(refused("RS256 on a curve".to_owned(), &proof, with(jwk, "crv", Some(json!("P-256")))));
    cases
}

/// The eight points of Ed25519 of small order, and then other encodings of them: y + p, and a sign where x is 0.
const OF_SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];
/// The number of canonical encodings among them.
const CANONICAL: usize = 8;

/// A signature that needs no private key: R is the point of order 1, and S is 0. With a key of order n,
/// it fits one message in n. The `jti` varies the message.
fn of_small_order(scene: &Scene) -> Vec<Case> {
    let mut signature = [0; 64];
    signature[0] = 1;
    let case = |(at, hex): (usize, &&str)| {
        let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let point: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&point) });
        let proof = scene.proof().header("alg", json!("EdDSA")).header("jwk", jwk);
        let key = UnparsedPublicKey::new(&ED25519, &point);
        let is_right = |message: &String| key.verify(message.as_bytes(), &signature).is_ok();
        let mut messages = (0..500).map(|i| proof.clone().claim("jti", json!(format!("{hex}{i}"))).message());
        let message = messages.find(is_right);
        assert!(message.is_some() || at >= CANONICAL, "the crypto library takes {hex}");
        let text = format!("{}.{}", message.unwrap_or_else(|| proof.message()), encode(&signature));
        Case::refused(format!("the point {hex}"), text, "dpop_key")
    };
    OF_SMALL_ORDER.iter().enumerate().map(case).collect()
}

#[tokio::test]
async fn a_key_must_be_public_and_of_the_algorithm() {
    everywhere(any).await;
}

#[tokio::test]
async fn a_key_must_be_in_its_canonical_form() {
    everywhere(points_of_p256).await;
    everywhere(points_of_ed25519).await;
}

#[tokio::test]
async fn an_rsa_key_must_have_2048_bits_or_more_and_a_usual_exponent() {
    everywhere(numbers_of_rsa).await;
}

/// If signatures need no private key, any caller could use the key.
#[tokio::test]
async fn a_key_of_small_order_is_refused_even_with_a_valid_signature() {
    for place in Place::ALL {
        try_at(Scene::at(place).await, of_small_order).await;
    }
}
