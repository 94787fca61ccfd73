//! The refresh token: opaque to clients, verifiable without a read, and never stored.
//!
//! ```text
//! "lgr1_" base64url( kid-length kid  user_id-length user_id  secret[20]  generation[4]  HMAC-SHA-256[32] )
//! ```
//!
//! The HMAC covers a label, the `client_id` that the token was issued to, and every field before it. So a forged
//! token, or a real one sent by another client, is refused before anything is read. The table holds no more than a
//! hash of the secret; the successor of a token is derived from it, so that a retry can be given the same again.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

use super::RefreshTokenError;
use crate::{
    clock::Timestamp,
    ids::{ClientId, SessionId, UserId},
    keys::{Jwk, RefreshKeys},
    random::{self, Random},
    store::SessionKey,
};

/// What every refresh token begins with: recognisable to secret scanners, and versioned.
const PREFIX: &str = "lgr1_";
/// The most a token can be long: both lengths at their limit.
const MAX_LEN: usize =
    PREFIX.len() + (2 + Jwk::MAX_KID_LEN + UserId::MAX_LEN + SECRET_LEN + 4 + TAG_LEN).div_ceil(3) * 4;
/// 160 bits, the entropy that RFC 6749 section 10.10 recommends.
const SECRET_LEN: usize = 20;
/// The whole of HMAC-SHA-256.
const TAG_LEN: usize = 32;
/// Keeps these HMACs apart from any other use of the key.
const LABEL: &[u8] = b"latchgate refresh token 1";

/// A genuine refresh token: one that was just issued, or whose HMAC was verified.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    user_id: UserId,
    secret: [u8; SECRET_LEN],
    generation: u32,
}

impl RefreshToken {
    /// The first token of a new session of this user.
    pub fn first(user_id: UserId, random: &dyn Random) -> Self {
        Self { user_id, secret: random::bytes(random), generation: 0 }
    }

    /// The first token of a session whose secret is this hash of something that only its client knows, so that the same
    /// request makes the same token.
    pub fn derived(user_id: UserId, hash: &[u8; 32]) -> Self {
        let mut secret = [0; SECRET_LEN];
        secret.copy_from_slice(&hash[..SECRET_LEN]);
        Self { user_id, secret, generation: 0 }
    }

    /// The token of the same session after so many rotations.
    #[must_use]
    pub fn at_generation(self, generation: u32) -> Self {
        Self { generation, ..self }
    }

    /// The token that replaces this one; `None` after four billion rotations.
    pub fn successor(&self) -> Option<Self> {
        let generation = self.generation.checked_add(1)?;
        Some(Self { user_id: self.user_id.clone(), secret: self.secret, generation })
    }

    /// Whose session this is.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Which session this is.
    pub fn session_id(&self) -> SessionId {
        SessionId::of_secret(&self.secret)
    }

    /// What its session is stored under, on the client that it was issued to.
    pub fn session_key(&self, client_id: &ClientId) -> SessionKey {
        SessionKey {
            user_id: self.user_id.clone(),
            client_id: client_id.clone(),
            session_id: self.session_id(),
        }
    }

    /// How many rotations came before this token.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether a text is meant as a refresh token rather than as a JWT.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(PREFIX)
    }
}

impl RefreshKeys {
    /// The text of a token for the client that it is issued to, with the key that makes tokens `now`.
    pub fn encode(&self, token: &RefreshToken, client_id: &ClientId, now: Timestamp) -> SecretString {
        let key = self.active(now);
        let mut bytes = Vec::with_capacity(MAX_LEN);
        push_prefixed(key.kid.as_bytes(), &mut bytes);
        push_prefixed(token.user_id.as_str().as_bytes(), &mut bytes);
        bytes.extend(token.secret);
        bytes.extend(token.generation.to_be_bytes());
        let tag = hmac::sign(&key.key, &authenticated(client_id, &bytes));
        bytes.extend(tag.as_ref());
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into()
    }

    /// The token that `text` is, if it is genuine and was issued to this client.
    ///
    /// # Errors
    ///
    /// [`RefreshTokenError`], otherwise.
    pub fn verify(&self, text: &str, client_id: &ClientId) -> Result<RefreshToken, RefreshTokenError> {
        let (fields, tag) = split(text).ok_or(RefreshTokenError::Malformed)?;
        let (kid, rest) = pop_prefixed(&fields).ok_or(RefreshTokenError::Malformed)?;
        let key = self.find(kid).ok_or(RefreshTokenError::UnknownKey)?;
        hmac::verify(&key.key, &authenticated(client_id, &fields), &tag)
            .map_err(|_| RefreshTokenError::Forged)?;
        parse_fields(rest).ok_or(RefreshTokenError::Malformed)
    }
}

/// What the HMAC is computed over. Every variable part has its length before it, so no two inputs read alike.
fn authenticated(client_id: &ClientId, fields: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(LABEL.len() + 1 + ClientId::MAX_LEN + fields.len());
    message.extend(LABEL);
    push_prefixed(client_id.as_str().as_bytes(), &mut message);
    message.extend(fields);
    message
}

