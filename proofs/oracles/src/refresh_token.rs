//! Refresh tokens: only those that the key made for the client are accepted, and each has only one text.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use shared::{
    ids::{ClientId, UserId},
    tokens::{RefreshToken, UnverifiedRefreshToken},
};

use crate::deployment::{KEYS, KID, NOW, client, key_member};

/// A kind of token.
#[derive(Clone, Copy)]
struct Version {
    prefix: &'static str,
    label: &'static str,
    /// The length of the key thumbprint that it contains, in bytes.
    jkt: usize,
}

/// A token that needs only its client, and one that also needs a proof.
const VERSIONS: [Version; 2] = [
    Version { prefix: "lgr1_", label: "latchgate refresh token 1", jkt: 0 },
    Version { prefix: "lgr2_", label: "latchgate refresh token 2", jkt: 32 },
];

/// Reads bytes as the text of a refresh token, and as the fields that the key's holder seals, in both versions.
pub fn refresh_token(input: &[u8]) -> bool {
    let text = std::str::from_utf8(input);
    let fields = text.ok().and_then(|text| decoded(text.strip_prefix(version_of(text)?.prefix)?));
    let fields = fields.as_ref().and_then(|bytes| bytes.len().checked_sub(32).map(|end| &bytes[..end]));
    let is_token = text.is_ok_and(as_text);
    VERSIONS.iter().fold(is_token, |taken, version| taken | as_fields(*version, fields.unwrap_or(input)))
}

fn version_of(text: &str) -> Option<Version> {
    VERSIONS.into_iter().find(|version| text.starts_with(version.prefix))
}

fn decoded(encoded: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(encoded).ok()
}

/// Checks the text as it is.
fn as_text(text: &str) -> bool {
    let unverified = UnverifiedRefreshToken::parse(text);
    if unverified.is_some() {
        assert!(RefreshToken::is_meant_by(text), "what has the shape is meant");
        let prefix = version_of(text).expect("what was read is of a kind").prefix;
        let bytes = decoded(&text[prefix.len()..]).expect("what was read is base64url");
        assert_eq!(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)), text, "it is written in one way");
    }
    let Ok(token) = KEYS.refresh.verify(text, &client()) else { return false };
    let unverified = unverified.expect("a genuine token has the shape of one");
    assert_eq!(unverified.user_id, *token.user_id());
    assert_eq!(unverified.session_id, token.session_id());
    assert_eq!(unverified.generation, token.generation());
    assert_eq!(KEYS.refresh.encode(&token, &client(), NOW).expose_secret(), text, "a token has one text");
    let version = version_of(text).expect("what was read is of a kind");
    assert_eq!(token.jkt().is_some(), version.jkt > 0, "{text}");
    let fields = decoded(&text[version.prefix.len()..]).expect("what was read is base64url");
    assert_eq!(sealed(version, &key(), &client(), &fields[..fields.len() - 32]), text, "the key has made it");
    successor(&token);
    true
}

fn successor(token: &RefreshToken) {
    let Some(next) = token.successor() else { return assert_eq!(token.generation(), u32::MAX) };
    assert_eq!((next.session_id(), next.generation()), (token.session_id(), token.generation() + 1));
    assert_eq!(next.jkt(), token.jkt());
    let text = KEYS.refresh.encode(&next, &client(), NOW);
    assert_eq!(KEYS.refresh.verify(text.expose_secret(), &client()), Ok(next));
}

/// Seals the fields, as the key's holder could. Another key, client or version must not verify.
fn as_fields(version: Version, fields: &[u8]) -> bool {
    let text = sealed(version, &key(), &client(), fields);
    let other_key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    let other_client = ClientId::parse("ap").unwrap();
    let other_kind = VERSIONS.into_iter().find(|other| other.prefix != version.prefix).unwrap();
    for forged in [
        sealed(version, &other_key, &client(), fields),
        sealed(version, &key(), &other_client, fields),
        text.replacen(version.prefix, other_kind.prefix, 1),
    ] {
        assert!(KEYS.refresh.verify(&forged, &client()).is_err(), "{forged} is a forgery");
    }
    assert!(KEYS.refresh.verify(&text, &other_client).is_err(), "{text} is another client's");

    let expected = read(version, fields);
    let verified = KEYS.refresh.verify(&text, &client()).ok();
    let jkt = |token: &RefreshToken| token.jkt().map(|jkt| jkt.as_bytes().to_vec()).unwrap_or_default();
    let verified = verified.map(|token| (token.user_id().clone(), token.generation(), jkt(&token)));
    assert_eq!(verified, expected, "{text}");
    assert_eq!(as_text(&text), expected.is_some(), "{text}");
    expected.is_some()
}

fn key() -> hmac::Key {
    let value = decoded(&key_member("refresh_keys", "k")).unwrap();
    hmac::Key::new(hmac::HMAC_SHA256, &value)
}

fn sealed(version: Version, key: &hmac::Key, client_id: &ClientId, fields: &[u8]) -> String {
    let id = client_id.as_str();
    let head = [version.label.as_bytes(), &[u8::try_from(id.len()).unwrap()], id.as_bytes()].concat();
    let tag = hmac::sign(key, &[&head, fields].concat());
    format!("{}{}", version.prefix, URL_SAFE_NO_PAD.encode([fields, tag.as_ref()].concat()))
}

/// Reads the fields exactly: the kid and the user, each after its length, 20 bytes of secret, 4 of generation, and the
/// thumbprint, if the version has one.
fn read(version: Version, fields: &[u8]) -> Option<(UserId, u32, Vec<u8>)> {
    let rest = fields.strip_prefix(&[3])?.strip_prefix(KID.as_bytes())?;
    let (&length, rest) = rest.split_first()?;
    let user_id = std::str::from_utf8(rest.get(..usize::from(length))?).ok()?;
    let (generation, jkt) = rest.get(usize::from(length) + 20..)?.split_first_chunk()?;
    let jkt = (jkt.len() == version.jkt).then(|| jkt.to_vec())?;
    Some((UserId::parse(user_id)?, u32::from_be_bytes(*generation), jkt))
}
