//! User names.

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};

/// A user name, normalised (RFC 8265 section 3.3): case, width and composition make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// The longest user name, in bytes: an email address has 254 at most (RFC 5321 section 4.5.3.1.3).
    pub const MAX_LEN: usize = 256;

    /// Takes 1 to 256 bytes of letters, digits and ASCII symbols, without spaces.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::MAX_LEN {
            return None;
        }
        let normalised = UsernameCaseMapped::enforce(text).ok()?;
        (1..=Self::MAX_LEN).contains(&normalised.len()).then(|| Self(normalised.into_owned()))
    }

    /// The normalised name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_the_same_however_it_is_typed() {
        let name = |text: &str| Username::parse(text).map(|name| name.0);
        assert_eq!(name("Ada@Example.com").as_deref(), Some("ada@example.com"));
        assert_eq!(name("\u{ff21}da"), name("ada"), "full width");
        assert_eq!(name("J\u{fc}rgen"), name("ju\u{308}rgen"), "composition");
        assert!(name(&"x".repeat(256)).is_some());
        // The last has 86 bytes once it is normalised, and 258 as it was sent.
        for bad in ["", "two words", "a\u{0}", &"x".repeat(257), &"\u{ff21}".repeat(86)] {
            assert_eq!(name(bad), None, "{bad:.10?}");
        }
    }
}
