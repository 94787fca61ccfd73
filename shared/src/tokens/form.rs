//! Tokens that bind a form to the browser that got its page. They aren't stored.
//!
//! ```text
//! base64url( id[16]  HMAC-SHA-256[32] )
//! ```
//!
//! The HMAC covers a label, the secret of this browser's cookie, the identifier, and the purpose of the form.
//! So a form that another site sends, or that was shown for another purpose, is refused.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    clock::Timestamp,
    keys::{RefreshKey, RefreshKeys},
    random::{self, Random},
};

/// Separates these HMACs from other uses of the key.
const LABEL: &[u8] = b"latchgate form token 1";
/// Length of the cookie's secret and of the identifier: 128 bits.
const ID_LEN: usize = 16;
/// The whole of HMAC-SHA-256.
const TAG_LEN: usize = 32;

/// The identity of a form, for which no other form may pass.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// The secret of the browser's cookie.
    pub browser: &'a [u8; ID_LEN],
    /// The purpose of the form, and all that the user sees of it.
    pub purpose: &'a [&'a str],
}

impl RefreshKeys {
    /// A new token for a form, made with the key that is active `now`.
    pub fn form_token(&self, form: Form<'_>, random: &dyn Random, now: Timestamp) -> String {
        let id = random::bytes(random);
        let tag = tag(self.active(now), form, &id);
        URL_SAFE_NO_PAD.encode([&id, tag.as_ref()].concat())
    }

    /// The identifier in `text`, if it is a token for this form.
    pub fn verify_form_token(&self, text: &str, form: Form<'_>) -> Option<[u8; ID_LEN]> {
        let mut bytes = [0; ID_LEN + TAG_LEN];
        let decoded = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (id, tag) = bytes[..decoded].split_first_chunk()?;
        let message = message(form, id);
        self.all().any(|key| hmac::verify(&key.key, &message, tag).is_ok()).then_some(*id)
    }
}

fn tag(key: &RefreshKey, form: Form<'_>, id: &[u8; ID_LEN]) -> hmac::Tag {
    hmac::sign(&key.key, &message(form, id))
}

/// The input of the HMAC. Each part of the purpose has its length before it, so no two forms have the same
/// input.
fn message(form: Form<'_>, id: &[u8; ID_LEN]) -> Vec<u8> {
    let mut message = [LABEL, form.browser, id].concat();
    for part in form.purpose {
        message.extend((part.len() as u64).to_be_bytes());
        message.extend(part.as_bytes());
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::refresh_keys_of as keys, random::SystemRandom};

    const MINE: [u8; ID_LEN] = [1; ID_LEN];

    fn form<'a>(purpose: &'a [&'a str]) -> Form<'a> {
        Form { browser: &MINE, purpose }
    }

    #[test]
    fn a_token_is_valid_only_for_its_browser_and_its_purpose() {
        let keys = keys(&["k1"]);
        let token = keys.form_token(form(&["a", "bc"]), &SystemRandom::new(), Timestamp::default());
        assert!(keys.verify_form_token(&token, form(&["a", "bc"])).is_some());
        for other in [&["a"][..], &["a", "bd"], &["ab", "c"], &["abc"], &["a", "bc", ""], &[]] {
            assert_eq!(keys.verify_form_token(&token, form(other)), None, "{other:?}");
        }
        let elsewhere = Form { browser: &[2; ID_LEN], purpose: &["a", "bc"] };
        assert_eq!(keys.verify_form_token(&token, elsewhere), None);
    }

    #[test]
    fn each_page_has_a_distinct_token() {
        let (keys, random) = (keys(&["k1"]), SystemRandom::new());
        let [one, other] = [0; 2].map(|_| keys.form_token(form(&["a"]), &random, Timestamp::default()));
        assert_ne!(one, other);
        let [one, other] = [one, other].map(|token| keys.verify_form_token(&token, form(&["a"])).unwrap());
        assert_ne!(one, other);
    }

    #[test]
    fn a_token_survives_a_rotation_and_is_refused_elsewhere() {
        let token = keys(&["k1"]).form_token(form(&["a"]), &SystemRandom::new(), Timestamp::default());
        assert!(keys(&["k2", "k1"]).verify_form_token(&token, form(&["a"])).is_some());
        assert_eq!(keys(&["k2"]).verify_form_token(&token, form(&["a"])), None);
        let (longer, shorter) = (format!("{token}AAAA"), &token[..token.len() - 4]);
        for text in ["", "A", shorter, &longer, &format!("{token}="), "\u{e4}"] {
            assert_eq!(keys(&["k1"]).verify_form_token(text, form(&["a"])), None, "{text}");
        }
    }
}
