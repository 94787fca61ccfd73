//! Invalid signatures, for each algorithm of Latchgate's keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use shared::keys::SigningAlgorithm;

use crate::{
    forgeries::{assert_refused, encode},
    harness::{Api, Forge, keyset_of},
};

/// For each algorithm: an API that signs with it, a live token, and a forge with its key.
async fn each() -> Vec<(Api, String, Forge)> {
    let mut all = Vec::new();
    for algorithm in SigningAlgorithm::ALL {
        let api = Api::with_keyset(keyset_of(algorithm), |p| p).await;
        let token = api.login().await.access;
        let forge = Forge::new(&api, &token);
        let same = forge.sign_raw(&forge.header.to_string(), &forge.claims.to_string());
        assert_eq!(api.call(&same).await.status, 200, "the forge works");
        api.calls.take();
        all.push((api, token, forge));
    }
    all
}

fn with_alg(forge: &Forge, alg: &Value) -> String {
    let mut header = forge.header.clone();
    header["alg"] = alg.clone();
    header.to_string()
}

#[tokio::test]
async fn a_token_with_another_algorithm_than_its_keys_is_refused() {
    for (api, token, forge) in each().await {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let claims = message.split_once('.').unwrap().1;
        for none in ["none", "None", "NONE", "nOnE", "", " none"] {
            let header = encode(&with_alg(&forge, &json!(none)));
            assert_refused(&api, &format!("{header}.{claims}."), none).await;
            assert_refused(&api, &format!("{header}.{claims}.{signature}"), none).await;
        }
        let own = forge.header["alg"].as_str().unwrap();
        let all =
            ["ES256", "ES384", "ES512", "ES256K", "RS256", "RS384", "RS512", "PS256", "EdDSA", "Ed25519"];
        let others = all.into_iter().chain(["es256", "eddsa", "rs256", "HS256", "HS384", "HS512"]);
        for other in others.filter(|other| *other != own) {
            assert_refused(&api, &forge.with_header("alg", json!(other)), other).await;
        }
        assert_refused(&api, &forge.with_header("alg", json!([own])), "an array").await;
    }
}

#[tokio::test]
async fn an_rsa_key_signs_only_with_rs256() {
    let (api, _, forge) = each().await.remove(2);
    for (name, algorithm) in [
        ("PS256", Algorithm::PS256),
        ("PS384", Algorithm::PS384),
        ("RS384", Algorithm::RS384),
        ("RS512", Algorithm::RS512),
    ] {
        let claims = forge.claims.to_string();
        for alg in [name, "RS256"] {
            let header = with_alg(&forge, &json!(alg));
            assert_refused(&api, &forge.sign_as(algorithm, &header, &claims), &format!("{name} as {alg}"))
                .await;
        }
    }
}

#[tokio::test]
async fn a_public_key_is_not_accepted_as_an_hmac_secret() {
    for (api, _, forge) in each().await {
        let keyset = api.keyset();
        let jwk = &keyset["signing_keys"][0];
        let public: Vec<&str> = ["n", "e", "x", "y"].iter().filter_map(|name| jwk[*name].as_str()).collect();
        let decoded: Vec<Vec<u8>> = public.iter().map(|text| URL_SAFE_NO_PAD.decode(text).unwrap()).collect();
        let mut secrets = vec![vec![], vec![0; 32], [vec![4], decoded.concat()].concat(), decoded.concat()];
        secrets.extend(public.iter().map(|text| text.as_bytes().to_vec()));
        secrets.extend(decoded);
        secrets.push(shared_half(jwk).into_bytes());
        for (name, algorithm) in
            [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
        {
            let header = with_alg(&forge, &json!(name));
            let message = format!("{}.{}", encode(&header), encode(&forge.claims.to_string()));
            for secret in &secrets {
                let key = EncodingKey::from_secret(secret);
                let signature = crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
                assert_refused(&api, &format!("{message}.{signature}"), name).await;
            }
        }
    }
}

/// The key as the JWK Set shows it.
fn shared_half(jwk: &Value) -> String {
    let jwk: shared::keys::Jwk = serde_json::from_value(jwk.clone()).unwrap();
    serde_json::to_string(&jwk.to_public()).unwrap()
}

#[tokio::test]
async fn every_changed_signature_is_refused() {
    for (api, token, forge) in each().await {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let (first, second) = raw.split_at(raw.len() / 2);
        let mut forged = vec![
            ("empty", vec![]),
            ("zeros", vec![0; raw.len()]),
            ("ones", vec![0xff; raw.len()]),
            ("short", raw[..raw.len() - 1].to_vec()),
            ("long", [&raw[..], &[0]].concat()),
            ("long in front", [&[0], &raw[..]].concat()),
            ("swapped", [second, first].concat()),
            ("doubled", [&raw[..], &raw[..]].concat()),
        ];
        match forge.header["alg"].as_str().unwrap() {
            "ES256" => forged.push(("DER", der(first, second))),
            "EdDSA" => forged.push(("not reduced", [first, &plus_order(second)].concat())),
            _ => {}
        }
        for (what, bytes) in forged {
            assert_refused(&api, &format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes)), what).await;
        }
        for at in (0..token.len()).step_by(7) {
            let other = if &token[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert_refused(&api, &changed, &format!("at {at}")).await;
        }
    }
}

/// ECDSA-Sig-Value (RFC 3279 section 2.2.3), while a JWS contains the two integers alone.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let sign = usize::from(bytes[0] >= 0x80);
        [&[0x02, u8::try_from(32 + sign).unwrap()], &[0_u8][..sign], bytes].concat()
    };
    let integers = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(integers.len()).unwrap()], &integers[..]].concat()
}

/// S plus the group order: the same scalar in a form that RFC 8032 section 5.1.7 rejects.
fn plus_order(s: &[u8]) -> Vec<u8> {
    let mut order = [0_u8; 32];
    order[..16].copy_from_slice(&0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3ed_u128.to_le_bytes());
    order[31] = 0x10;
    let mut carry = 0;
    let sum = s.iter().zip(order).map(|(a, b)| {
        let sum = u16::from(*a) + u16::from(b) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    });
    sum.collect()
}
