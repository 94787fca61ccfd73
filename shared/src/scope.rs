//! Scopes: what tokens may be used for (RFC 6749 section 3.3).

use std::{collections::BTreeSet, fmt};

/// A set of scope tokens. Its text is sorted, so equal sets have equal texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(BTreeSet<String>);

impl Scope {
    /// The longest scope, in bytes of its text: every access token contains it.
    const MAX_LEN: usize = 1024;

    /// The most scope tokens. Each is a term in the condition of a refresh, whose expression DynamoDB limits
    /// to 4 KB.
    const MAX_TOKENS: usize = 64;

    /// Parses scope tokens separated by spaces, of the characters that RFC 6749 section 3.3 allows.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::MAX_LEN {
            return None;
        }
        text.split(' ')
            .filter(|token| !token.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .try_into()
            .ok()
    }

    /// Parses a request's `scope` parameter. Spaces alone are invalid: the grammar of RFC 6749 section 3.3
    /// requires a scope token. Only an absent or empty parameter means the default.
    pub fn requested(text: &str) -> Option<Self> {
        Self::parse(text).filter(|scope| !scope.is_empty())
    }

    /// Whether it has no scope tokens.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every token of this scope is in `other` too.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The scope tokens that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// This scope without these tokens.
    #[must_use]
    pub fn without(&self, tokens: &[&str]) -> Self {
        Self(self.0.iter().filter(|token| !tokens.contains(&token.as_str())).cloned().collect())
    }

    /// Whether it contains this token.
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// The scope tokens, sorted.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The scope tokens, separated by spaces. `None` for an empty scope, which responses and claims omit.
    pub fn to_text(&self) -> Option<String> {
        (!self.is_empty()).then(|| self.to_string())
    }
}

/// The error if a string is not a scope token, or there are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAScope;

impl TryFrom<Vec<String>> for Scope {
    type Error = NotAScope;

    fn try_from(tokens: Vec<String>) -> Result<Self, NotAScope> {
        // scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
        let fits = |t: &String| {
            !t.is_empty() && t.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\'))
        };
        if tokens.len() <= Self::MAX_TOKENS && tokens.iter().all(fits) {
            Ok(Self(tokens.into_iter().collect()))
        } else {
            Err(NotAScope)
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, token) in self.tokens().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_tokens_does_not_matter() {
        assert_eq!(Scope::parse("write  read read"), Scope::parse("read write"));
        assert_eq!(Scope::parse("write read").unwrap().to_text().as_deref(), Some("read write"));
        assert_eq!(Scope::parse("").unwrap().to_text(), None);
        for none in ["", " ", "   "] {
            assert_eq!(Scope::requested(none), None, "{none:?}");
        }
        assert_eq!(Scope::requested(" read "), Scope::parse("read"));
    }

    #[test]
    fn only_the_characters_of_the_grammar() {
        let many = (0..65).map(|i| i.to_string()).collect::<Vec<_>>().join(" ");
        for bad in ["a\"b", "a\\b", "a\tb", "ä", "a\nb", &many] {
            assert_eq!(Scope::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn within_is_subset() {
        let [read, both] = ["read", "read write"].map(|s| Scope::parse(s).unwrap());
        assert!(read.is_within(&both) && !both.is_within(&read));
        assert_eq!(both.intersection(&read), read);
    }
}