pub(super) fn split(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let encoded = text.strip_prefix(PREFIX).filter(|_| text.len() <= MAX_LEN)?;
    let mut fields = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let tag = fields.split_off(fields.len().checked_sub(TAG_LEN)?);
    Some((fields, tag))
}

pub(super) fn parse_fields(bytes: &[u8]) -> Option<RefreshToken> {
    let (user_id, rest) = pop_prefixed(bytes)?;
    let user_id = UserId::parse(std::str::from_utf8(user_id).ok()?)?;
    let (secret, generation) = rest.split_first_chunk()?;
    let generation = u32::from_be_bytes(generation.try_into().ok()?);
    Some(RefreshToken { user_id, secret: *secret, generation })
}

/// Both kinds of identifier are shorter than 256 bytes, by their types.
fn push_prefixed(field: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(field.len().to_le_bytes()[0]);
    bytes.extend(field);
}

pub(super) fn pop_prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// Shows which token of which session this is, never its secret.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken")
            .field("session_id", &self.session_id())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::random::SystemRandom;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn keys(kids: &[&str]) -> RefreshKeys {
        let jwk = |kid: &&str| Jwk {
            kty: "oct".to_owned(),
            alg: "HS256".to_owned(),
            kid: (*kid).to_owned(),
            k: Some(URL_SAFE_NO_PAD.encode(kid.repeat(32))),
            ..Jwk::default()
        };
        RefreshKeys::from_jwks(&kids.iter().map(jwk).collect::<Vec<_>>()).unwrap()
    }

    fn client(id: &str) -> ClientId {
        ClientId::parse(id).unwrap()
    }

    fn token() -> RefreshToken {
        RefreshToken::first(UserId::parse("u1").unwrap(), &SystemRandom::new())
    }

    #[test]
    fn a_token_verifies_for_the_client_it_was_issued_to_and_for_no_other() {
        let (keys, token) = (keys(&["k1"]), token());
        let text = keys.encode(&token, &client("app"), NOW);
        assert!(RefreshToken::is_meant_by(text.expose_secret()) && !RefreshToken::is_meant_by("eyJ"));
        assert_eq!(keys.verify(text.expose_secret(), &client("app")), Ok(token));
        for other in ["ap", "app2", "APP"] {
            let result = keys.verify(text.expose_secret(), &client(other));
            assert_eq!(result, Err(RefreshTokenError::Forged), "{other}");
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let keys = keys(&["k1"]);
        let text = keys.encode(&token(), &client("app"), NOW).expose_secret().to_owned();
        for at in 0..text.len() {
            let replacement = if &text[at..=at] == "A" { "B" } else { "A" };
            let altered = format!("{}{replacement}{}", &text[..at], &text[at + 1..]);
            assert!(keys.verify(&altered, &client("app")).is_err(), "at {at}");
        }
        for bad in ["", PREFIX, &text[..text.len() - 1], &format!("{text}A"), &format!("{text}="), " "] {
            assert!(keys.verify(bad, &client("app")).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_old_key_still_verifies_and_the_newest_issues() {
        let token = token();
        let old = keys(&["k1"]).encode(&token, &client("app"), NOW);
        let both = keys(&["k2", "k1"]);
        assert_eq!(both.verify(old.expose_secret(), &client("app")), Ok(token.clone()));
        let new = both.encode(&token, &client("app"), NOW);
        assert_eq!(keys(&["k2"]).verify(new.expose_secret(), &client("app")), Ok(token));
        assert_eq!(
            keys(&["k2"]).verify(old.expose_secret(), &client("app")),
            Err(RefreshTokenError::UnknownKey)
        );
    }

    #[test]
    fn the_successor_is_the_same_session_one_generation_later() {
        let token = token();
        let successor = token.successor().unwrap();
        assert_eq!(successor.session_id(), token.session_id());
        assert_eq!((token.generation(), successor.generation()), (0, 1));
        assert_eq!(RefreshToken { generation: u32::MAX, ..token }.successor(), None);
    }

    #[test]
    fn the_longest_token_is_accepted() {
        let (keys, kid) = (keys(&[&"k".repeat(64)]), client(&"c".repeat(ClientId::MAX_LEN)));
        let user_id = UserId::parse(&"u".repeat(UserId::MAX_LEN)).unwrap();
        let token = RefreshToken::first(user_id, &SystemRandom::new());
        let text = keys.encode(&token, &kid, NOW);
        // Without the padding of base64, and no longer than that: who sends more has sent no token.
        assert!((MAX_LEN - 2..=MAX_LEN).contains(&text.expose_secret().len()));
        assert_eq!(keys.verify(text.expose_secret(), &kid), Ok(token));
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = RefreshToken { secret: *b"secret of 20 bytes!!", ..token() };
        let shown = format!("{token:?}");
        assert!(!shown.contains("115") && !shown.contains("secret"), "{shown}");
    }
}
