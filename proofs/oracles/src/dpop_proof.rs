//! DPoP proofs: a proof is accepted only if the key in it has signed it, for this request and this access token.

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Map, Value, json};
use shared::dpop::{Address, Proof, ProofTarget};

use crate::{
    access_token::{KEY, OTHER_KEY},
    deployment::{NOW, key_member},
};

const METHOD: &str = "POST";
const ADDRESS: &str = "https://api.example.com/prod/refresh";
const ACCESS_TOKEN: &str = "an.access.token";
/// The longest proof, and the longest `jti`, in bytes.
const MAX_LEN: usize = 8192;
const MAX_JTI_LEN: usize = 256;
/// The most seconds that a proof's time may be off.
const WINDOW: f64 = 300.0;
/// The members of private keys, which a proof's key must not have.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Reads bytes as the text of a proof, and as claims that a key's holder signs. Two lines are also read as a header and
/// claims.
pub fn dpop_proof(input: &[u8]) -> bool {
    let is_proof = std::str::from_utf8(input).is_ok_and(as_text);
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let (first, second) = (lines.next().unwrap_or_default(), lines.next());
    is_proof | as_claims(input) | second.is_some_and(|claims| as_parts(first, claims))
}

/// The verified proof at a token endpoint and at a resource.
fn verified(text: &str) -> [Option<Proof>; 2] {
    let addresses = [Address::parse(ADDRESS).unwrap()];
    [None, Some(ACCESS_TOKEN)].map(|access_token| {
        let target = ProofTarget { method: METHOD, addresses: &addresses, access_token };
        Proof::verify(text, &target).ok()
    })
}

/// Checks the text as it is. Returns whether it is a proof.
fn as_text(text: &str) -> bool {
    let [at_endpoint, at_resource] = verified(text);
    let Some(proof) = at_endpoint else {
        assert!(at_resource.is_none(), "a call asks for more, not for less: {text}");
        return false;
    };
    assert!(text.len() <= MAX_LEN, "{} bytes", text.len());
    let parts: Vec<_> = text.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("{} parts", parts.len()) };
    for part in &parts {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("what was read is base64url");
        assert_eq!(URL_SAFE_NO_PAD.encode(bytes), *part, "it is written in one way");
    }
    let (header, read) = (object(header), object(claims));
    let jwk = header["jwk"].as_object().expect("a key");
    assert_eq!(header["typ"], "dpop+jwt", "{text}");
    assert!(!header.contains_key("crit"), "{text}");
    assert!(PRIVATE.iter().all(|name| !jwk.contains_key(*name)), "a private key: {text}");
    assert_eq!(proof.key.to_string(), thumbprint(jwk), "{text}");
    assert!(has_signed(&header, jwk, signature, text), "{text}");

    assert_eq!(read["htm"], METHOD);
    assert!(is_like_the_address(read["htu"].as_str().unwrap()), "{}", read["htu"]);
    assert!((1..=MAX_JTI_LEN).contains(&read["jti"].as_str().unwrap().len()));
    let iat = read["iat"].as_f64().unwrap();
    let now = f64::from(u32::try_from(NOW.as_unix()).unwrap());
    assert_eq!(proof.is_of(NOW), iat >= now - WINDOW && iat <= now + WINDOW, "{iat}");
    assert_eq!(proof.nonce.as_deref(), read.get("nonce").map(|nonce| nonce.as_str().unwrap()));
    let is_of_the_token = read.get("ath").is_some_and(|ath| *ath == hash(ACCESS_TOKEN));
    assert_eq!(at_resource.is_some(), is_of_the_token, "{text}");
    true
}

fn object(part: &str) -> Map<String, Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("what was read is base64url");
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => object,
        other => panic!("accepted: {other:?}"),
    }
}

