//! The refresh token: opaque to clients, verifiable without a read, and never stored.
//!
//! ```text
//! "lgr1_" base64url( kid-length kid  user_id-length user_id  secret[20]  generation[4]           HMAC-SHA-256[32] )
//! "lgr2_" base64url( kid-length kid  user_id-length user_id  secret[20]  generation[4]  jkt[32]  HMAC-SHA-256[32] )
//! ```
//!
//! The HMAC covers a label, the `client_id` that the token was issued to, and every field before it. So a
//! forged token, or another client's, is refused before anything is read. A token of the second kind is bound
//! to the key with the thumbprint `jkt`. Without a proof by that key it is refused before anything is read,
//! too. The table has only a hash of the secret. A token's successor is derived from the token, so a retry
//! gets the same one.

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
    thumbprint::Thumbprint,
};

/// The longest token: both lengths at their limit, and bound to a key.
const MAX_LEN: usize = Version::PREFIX_LEN
    + (2 + Jwk::MAX_KID_LEN + UserId::MAX_LEN + SECRET_LEN + 4 + Thumbprint::LEN + TAG_LEN).div_ceil(3) * 4;
/// 160 bits, the entropy that RFC 6749 section 10.10 recommends.
const SECRET_LEN: usize = 20;
/// The whole of HMAC-SHA-256.
const TAG_LEN: usize = 32;

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// A bearer token, which its client can use without a proof.
    Unbound,
    /// A token that needs a proof by its key.
    Bound,
}

impl Version {
    const ALL: [Self; 2] = [Self::Unbound, Self::Bound];
    const PREFIX_LEN: usize = Self::Unbound.prefix().len();

    /// The prefix of a token, which secret scanners recognise. It contains the version.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Unbound => "lgr1_",
            Self::Bound => "lgr2_",
        }
    }

    /// Separates the HMACs of this kind from other uses of the key.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Unbound => b"latchgate refresh token 1",
            Self::Bound => b"latchgate refresh token 2",
        }
    }
}

/// The secret of a new session. It can be made before the user is known.
pub struct SessionSecret([u8; SECRET_LEN]);

impl SessionSecret {
    /// A new secret.
    pub fn new(random: &dyn Random) -> Self {
        Self(random::bytes(random))
    }

    /// The identifier of the session with this secret.
    pub fn session_id(&self) -> SessionId {
        SessionId::of_secret(&self.0)
    }
}

/// Shows the session's identifier, never the secret.
impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionSecret").field(&self.session_id()).finish()
    }
}

/// A genuine refresh token: newly issued, or with a verified HMAC.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    user_id: UserId,
    secret: [u8; SECRET_LEN],
    generation: u32,
    jkt: Option<Thumbprint>,
}

impl RefreshToken {
    /// The first token of a new session.
    pub fn first(user_id: UserId, random: &dyn Random) -> Self {
        Self::first_of(user_id, SessionSecret::new(random))
    }

    /// The first token of the session with this secret.
    pub fn first_of(user_id: UserId, SessionSecret(secret): SessionSecret) -> Self {
        Self { user_id, secret, generation: 0, jkt: None }
    }

    /// The first token of a session whose secret is derived from this hash of a value that only the client
    /// knows. The same request makes the same token.
    pub fn derived(user_id: UserId, hash: &[u8; 32]) -> Self {
        let mut secret = [0; SECRET_LEN];
        secret.copy_from_slice(&hash[..SECRET_LEN]);
        Self { user_id, secret, generation: 0, jkt: None }
    }

    /// The token of the same session after this number of rotations.
    #[must_use]
    pub fn at_generation(self, generation: u32) -> Self {
        Self { generation, ..self }
    }

    /// The same token, bound to this key, or unbound if it is `None`.
    #[must_use]
    pub fn bound_to(self, jkt: Option<Thumbprint>) -> Self {
        Self { jkt, ..self }
    }

    /// The token that replaces this one, bound to the same key. `None` after four billion rotations.
    pub fn successor(&self) -> Option<Self> {
        let generation = self.generation.checked_add(1)?;
        Some(Self { generation, ..self.clone() })
    }

