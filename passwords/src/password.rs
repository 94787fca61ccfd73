//! Passwords as they are typed.

use std::fmt;

use aws_lc_rs::constant_time;
use precis_profiles::{OpaqueString, precis_core::profile::PrecisFastInvocation};
use secrecy::{ExposeSecret, SecretString};

/// A password, normalised (RFC 8265 section 4): the same whatever keyboard it was typed on.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// The longest password, in bytes as sent: the time that a hash takes is bounded before there is a hash.
    pub const MAX_LEN: usize = 1024;

    /// Takes 1 to 1024 bytes without control characters.
    pub fn parse(text: &SecretString) -> Option<Self> {
        let text = text.expose_secret();
        if !(1..=Self::MAX_LEN).contains(&text.len()) {
            return None;
        }
        let normalised = OpaqueString::enforce(text).ok()?;
        Some(Self(normalised.into_owned().into()))
    }

    /// For hashing and comparing; nothing that is shown or logged.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// In constant time.
impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(self.expose().as_bytes(), other.expose().as_bytes()).is_ok()
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(&text.into()).unwrap()
    }

    #[test]
    fn passwords_are_normalised_and_bounded() {
        let composed = password("p\u{e4}ss");
        assert_eq!(composed.expose(), password("pa\u{308}ss").expose());
        assert_eq!(composed, password("pa\u{308}ss"));
        assert_ne!(composed, password("pass"));
        for bad in ["", &"x".repeat(1025), "a\u{0}b", "tab\tbed"] {
            assert!(Password::parse(&bad.into()).is_none(), "{bad:.8?}");
        }
        assert!(Password::parse(&"x".repeat(1024).into()).is_some());
    }
}
