//! The path of a scope rule, in which `*` stands for any run of characters, slashes included.

use std::fmt::Write;

use crate::{NormalPath, path::fold};

/// The path of a scope rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    /// Decoded, like the paths that it is compared with.
    path: NormalPath,
    folded: String,
}

impl PathPattern {
    /// Takes the characters of a path (RFC 3986 section 3.3) that mean nothing else in a policy, and `*`.
    pub(crate) fn parse(path: &str) -> Result<Self, &'static str> {
        if path.contains(['{', '}']) {
            return Err("a path has * where a route has {parameter}");
        }
        let is_known = |b: u8| b.is_ascii_alphanumeric() || b"/*-._~!&'()+,=:@%".contains(&b);
        if !path.starts_with('/') || !path.bytes().all(is_known) {
            return Err("a path begins with / and has no query");
        }
        let path = with_upper_case_escapes(path);
        if path.contains("%2A") {
            return Err("a path can't name an asterisk");
        }
        let path =
            NormalPath::parse(&path).ok_or("a path is in normal form, since no other is let through")?;
        let folded = fold(path.text());
        Ok(Self { path, folded })
    }

    /// Whether this is the path, spelled as the rule spells it.
    pub(crate) fn names(&self, path: &NormalPath) -> bool {
        let is_slash_named =
            self.path.ends_in_slash() == path.ends_in_slash() || self.path.text().ends_with('*');
        is_slash_named && matches(self.path.text(), path.text())
    }

    /// Whether a server might take this path for one that the rule names: whatever its case, with or without a slash at
    /// its end. The path is folded.
    pub(crate) fn may_mean(&self, folded_path: &str) -> bool {
        matches(&self.folded, folded_path)
    }

    pub(crate) fn ends_in_slash(&self) -> bool {
        self.path.ends_in_slash()
    }

    /// Whether `*` is all that it begins with: then a `*` before it, for any method, adds no other paths.
    pub(crate) fn begins_with_any(&self) -> bool {
        self.path.text().starts_with("/*")
    }

    /// What a Deny says, so that it holds in every spelling that is normal: `*` in the place of whatever may be escaped
    /// or not. With `both`, also the path with a slash at its end.
    pub(crate) fn denied(&self, both: bool) -> Vec<String> {
        let without = in_any_spelling(self.path.text());
        let may_end_in_slash = (both || self.ends_in_slash()) && without != "/" && !without.ends_with('*');
        let with = may_end_in_slash.then(|| format!("{without}/"));
        with.into_iter().chain([without]).collect()
    }

    /// What an Allow says, which may reach no further than the rule: the path as it is, and with its escapes.
    pub(crate) fn allowed(&self) -> Vec<String> {
        let slash = if self.ends_in_slash() { "/" } else { "" };
        let plain = format!("{}{slash}", self.path.text());
        let escaped = escaped(&plain);
        if escaped == plain { vec![plain] } else { vec![plain, escaped] }
    }
}

/// A resource of a policy that stands for this text in every normal spelling.
pub(crate) fn in_any_spelling(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars().map(|c| if has_one_spelling(c) { c } else { '*' }) {
        if c != '*' || !pattern.ends_with('*') {
            pattern.push(c);
        }
    }
    pattern
}

fn has_one_spelling(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~/".contains(c)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if has_one_spelling(c) || c == '*' {
            escaped.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

/// An escape means the same in either case (RFC 3986 section 2.1), and a person may write it in either.
fn with_upper_case_escapes(path: &str) -> String {
    let mut digits = 0;
    let upper_case = |c: char| {
        let is_digit = digits > 0;
        digits = if c == '%' { 2 } else { digits.max(1) - 1 };
        if is_digit { c.to_ascii_uppercase() } else { c }
    };
    path.chars().map(upper_case).collect()
}

/// Whether the text is one that the pattern stands for.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let Some(end) = parts.next_back() else { return rest.is_empty() };
    // As far to the front as it goes, so that the most is left for the others.
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(path: &str) -> PathPattern {
        PathPattern::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn path(path: &str) -> NormalPath {
        NormalPath::parse(path).unwrap()
    }

    #[test]
    fn an_asterisk_is_any_run_of_characters() {
        for (wild, text) in [
            ("/a", "/a"),
            ("/*", "/"),
            ("/*", "/a/b"),
            ("/a*", "/a"),
            ("/a*c*e", "/abcde"),
            ("/*b/*b", "/b/bb"),
            ("/a**b", "/ab"),
            ("/a*a", "/aa"),
            ("*", ""),
            ("", ""),
        ] {
            assert!(matches(wild, text), "{wild} {text}");
        }
        for (wild, text) in
            [("/a", "/ab"), ("/a", "/"), ("/a*a", "/a"), ("/a*b*b", "/ab"), ("/*/b", "/b"), ("", "a")]
        {
            assert!(!matches(wild, text), "{wild} {text}");
        }
    }

    #[test]
    fn a_rule_names_a_path_and_may_mean_its_other_spellings() {
        let orders = pattern("/my%40orders");
        assert!(orders.names(&path("/my@orders")) && orders.names(&path("/my%40orders")));
        for other in ["/My@Orders", "/my%40orders/", "/MY@ORDERS/"] {
            assert!(!orders.names(&path(other)) && orders.may_mean(&path(other).folded()), "{other}");
        }
        assert!(pattern("/c%c3%a9").names(&path("/c%C3%A9")), "in either case");
        assert!(pattern("/orders/").names(&path("/orders/")) && !pattern("/orders/").names(&path("/orders")));
        assert!(pattern("/orders/").may_mean(&path("/orders").folded()));
        assert!(
            pattern("/orders/*").names(&path("/orders/7/")) && !pattern("/orders/*").names(&path("/orders/"))
        );
    }

    #[test]
    fn a_path_that_is_never_let_through_is_no_rule() {
        for bad in ["/a//b", "/a/../b", "/./a", "/%61", "/a%2Fb", "/a%25", "/a%", "/a%2ab", "//", "/a%3Bb"] {
            assert!(PathPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_deny_holds_in_every_normal_spelling_and_an_allow_reaches_no_further() {
        let denied = |path, both| pattern(path).denied(both);
        assert_eq!(denied("/orders/*", false), ["/orders/*"]);
        assert_eq!(denied("/orders", false), ["/orders"]);
        assert_eq!(denied("/orders", true), ["/orders/", "/orders"]);
        assert_eq!(denied("/orders/", false), ["/orders/", "/orders"]);
        assert_eq!(denied("/", true), ["/"]);
        assert_eq!(denied("/me%40@x", false), ["/me*x"]);
        let allowed = |path| pattern(path).allowed();
        assert_eq!(allowed("/orders/*"), ["/orders/*"]);
        assert_eq!(allowed("/orders/"), ["/orders/"]);
        assert_eq!(allowed("/me%40x*"), ["/me@x*", "/me%40x*"]);
        assert_eq!(allowed("/th%C3%A9"), ["/thé", "/th%C3%A9"]);
    }
}