    /// The thumbprint of the key that it is bound to.
    pub fn jkt(&self) -> Option<Thumbprint> {
        self.jkt
    }

    fn version(&self) -> Version {
        if self.jkt.is_some() { Version::Bound } else { Version::Unbound }
    }

    /// The user of the session.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The identifier of the session.
    pub fn session_id(&self) -> SessionId {
        SessionId::of_secret(&self.secret)
    }

    /// The key of the session's row, for the client that the token was issued to.
    pub fn session_key(&self, client_id: &ClientId) -> SessionKey {
        SessionKey {
            user_id: self.user_id.clone(),
            client_id: client_id.clone(),
            session_id: self.session_id(),
        }
    }

    /// The number of rotations before this token.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether a text has the prefix of a refresh token, so that it isn't a JWT.
    pub fn is_meant_by(text: &str) -> bool {
        Version::ALL.iter().any(|version| text.starts_with(version.prefix()))
    }
}

impl RefreshKeys {
    /// Encodes a token for a client, with the key that is active `now`.
    pub fn encode(&self, token: &RefreshToken, client_id: &ClientId, now: Timestamp) -> SecretString {
        let key = self.active(now);
        let mut bytes = Vec::with_capacity(MAX_LEN);
        push_prefixed(key.kid.as_bytes(), &mut bytes);
        push_prefixed(token.user_id.as_str().as_bytes(), &mut bytes);
        bytes.extend(token.secret);
        bytes.extend(token.generation.to_be_bytes());
        bytes.extend(token.jkt.iter().flat_map(Thumbprint::as_bytes));
        let version = token.version();
        let tag = hmac::sign(&key.key, &authenticated(version, client_id, &bytes));
        bytes.extend(tag.as_ref());
        format!("{}{}", version.prefix(), URL_SAFE_NO_PAD.encode(bytes)).into()
    }

    /// Returns the token in `text`, if it is genuine and was issued to this client.
    ///
    /// # Errors
    ///
    /// [`RefreshTokenError`], if it is not.
    pub fn verify(&self, text: &str, client_id: &ClientId) -> Result<RefreshToken, RefreshTokenError> {
        let Parts { version, fields, tag } = Parts::of(text).ok_or(RefreshTokenError::Malformed)?;
        let (kid, rest) = pop_prefixed(&fields).ok_or(RefreshTokenError::Malformed)?;
        let key = self.find(kid).ok_or(RefreshTokenError::UnknownKey)?;
        hmac::verify(&key.key, &authenticated(version, client_id, &fields), &tag)
            .map_err(|_| RefreshTokenError::Forged)?;
        parse_fields(version, rest).ok_or(RefreshTokenError::Malformed)
    }
}

/// The input of the HMAC. Every variable part has its length before it, so no two inputs are equal.
fn authenticated(version: Version, client_id: &ClientId, fields: &[u8]) -> Vec<u8> {
    let label = version.label();
    let mut message = Vec::with_capacity(label.len() + 1 + ClientId::MAX_LEN + fields.len());
    message.extend(label);
    push_prefixed(client_id.as_str().as_bytes(), &mut message);
    message.extend(fields);
    message
}

/// The parts of a text with the form of a refresh token.
pub(super) struct Parts {
    pub(super) version: Version,
    pub(super) fields: Vec<u8>,
    tag: Vec<u8>,
}

impl Parts {
    pub(super) fn of(text: &str) -> Option<Self> {
        let (version, encoded) = Version::ALL
            .iter()
            .find_map(|version| Some((*version, text.strip_prefix(version.prefix())?)))
            .filter(|_| text.len() <= MAX_LEN)?;
        let mut fields = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let tag = fields.split_off(fields.len().checked_sub(TAG_LEN)?);
        Some(Self { version, fields, tag })
    }
}

/// The fields after the `kid`.
pub(super) fn parse_fields(version: Version, bytes: &[u8]) -> Option<RefreshToken> {
    let (user_id, rest) = pop_prefixed(bytes)?;
    let user_id = UserId::parse(std::str::from_utf8(user_id).ok()?)?;
    let (secret, rest) = rest.split_first_chunk()?;
    let (generation, rest) = rest.split_first_chunk()?;
    let jkt = match version {
        Version::Unbound => rest.is_empty().then_some(None)?,
        Version::Bound => Some(Thumbprint::from_bytes(rest.try_into().ok()?)),
    };
    Some(RefreshToken { user_id, secret: *secret, generation: u32::from_be_bytes(*generation), jkt })
}

