//! Stateless nonces. A client that sends one back got a response from this deployment recently, whatever its
//! clock says.

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    clock::Timestamp,
    keys::{RefreshKey, RefreshKeys},
};

/// Keeps these HMACs apart from any other use of the key.
const LABEL: &[u8] = b"latchgate dpop nonce 1";
/// Seconds in a window. A nonce is valid in its own window and the next, so for at least two minutes. It is
/// also valid in the previous one, for a machine whose clock is behind that of the machine that made it.
const WINDOW: u64 = 120;
/// 128 bits of the HMAC. An attacker can only guess online, and a correct guess only makes an old proof pass.
const LEN: usize = 16;

impl RefreshKeys {
    /// A nonce for proofs (RFC 9449 section 8), made at `now`: 22 characters of base64url.
    pub fn dpop_nonce(&self, now: Timestamp) -> String {
        URL_SAFE_NO_PAD.encode(nonce(self.active(now), now.as_unix() / WINDOW))
    }

    /// Whether one of these keys made the nonce `text` recently.
    pub fn has_made_dpop_nonce(&self, text: &str, now: Timestamp) -> bool {
        let window = now.as_unix() / WINDOW;
        let Ok(presented) = URL_SAFE_NO_PAD.decode(text) else { return false };
        // A rotation may have replaced the key that made it.
        self.all().any(|key| {
            (window.saturating_sub(1)..=window + 1)
                .any(|window| constant_time::verify_slices_are_equal(&nonce(key, window), &presented).is_ok())
        })
    }
}

fn nonce(key: &RefreshKey, window: u64) -> [u8; LEN] {
    let mut context = hmac::Context::with_key(&key.key);
    context.update(LABEL);
    context.update(&window.to_be_bytes());
    let mut nonce = [0; LEN];
    nonce.copy_from_slice(&context.sign().as_ref()[..LEN]);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::refresh_keys_of as keys;

    /// The start of a window.
    const NOW: u64 = 1_800_000_000;

    #[test]
    fn a_nonce_is_good_in_three_windows_and_no_longer() {
        let keys = keys(&["k1"]);
        let nonce = keys.dpop_nonce(Timestamp::from_unix(NOW));
        assert_eq!(nonce.len(), 22);
        for (seconds, is_good) in [(-121, false), (-120, true), (0, true), (239, true), (240, false)] {
            let now = Timestamp::from_unix(NOW.checked_add_signed(seconds).unwrap());
            assert_eq!(keys.has_made_dpop_nonce(&nonce, now), is_good, "{seconds}");
        }
        let late = keys.dpop_nonce(Timestamp::from_unix(NOW + 119));
        assert_eq!(late, nonce);
        assert_ne!(keys.dpop_nonce(Timestamp::from_unix(NOW + 120)), nonce);
    }

    #[test]
    fn a_nonce_survives_a_rotation_and_is_refused_elsewhere() {
        let now = Timestamp::from_unix(NOW);
        let nonce = keys(&["k1"]).dpop_nonce(now);
        assert!(keys(&["k2", "k1"]).has_made_dpop_nonce(&nonce, now));
        assert!(!keys(&["k2"]).has_made_dpop_nonce(&nonce, now));
        for text in ["", "A", &nonce[1..], &format!("{nonce}A"), &format!("{nonce}="), "\u{e4}"] {
            assert!(!keys(&["k1"]).has_made_dpop_nonce(text, now), "{text}");
        }
    }
}
