//! The refresh token: nothing is one but what was made with the key, for the client, and it has one text.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use shared::{
    ids::{ClientId, UserId},
    tokens::{RefreshToken, UnverifiedRefreshToken},
};

use crate::deployment::{KEYS, KID, NOW, client, key_member};

const PREFIX: &str = "lgr1_";
const LABEL: &str = "latchgate refresh token 1";

/// Takes bytes as the text of a refresh token, and as the fields that the holder of the key makes one of.
pub fn refresh_token(input: &[u8]) -> bool {
    let text = std::str::from_utf8(input);
    let fields = text.ok().and_then(|text| text.strip_prefix(PREFIX)).and_then(decoded);
    let fields = fields.as_ref().and_then(|bytes| bytes.len().checked_sub(32).map(|end| &bytes[..end]));
    text.is_ok_and(as_text) | as_fields(fields.unwrap_or(input))
}

fn decoded(encoded: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(encoded).ok()
}

/// As it is.
fn as_text(text: &str) -> bool {
    let unverified = UnverifiedRefreshToken::parse(text);
    if unverified.is_some() {
        assert!(RefreshToken::is_meant_by(text), "what has the shape is meant");
        let bytes = decoded(&text[PREFIX.len()..]).expect("what was read is base64url");
        assert_eq!(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)), text, "it is written in one way");
    }
    let Ok(token) = KEYS.refresh.verify(text, &client()) else { return false };
    let unverified = unverified.expect("a genuine token has the shape of one");
    assert_eq!(unverified.user_id, *token.user_id());
    assert_eq!(unverified.session_id, token.session_id());
    assert_eq!(unverified.generation, token.generation());
    assert_eq!(KEYS.refresh.encode(&token, &client(), NOW).expose_secret(), text, "a token has one text");
    let fields = decoded(&text[PREFIX.len()..]).expect("what was read is base64url");
    assert_eq!(sealed(&key(), &client(), &fields[..fields.len() - 32]), text, "the key has made it");
    successor(&token);
    true
}

fn successor(token: &RefreshToken) {
    let Some(next) = token.successor() else { return assert_eq!(token.generation(), u32::MAX) };
    assert_eq!((next.session_id(), next.generation()), (token.session_id(), token.generation() + 1));
    let text = KEYS.refresh.encode(&next, &client(), NOW);
    assert_eq!(KEYS.refresh.verify(text.expose_secret(), &client()), Ok(next));
}

/// Sealed, as the holder of the key could. No other key and no other client will do.
fn as_fields(fields: &[u8]) -> bool {
    let text = sealed(&key(), &client(), fields);
    let other_key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
    let other_client = ClientId::parse("ap").unwrap();
    for forged in [sealed(&other_key, &client(), fields), sealed(&key(), &other_client, fields)] {
        assert!(KEYS.refresh.verify(&forged, &client()).is_err(), "{forged} is a forgery");
    }
    assert!(KEYS.refresh.verify(&text, &other_client).is_err(), "{text} is another client's");

    let expected = read(fields);
    let verified = KEYS.refresh.verify(&text, &client()).ok();
    let verified = verified.map(|token| (token.user_id().clone(), token.generation()));
    assert_eq!(verified, expected, "{text}");
    assert_eq!(as_text(&text), expected.is_some(), "{text}");
    expected.is_some()
}

fn key() -> hmac::Key {
    let value = decoded(&key_member("refresh_keys", "k")).unwrap();
    hmac::Key::new(hmac::HMAC_SHA256, &value)
}

fn sealed(key: &hmac::Key, client_id: &ClientId, fields: &[u8]) -> String {
    let id = client_id.as_str();
    let head = [LABEL.as_bytes(), &[u8::try_from(id.len()).unwrap()], id.as_bytes()].concat();
    let tag = hmac::sign(key, &[&head, fields].concat());
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([fields, tag.as_ref()].concat()))
}

/// Kid and user, each after its length, 20 bytes of secret and 4 of generation: no byte less and none more.
fn read(fields: &[u8]) -> Option<(UserId, u32)> {
    let rest = fields.strip_prefix(&[3])?.strip_prefix(KID.as_bytes())?;
    let (&length, rest) = rest.split_first()?;
    let user_id = std::str::from_utf8(rest.get(..usize::from(length))?).ok()?;
    let generation: [u8; 4] = rest.get(usize::from(length) + 20..)?.try_into().ok()?;
    Some((UserId::parse(user_id)?, u32::from_be_bytes(generation)))
}