/// The thumbprint by RFC 7638: the required members in the order of their names.
fn thumbprint(jwk: &Map<String, Value>) -> String {
    let members: &[&str] = match jwk["kty"].as_str().unwrap() {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        other => panic!("accepted: a key of {other}"),
    };
    let required: Map<String, Value> =
        members.iter().map(|name| ((*name).to_owned(), jwk[*name].clone())).collect();
    hash(&Value::Object(required).to_string())
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// Whether the key has signed the text, according to another library.
fn has_signed(header: &Map<String, Value>, jwk: &Map<String, Value>, signature: &str, text: &str) -> bool {
    let member = |name: &str| jwk[name].as_str().unwrap();
    let (algorithm, key) = match header["alg"].as_str().unwrap() {
        "ES256" => (Algorithm::ES256, DecodingKey::from_ec_components(member("x"), member("y"))),
        "EdDSA" | "Ed25519" => (Algorithm::EdDSA, DecodingKey::from_ed_components(member("x"))),
        "RS256" => (Algorithm::RS256, DecodingKey::from_rsa_components(member("n"), member("e"))),
        other => panic!("accepted: {other}"),
    };
    let (message, _) = text.rsplit_once('.').unwrap();
    crypto::verify(signature, message.as_bytes(), &key.unwrap(), algorithm).unwrap()
}

/// Checks the parts of an address that are the same in all spellings.
fn is_like_the_address(htu: &str) -> bool {
    let htu = htu.split(['?', '#']).next().unwrap().to_ascii_lowercase();
    let (scheme, rest) = htu.split_once("://").unwrap();
    let host = rest.split(['/', ':']).next().unwrap();
    // The last segment has as many letters as expected, counting an escape as one.
    let escaped: usize = rest.rsplit('/').next().unwrap().matches('%').count() * 2;
    let last = rest.rsplit('/').next().unwrap().len() - escaped;
    matches!(scheme, "https" | "wss") && host == "api.example.com" && last == "refresh".len()
}

/// Signs the claims with a valid header, as the key's holder could, and with another key.
fn as_claims(claims: &[u8]) -> bool {
    let header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk() }).to_string();
    let is_proof = as_parts(header.as_bytes(), claims);
    if let Some(expected) = expected(claims) {
        assert_eq!(is_proof, expected, "{}", String::from_utf8_lossy(claims));
    }
    is_proof
}

fn as_parts(header: &[u8], claims: &[u8]) -> bool {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let sign = |key| crypto::sign(message.as_bytes(), key, Algorithm::EdDSA).unwrap();
    let forged = format!("{message}.{}", sign(&OTHER_KEY));
    // If the header names the other key, the text is that key's proof.
    let names_it = String::from_utf8_lossy(header).contains(&other_x());
    assert!(names_it || verified(&forged).iter().all(Option::is_none), "{forged} is a forgery");
    as_text(&forged) | as_text(&format!("{message}.{}", sign(&KEY)))
}

/// Whether these claims make a proof with valid other parts. `None` if the claims aren't in the plain form that can be
/// judged here.
fn expected(claims: &[u8]) -> Option<bool> {
    let read: Map<String, Value> = serde_json::from_slice(claims).ok()?;
    let is_plain = read.values().all(|value| value.is_string() || value.is_u64());
    if !is_plain || Value::Object(read.clone()).to_string().as_bytes() != claims || claims.len() > MAX_LEN / 2
    {
        return None;
    }
    let text = |name: &str| read.get(name).and_then(Value::as_str);
    let is_the_address = match text("htu") {
        Some(ADDRESS) => true,
        // It may be the same address in another spelling.
        Some(_) => return None,
        None => false,
    };
    let has_identifier = text("jti").is_some_and(|jti| (1..=MAX_JTI_LEN).contains(&jti.len()));
    let has_nonce = read.get("nonce").is_none_or(Value::is_string);
    let has_time = read.get("iat").is_some_and(Value::is_u64);
    Some(is_the_address && has_identifier && has_nonce && has_time && text("htm") == Some(METHOD))
}

fn jwk() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": key_member("signing_keys", "x") })
}

/// The public half of the other key.
fn other_x() -> String {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    URL_SAFE_NO_PAD.encode(pair.public_key())
}
