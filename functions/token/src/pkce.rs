//! PKCE (RFC 7636): only the client that sent the user to sign in can use the code.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The challenge of this verifier (section 4.2, `S256`); `None`, if it is not 43 to 128 unreserved characters
/// (section 4.1).
pub(crate) fn challenge_of(verifier: &str) -> Option<String> {
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved);
    is_verifier.then(|| URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    #[test]
    fn the_challenge_of_the_rfcs_example_is_the_rfcs() {
        let challenge = challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge.as_deref(), Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    }

    #[test]
    fn a_verifier_is_43_to_128_unreserved_characters() {
        for good in ["a".repeat(43), "Z".repeat(128), "0-._~".repeat(10)] {
            assert!(challenge_of(&good).is_some(), "{good}");
        }
        let other = ["+", "/", "=", "%", " ", "\n", "é"].map(|c| format!("{}{c}", "a".repeat(50)));
        for bad in other.into_iter().chain([String::new(), "a".repeat(42), "a".repeat(129)]) {
            assert_eq!(challenge_of(&bad), None, "{bad}");
        }
    }
}
