//! The authorization code (RFC 6749 section 4.1.2): opaque to clients, verifiable without a read, and never
//! stored.
//!
//! ```text
//! "lgc1_" base64url( random[32]  HMAC-SHA-256[32] )
//! ```
//!
//! The HMAC covers a label, the `client_id` that the code was issued to, and the random bytes. So a forged
//! code, or another client's, is refused before anything is read. The Codes table has the grant, under a hash
//! of the random bytes.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

use crate::{
    clock::Timestamp,
    ids::ClientId,
    keys::RefreshKeys,
    random::{self, Random},
};

/// The prefix of a code, which secret scanners recognise. It contains the version.
const PREFIX: &str = "lgc1_";
/// Separates the HMACs of codes from other uses of the key.
const TAG_LABEL: &[u8] = b"latchgate authorization code 1";
/// Separates the hashes of codes from other hashes.
const HASH_LABEL: &[u8] = b"latchgate authorization code hash 1";
/// 256 bits; RFC 6749 section 10.10 recommends 160.
const SECRET_LEN: usize = 32;

/// A genuine authorization code: newly made, or with a verified HMAC.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationCode([u8; SECRET_LEN]);

impl AuthorizationCode {
    /// A new code.
    pub fn new(random: &dyn Random) -> Self {
        Self(random::bytes(random))
    }

    /// The hash under which the code is stored, in base64url.
    pub fn hash(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(HASH_LABEL);
        context.update(&self.0);
        URL_SAFE_NO_PAD.encode(context.finish())
    }
}

impl RefreshKeys {
    /// Encodes a code for a client, with the key that is active `now`.
    pub fn encode_code(
        &self,
        code: &AuthorizationCode,
        client_id: &ClientId,
        now: Timestamp,
    ) -> SecretString {
        let tag = hmac::sign(&self.active(now).key, &authenticated(code, client_id));
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&code.0, tag.as_ref()].concat())).into()
    }

    /// Returns the code in `text`, if it is genuine and was issued to this client.
    pub fn verify_code(&self, text: &str, client_id: &ClientId) -> Option<AuthorizationCode> {
        let mut bytes = [0; SECRET_LEN + digest::SHA256_OUTPUT_LEN];
        let decoded = URL_SAFE_NO_PAD.decode_slice(text.strip_prefix(PREFIX)?, &mut bytes).ok()?;
        let (secret, tag) = bytes[..decoded].split_first_chunk()?;
        let code = AuthorizationCode(*secret);
        let message = authenticated(&code, client_id);
        self.all().any(|key| hmac::verify(&key.key, &message, tag).is_ok()).then_some(code)
    }
}

/// The input of the HMAC. Every part but the last has a fixed length, or its length before it.
fn authenticated(code: &AuthorizationCode, client_id: &ClientId) -> Vec<u8> {
    [TAG_LABEL, &code.0, client_id.as_str().as_bytes()].concat()
}

/// Hides the code.
impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationCode")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::{keys::refresh_keys_of, random::SystemRandom};

    fn id(text: &str) -> ClientId {
        ClientId::parse(text).unwrap()
    }

    #[test]
    fn a_code_is_valid_only_for_its_client() {
        let keys = refresh_keys_of(&["b", "a"]);
        let code = AuthorizationCode::new(&SystemRandom::new());
        let text = keys.encode_code(&code, &id("web"), Timestamp::default());
        assert_eq!(keys.verify_code(text.expose_secret(), &id("web")), Some(code.clone()));
        assert_eq!(keys.verify_code(text.expose_secret(), &id("we")), None);
        assert_eq!(refresh_keys_of(&["c"]).verify_code(text.expose_secret(), &id("web")), None);
        assert_eq!(code.hash().len(), 43);
    }

    #[test]
    fn a_malformed_code_is_refused() {
        let keys = refresh_keys_of(&["a"]);
        let code = AuthorizationCode::new(&SystemRandom::new());
        let text = keys.encode_code(&code, &id("web"), Timestamp::default());
        let text = text.expose_secret();
        let longer = format!("{text}AA");
        let other = text.replace("lgc1_", "lgr1_");
        let short = &text[..text.len() - 2];
        for text in ["", "lgc1_", "x", short, &longer, &other, &format!("{text}=")] {
            assert_eq!(keys.verify_code(text, &id("web")), None, "{text}");
        }
    }

    #[test]
    fn an_older_key_still_verifies() {
        let code = AuthorizationCode::new(&SystemRandom::new());
        let text = refresh_keys_of(&["a"]).encode_code(&code, &id("web"), Timestamp::default());
        assert_eq!(refresh_keys_of(&["b", "a"]).verify_code(text.expose_secret(), &id("web")), Some(code));
    }
}
