//! The header of a proof: its type, its algorithm and other members.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::place::{Case, Place, Scene, everywhere, try_at};
use crate::harness::{Api, Device};

fn cases(scene: &Scene) -> Vec<Case> {
    let proof = scene.proof();
    let header = |name: &str, value: Value| proof.clone().header(name, value).sign();
    let refused = |name: &str, text: String| Case::refused(name, text, "dpop_header");
    let mut cases = vec![
        refused("no typ", proof.clone().without_header("typ").sign()),
        refused("no alg", proof.clone().without_header("alg").sign()),
    ];
    for typ in [
        json!("JWT"),
        json!("at+jwt"),
        json!("DPoP+JWT"),
        json!("application/dpop+jwt"),
        json!("dpop+jwt "),
        json!(""),
        json!(null),
        json!(["dpop+jwt"]),
        json!(1),
    ] {
        cases.push(refused(&format!("typ {typ}"), header("typ", typ)));
    }
    for alg in [
        json!("none"),
        json!("None"),
        json!("HS256"),
        json!("HS512"),
        json!("ES384"),
        json!("ES512"),
        json!("ES256K"),
        json!("PS256"),
        json!("RS384"),
        json!("RS1"),
        json!("es256"),
        json!("ES256 "),
        json!(""),
        json!(null),
        json!(["ES256"]),
        json!(256),
    ] {
        cases.push(refused(&format!("alg {alg}"), header("alg", alg)));
    }
    for alg in ["EdDSA", "Ed25519", "RS256"] {
        cases.push(Case::refused(
            format!("{alg}, which is not the key's"),
            header("alg", json!(alg)),
            "dpop_key",
        ));
    }
    for crit in [json!([]), json!(["exp"]), json!(["typ"]), json!("typ"), json!(null)] {
        cases.push(refused(&format!("crit {crit}"), header("crit", crit)));
    }
    cases.extend(unsigned(scene));
    for (name, value) in [
        ("kid", json!("another")),
        ("jku", json!("https://evil.example.com/jwks.json")),
        ("x5u", json!("https://evil.example.com/cert.pem")),
        ("x5c", json!(["AAAA"])),
        ("x5t", json!("AAAA")),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("b64", json!(true)),
        ("com.example", json!({ "a": [1, null, "b"] })),
        ("", json!("")),
    ] {
        let text = scene.proof().header(name, value).sign();
        cases.push(Case::accepted(format!("a member {name:?} that means nothing"), text));
    }
    cases
}

/// Proofs without a signature, and with one that only needs the public key.
fn unsigned(scene: &Scene) -> Vec<Case> {
    let proof = scene.proof();
    let message = |alg: &str| proof.clone().header("alg", json!(alg)).message();
    let secret = scene.device.jwk["x"].as_str().unwrap();
    let tag = |secret: &[u8], message: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
    };
    let hs256 = message("HS256");
    let header = "dpop_header";
    vec![
        Case::refused("none, without a signature", format!("{}.", message("none")), header),
        Case::refused("HS256 by the encoded key", tag(secret.as_bytes(), &hs256), header),
        Case::refused("HS256 by the key", tag(&URL_SAFE_NO_PAD.decode(secret).unwrap(), &hs256), header),
        Case::refused("HS256 by the jwk", tag(scene.device.jwk.to_string().as_bytes(), &hs256), header),
        Case::refused("HS256 by nothing", tag(b"", &hs256), header),
    ]
}

/// Signatures of other texts or by other keys.
fn signatures(scene: &Scene) -> Vec<Case> {
    let proof = scene.proof();
    let good = proof.sign();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with = |bytes: &[u8]| format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes));
    let flipped: Vec<_> = bytes.iter().enumerate().map(|(at, b)| b ^ u8::from(at == 7)).collect();
    let other = scene.proof().claim("htm", json!("PUT")).sign();
    let algorithm = proof.header["alg"].as_str().unwrap();
    let another = match algorithm {
        "ES256" => Some(Device::es256(2)),
        "EdDSA" => Some(Device::eddsa(2)),
        _ => None,
    };
    let mut cases = vec![
        ("none", format!("{message}.")),
        ("of another proof", format!("{message}.{}", other.rsplit_once('.').unwrap().1)),
        ("with another bit", with(&flipped)),
        ("that is shorter", with(&bytes[1..])),
        ("that is longer", with(&[&bytes[..], &[0]].concat())),
        ("of zeros", with(&vec![0; bytes.len()])),
        ("of ones", with(&vec![0xff; bytes.len()])),
        ("of the parts' bytes", format!("{message}.{}", scene.device.sign(&proof.claims.to_string()))),
        ("that comes twice", with(&[&bytes[..], &bytes[..]].concat())),
    ];
    if let Some(another) = another {
        cases.push(("of another key", proof.clone().by(&another).sign()));
    }
    let case =
        |(name, text)| Case::refused(format!("{algorithm}: a signature {name}"), text, "dpop_signature");
    cases.into_iter().map(case).collect()
}

#[tokio::test]
async fn the_type_must_be_exact_and_the_algorithm_one_of_three() {
    everywhere(cases).await;
}

#[tokio::test]
async fn the_key_in_the_proof_must_have_signed_all_of_it() {
    for place in Place::ALL {
        for device in Device::of_each_algorithm() {
            let scene = Scene::of(place, Api::binding().await, device).await;
            let algorithm = scene.device.jwk["kty"].clone();
            assert_eq!(scene.send(&[scene.proof().sign()]).await.status, 200, "{algorithm} at {place:?}");
            try_at(Scene::of(place, Api::binding().await, scene.device).await, signatures).await;
        }
    }
}

/// A proof of an unrelated key is valid, but opens nothing.
#[tokio::test]
async fn a_good_proof_of_another_key_opens_nothing() {
    for other in [Device::es256(2), Device::eddsa(1), Device::rs256()] {
        for place in Place::ALL {
            let scene = Scene::at(place).await;
            let before = scene.api.stored().await;
            let reply = scene.send(&[scene.proof_of(&other).sign()]).await;
            match place {
                Place::Login => {
                    assert_eq!(reply.body["token_type"], "DPoP", "a session of its own");
                    continue;
                }
                Place::Refresh => reply.assert_error(400, "invalid_grant"),
                Place::LogoutEverywhere => reply.assert_error(400, "invalid_dpop_proof"),
                Place::Resource => reply.assert_gateway_error(401, "unauthorized"),
            }
            assert_eq!(scene.api.stored().await, before, "{place:?}");
            assert_eq!(scene.send(&[scene.proof().sign()]).await.status, 200, "{place:?}: the session lives");
        }
    }
}