/// The length fits one byte: identifiers of both kinds are shorter than 256 bytes.
fn push_prefixed(field: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(field.len().to_le_bytes()[0]);
    bytes.extend(field);
}

pub(super) fn pop_prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// Shows the token's session and generation, never its secret.
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
    use crate::{keys::refresh_keys_of as keys, random::SystemRandom};

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn client(id: &str) -> ClientId {
        ClientId::parse(id).unwrap()
    }

    fn token() -> RefreshToken {
        RefreshToken::first(UserId::parse("u1").unwrap(), &SystemRandom::new())
    }

    /// A token of each kind.
    fn tokens() -> [RefreshToken; 2] {
        [token(), token().bound_to(Some(Thumbprint::from_bytes([7; Thumbprint::LEN])))]
    }

    #[test]
    fn a_token_verifies_for_the_client_it_was_issued_to_and_for_no_other() {
        let keys = keys(&["k1"]);
        for token in tokens() {
            let text = keys.encode(&token, &client("app"), NOW);
            assert!(RefreshToken::is_meant_by(text.expose_secret()) && !RefreshToken::is_meant_by("eyJ"));
            assert_eq!(keys.verify(text.expose_secret(), &client("app")), Ok(token));
            for other in ["ap", "app2", "APP"] {
                let result = keys.verify(text.expose_secret(), &client(other));
                assert_eq!(result, Err(RefreshTokenError::Forged), "{other}");
            }
        }
    }

    #[test]
    fn a_token_of_one_kind_never_passes_for_one_of_the_other() {
        let keys = keys(&["k1"]);
        for token in tokens() {
            let text = keys.encode(&token, &client("app"), NOW).expose_secret().to_owned();
            for version in Version::ALL {
                let other = format!("{}{}", version.prefix(), &text[Version::PREFIX_LEN..]);
                assert_eq!(
                    keys.verify(&other, &client("app")).is_ok(),
                    version == token.version(),
                    "{other}"
                );
            }
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let keys = keys(&["k1"]);
        for token in tokens() {
            let text = keys.encode(&token, &client("app"), NOW).expose_secret().to_owned();
            for at in 0..text.len() {
                let replacement = if &text[at..=at] == "A" { "B" } else { "A" };
                let altered = format!("{}{replacement}{}", &text[..at], &text[at + 1..]);
                assert!(keys.verify(&altered, &client("app")).is_err(), "at {at}");
            }
            let prefix = token.version().prefix();
            for bad in ["", prefix, &text[..text.len() - 1], &format!("{text}A"), &format!("{text}="), " "] {
                assert!(keys.verify(bad, &client("app")).is_err(), "{bad:?}");
            }
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
        let key = Thumbprint::from_bytes([7; Thumbprint::LEN]);
        let token = RefreshToken::first(user_id, &SystemRandom::new()).bound_to(Some(key));
        let text = keys.encode(&token, &kid, NOW);
        // The limit excludes base64 padding. A longer text is refused.
        assert!((MAX_LEN - 2..=MAX_LEN).contains(&text.expose_secret().len()));
        assert_eq!(keys.verify(text.expose_secret(), &kid), Ok(token));
    }

    #[test]
    fn the_first_token_is_of_the_session_that_its_secret_named() {
        let secret = SessionSecret::new(&SystemRandom::new());
        let session_id = secret.session_id();
        assert!(format!("{secret:?}").contains(session_id.as_str()));
        let token = RefreshToken::first_of(UserId::parse("u1").unwrap(), secret);
        assert_eq!((token.session_id(), token.generation()), (session_id, 0));
    }

    #[test]
    fn debug_shows_no_secret() {
        let token = RefreshToken { secret: *b"secret of 20 bytes!!", ..token() };
        let shown = format!("{token:?}");
        assert!(!shown.contains("115") && !shown.contains("secret"), "{shown}");
    }
}
