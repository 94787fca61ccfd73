//! Access tokens: only issued ones are accepted, and among those that the key signs, only those of the one exact shape.

use std::sync::LazyLock;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde::Deserialize;
use serde_json::Value;
use shared::{
    claims::RESERVED_CLAIMS,
    scope::Scope,
    tokens::{Access, AccessToken},
};

use crate::deployment::{AUDIENCE, ISSUED, ISSUER, KEYS, KID, NOW, PASSWORD_AUDIENCE, VERIFIER, key_member};

/// The seconds by which an issuer's clock may be ahead.
const SKEW: u64 = 5;

/// Reads bytes as the text of an access token. Two lines are also read as a header and claims, which the key signs.
pub fn access_token(input: &[u8]) -> bool {
    let is_token = std::str::from_utf8(input).is_ok_and(as_text);
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let (header, claims) = (lines.next().unwrap_or_default(), lines.next());
    is_token | claims.is_some_and(|claims| signed(header, claims))
}

/// Checks the text as it is: only issued tokens are accepted, since forging needs the key.
fn as_text(text: &str) -> bool {
    let verified = VERIFIER.verify(text, &KEYS.public, NOW);
    let even_expired = VERIFIER.verify_even_expired(text, &KEYS.public, NOW);
    assert_eq!(even_expired.is_ok(), ISSUED.iter().any(|issued| issued == text), "{text}");
    assert_eq!(verified.is_ok(), ISSUED[..2].iter().any(|issued| issued == text), "{text}");
    verified.is_ok()
}

/// Signs the parts, as the key's holder could. Also signs them with another key that claims the same `kid`.
fn signed(header: &[u8], claims: &[u8]) -> bool {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let sign = |key| crypto::sign(message.as_bytes(), key, Algorithm::EdDSA).unwrap();
    let forged = format!("{message}.{}", sign(&OTHER_KEY));
    assert!(VERIFIER.verify_even_expired(&forged, &KEYS.public, NOW).is_err(), "{forged} is a forgery");

    let text = format!("{message}.{}", sign(&KEY));
    let verified = VERIFIER.verify(&text, &KEYS.public, NOW);
    let Ok(token) = VERIFIER.verify_even_expired(&text, &KEYS.public, NOW) else {
        assert!(verified.is_err(), "what never was valid is not valid now: {text}");
        return false;
    };
    assert_eq!(verified.is_ok(), NOW < token.expires_at, "{text}");
    hold_to_shape(&token, header, claims);
    verified.is_ok()
}

fn hold_to_shape(token: &AccessToken, header: &[u8], claims: &[u8]) {
    let header: Header = exactly(header);
    assert_eq!((&*header.typ, &*header.alg, &*header.kid), ("at+jwt", "EdDSA", KID));
    let claims: Claims = exactly(claims);
    assert_eq!(claims.iss, ISSUER);
    let audience = match &*claims.aud {
        AUDIENCE => Access::Api,
        PASSWORD_AUDIENCE => Access::PasswordChange,
        other => panic!("accepted for the audience {other:?}"),
    };
    assert_eq!(token.access, audience);
    assert!(claims.iat < claims.exp && claims.iat.max(claims.nbf.unwrap_or(0)) <= NOW.as_unix() + SKEW);
    assert_eq!(token.expires_at.as_unix(), claims.exp);
    assert_eq!(token.session.user_id.as_str(), claims.sub);
    assert_eq!(token.session.client_id.as_str(), claims.client_id);
    assert_eq!(token.session.session_id.as_str(), claims.sid);
    assert_eq!(Some(&token.scope), Scope::parse(&claims.scope.unwrap_or_default()).as_ref());
    assert!(token.claims.keys().all(|name| !RESERVED_CLAIMS.contains(&name.as_str())), "{token:?}");
}

/// Parses an object with serde's derived code, which rejects a repeated member. The code would also accept an array, so
/// that is checked first.
fn exactly<'a, T: Deserialize<'a>>(json: &'a [u8]) -> T {
    let value: Value = serde_json::from_slice(json).expect("what is accepted is JSON");
    assert!(value.is_object(), "accepted: {value}");
    serde_json::from_slice(json).unwrap_or_else(|error| panic!("accepted: {value}: {error}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: String,
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    iat: u64,
    nbf: Option<u64>,
    exp: u64,
    #[serde(rename = "jti")]
    _jti: String,
    sid: String,
    scope: Option<String>,
    #[serde(rename = "auth_time")]
    _auth_time: u64,
}

/// The key that signs.
pub(crate) static KEY: LazyLock<EncodingKey> = LazyLock::new(|| {
    let member = |name| URL_SAFE_NO_PAD.decode(key_member("signing_keys", name)).unwrap();
    encoding(&Ed25519KeyPair::from_seed_and_public_key(&member("d"), &member("x")).unwrap())
});

/// Another key, whose signatures must not verify.
pub(crate) static OTHER_KEY: LazyLock<EncodingKey> =
    LazyLock::new(|| encoding(&Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()));

fn encoding(pair: &Ed25519KeyPair) -> EncodingKey {
    EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref())
}
