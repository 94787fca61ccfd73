//! The number of proof headers, and values that aren't a JWT.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use local::template::ApiKind;
use serde_json::{Value, json};

use super::place::{Case, Expected, Place, Scene, everywhere};
use crate::harness::API_KIND;

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Arrays nested this deep.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn cases(scene: &Scene) -> Vec<Case> {
    let proof = scene.proof();
    let (good, other) = (proof.sign(), scene.proof().sign());
    let (header, claims) = (proof.header.to_string(), proof.claims.to_string());
    let parts: Vec<_> = good.split('.').collect();
    let [head, payload, signature] = parts[..] else { unreachable!() };
    let message = format!("{head}.{payload}");
    let flattened = json!({ "protected": head, "payload": payload, "signature": signature }).to_string();
    let with = |name: &str, json: &str| format!("{{\"{name}\":{json},{}", &claims[1..]);
    let in_header = |json: &str| format!("{{\"extra\":{json},{}", &header[1..]);
    let (fresh, other_fresh) = (scene.proof(), scene.proof());
    let deepest = format!("{{\"extra\":{},{}", nested(7), &fresh.claims.to_string()[1..]);
    let last = other_fresh.claims.to_string();
    // An HTTP API passes several values of a header to its authorizer as one, with commas.
    let at_resource = match *API_KIND {
        ApiKind::Rest => "dpop_repeated",
        ApiKind::Http => "dpop_malformed",
    };
    let several = |name, texts: [&str; 2]| {
        let case = Case::several(name, texts.map(str::to_owned).into(), Expected::Refused("dpop_repeated"));
        case.at_resource(Expected::Refused(at_resource))
    };
    let mut cases = vec![
        Case::accepted("as it should be", good.clone()),
        // The proof's own members are the first level.
        Case::accepted("nested as deep as may be", fresh.sign_raw(&header, &deepest)),
        Case::accepted("a header as deep as may be", other_fresh.sign_raw(&in_header(&nested(7)), &last)),
        several("two headers", [&good, &other]),
        several("the same header twice", [&good, &good]),
        several("a good one after junk", ["x", &good]),
    ];
    let malformed = [
        ("nothing", String::new()),
        ("a word", "x".to_owned()),
        ("two in one header", format!("{good},{other}")),
        ("two in one header, with a space", format!("{good}, {other}")),
        ("with the scheme", format!("DPoP {good}")),
        ("in quotes", format!("\"{good}\"")),
        ("one part", head.to_owned()),
        ("two parts", message.clone()),
        ("four parts", format!("{good}.{signature}")),
        ("a JWE", format!("{head}.{payload}.{signature}.{payload}.{signature}")),
        ("dots", "..".to_owned()),
        ("many dots", ".".repeat(8000)),
        ("flattened JSON", flattened.clone()),
        ("flattened JSON, encoded", encode(&flattened)),
        ("padding after the signature", format!("{good}==")),
        ("padding after the header", format!("{head}=.{payload}.{signature}")),
        ("the other alphabet", format!("{message}.{}+/", &signature[..signature.len() - 2])),
        ("a space within", format!("{head}. {payload}.{signature}")),
        ("a null within", format!("{}.{payload}.{signature}", encode("{\u{0}}"))),
        ("a header that is no object", proof.sign_raw("[]", &claims)),
        ("a header that is text", proof.sign_raw("\"dpop+jwt\"", &claims)),
        ("a header that is no JSON", proof.sign_raw("dpop+jwt", &claims)),
        ("claims that are no object", proof.sign_raw(&header, "[]")),
        ("claims that are no JSON", proof.sign_raw(&header, "\u{fffd}")),
        ("claims with something after", proof.sign_raw(&header, &format!("{claims}{{}}"))),
        ("nested too deep", proof.sign_raw(&header, &with("extra", &nested(8)))),
        ("a header that is too deep", proof.sign_raw(&in_header(&nested(8)), &claims)),
        ("nested as deep as fits", proof.sign_raw(&header, &with("extra", &nested(2500)))),
        ("a header as deep as fits", proof.sign_raw(&in_header(&nested(2500)), &claims)),
        ("brackets that nobody closes", proof.sign_raw(&header, &"[".repeat(5000))),
        ("10 KB", proof.clone().claim("extra", json!("x".repeat(10_240))).sign()),
        ("10 MB", "x".repeat(10 << 20)),
        ("10 MB of dots", ".".repeat(10 << 20)),
        ("10 MB of brackets", encode(&"[".repeat(10 << 20))),
        ("10 MB of a proof", proof.clone().claim("extra", json!("x".repeat(10 << 20))).sign()),
    ];
    cases.extend(malformed.map(|(name, text)| Case::refused(name, text, "dpop_malformed")));
    // Each name may stand once, so that no reader sees another value than was checked.
    let members = proof.header.as_object().unwrap().iter().map(|(name, value)| (name, value, &header, true));
    let all = proof.claims.as_object().unwrap().iter().map(|(name, value)| (name, value, &claims, false));
    for (name, value, json, is_header) in members.chain(all) {
        for (which, other) in [("the same", value), ("another", &Value::Null)] {
            let repeated = format!("{{\"{name}\":{other},{}", &json[1..]);
            let text = if is_header {
                proof.sign_raw(&repeated, &claims)
            } else {
                proof.sign_raw(&header, &repeated)
            };
            cases.push(Case::refused(format!("{name} twice, {which}"), text, "dpop_malformed"));
        }
    }
    let member = header.replacen("\"x\":", "\"x\":\"\",\"x\":", 1);
    cases.push(Case::refused(
        "a member of the jwk twice",
        proof.sign_raw(&member, &claims),
        "dpop_malformed",
    ));
    cases
}

#[tokio::test]
async fn a_proof_is_one_header_with_one_jwt_of_bounded_size_and_depth() {
    everywhere(cases).await;
}

/// At the other places, a request without a proof is an ordinary one.
#[tokio::test]
async fn a_bound_token_without_a_proof_is_refused() {
    for place in Place::ALL {
        let scene = Scene::at(place).await;
        let before = scene.api.stored().await;
        let reply = scene.send(&[]).await;
        match place {
            Place::Login => {
                assert_eq!(reply.body["token_type"], "bearer");
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
