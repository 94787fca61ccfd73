//! Passwords as typed.

use std::fmt;

use aws_lc_rs::constant_time;
use secrecy::{ExposeSecret, SecretString};

use crate::text::normalise_password;

/// A password, in its normal form, which doesn't depend on the keyboard, and as typed.
///
/// It may contain any characters but control characters (NIST SP 800-63B-4 section 3.1.1.2).
#[derive(Clone)]
pub struct Password {
    normal: SecretString,
    /// The password as typed, if that isn't its normal form. Other systems hash this.
    typed: Option<SecretString>,
}

impl Password {
    /// The longest password, in bytes as sent. It limits the time of a hash in advance.
    pub const MAX_LEN: usize = 1024;

    /// Accepts 1 to 1024 bytes without control characters.
    pub fn parse(text: &SecretString) -> Option<Self> {
        let typed = text.expose_secret();
        if !(1..=Self::MAX_LEN).contains(&typed.len()) || typed.contains(char::is_control) {
            return None;
        }
        let normal = normalise_password(typed);
        if normal.is_empty() {
            return None;
        }
        let typed = (normal != typed).then(|| text.clone());
        Some(Self { normal: normal.into(), typed })
    }

    /// The normal form, for hashing and comparing only. Never show or log it.
    pub(crate) fn expose(&self) -> &str {
        self.normal.expose_secret()
    }

    /// The password as typed, if that isn't its normal form.
    pub(crate) fn expose_typed(&self) -> Option<&str> {
        self.typed.as_ref().map(ExposeSecret::expose_secret)
    }
}

/// Compares the normal forms, in constant time.
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
    fn a_password_is_the_same_from_every_keyboard() {
        for (one, other) in [
            ("p\u{e4}ss", "pa\u{308}ss"),
            ("\u{d55c}\u{ae00}", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
            ("two words", "two\u{a0}words"),
            ("two words", "two\u{3000}words"),
            ("\u{2764}\u{fe0f}", "\u{2764}"),
            ("1\u{fe0f}\u{20e3}", "1\u{20e3}"),
        ] {
            assert_eq!(password(one), password(other), "{one} and {other:?}");
            assert_eq!(password(one).expose(), password(other).expose(), "{one} and {other:?}");
        }
        assert_ne!(password("p\u{e4}ss"), password("pass"));
        assert_ne!(password("Pass"), password("pass"), "case counts");
        assert_ne!(password("pass "), password("pass"), "spaces count");
        assert_ne!(password("\u{fb01}"), password("fi"), "no more is mapped than NFC does");
    }

    #[test]
    fn only_control_characters_are_refused() {
        for bad in ["", &"x".repeat(1025), "a\u{0}b", "tab\tbed", "line\n", "\u{7f}", "\u{85}", "\u{fe0f}"] {
            assert!(Password::parse(&bad.into()).is_none(), "{bad:.8?}");
        }
        let longest = "x".repeat(1024);
        for good in [
            longest.as_str(),
            "\u{20bd}",
            "\u{b7}",
            "\u{1f44d}\u{1f3fd}",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{1f1fb}\u{1f1f3}",
            "\u{1faea}",
            "\u{fdd0}",
            "\u{378}",
            "\u{2028}",
            "\u{200b}",
            "\u{e000}",
            "\u{1112}",
            "        ",
        ] {
            assert!(Password::parse(&good.into()).is_some(), "{good:.8?}");
        }
    }

    #[test]
    fn the_typed_password_is_kept_if_it_is_not_in_normal_form() {
        assert_eq!(password("pa\u{308}ss").expose_typed(), Some("pa\u{308}ss"));
        assert_eq!(password("p\u{e4}ss").expose_typed(), None);
    }
}
