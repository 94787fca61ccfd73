//! The path of a scope rule, where `*` matches any characters, including slashes.

use std::fmt::Write;

use crate::{NormalPath, path::fold};

/// The most spellings of a path that are listed. If there are more, `*` replaces its last special characters.
const MAX_SPELLINGS: usize = 8;

/// The path of a scope rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    /// The path of the rule, decoded as the paths of requests are.
    path: NormalPath,
    folded: String,
}

impl PathPattern {
    /// Parses `*` and the path characters (RFC 3986 section 3.3) that have no other meaning in a policy.
    pub(crate) fn parse(path: &str) -> Result<Self, &'static str> {
        if path.contains(['{', '}']) {
            return Err("a path has * in the place of a route's {parameter}");
        }
        let is_known = |b: u8| b.is_ascii_alphanumeric() || b"/*-._~!&'()+,=:@%".contains(&b);
        if !path.starts_with('/') || !path.bytes().all(is_known) {
            return Err("a path must begin with /, without a query");
        }
        let path = with_upper_case_escapes(path);
        if path.contains("%2A") {
            return Err("a path can't contain an asterisk");
        }
        let path = NormalPath::parse(&path)
            .ok_or("a path must be in normal form, because calls with other paths are refused")?;
        let folded = fold(path.text());
        Ok(Self { path, folded })
    }

    /// Whether the rule names exactly this path.
    pub(crate) fn names(&self, path: &NormalPath) -> bool {
        let is_slash_named =
            self.path.ends_in_slash() == path.ends_in_slash() || self.path.text().ends_with('*');
        is_slash_named && matches(self.path.text(), path.text())
    }

    /// Whether a server might treat this folded path as one that the rule names, regardless of case and a
    /// final slash.
    pub(crate) fn may_mean(&self, folded_path: &str) -> bool {
        matches(&self.folded, folded_path)
    }

    pub(crate) fn ends_in_slash(&self) -> bool {
        self.path.ends_in_slash()
    }

    /// Whether the path begins with `*`. Then a `*` before it, for any method, adds no other paths.
    pub(crate) fn begins_with_any(&self) -> bool {
        self.path.text().starts_with("/*")
    }

    /// The paths for a Deny, in every normal spelling. With `both`, also with a final slash.
    pub(crate) fn denied(&self, both: bool) -> Vec<String> {
        let may_end_in_slash = (both || self.ends_in_slash()) && self.path.text() != "/";
        let with_slash = |without: String| {
            let with = (may_end_in_slash && !without.ends_with('*')).then(|| format!("{without}/"));
            with.into_iter().chain([without])
        };
        denied_spellings(self.path.text()).into_iter().flat_map(with_slash).collect()
    }

    /// The paths for an Allow, which must not go beyond the rule.
    pub(crate) fn allowed(&self) -> Vec<String> {
        allowed_spellings(&self.path)
    }
}

/// The path in every normal spelling, for an Allow. If there are too many, only those that clients send:
/// unchanged, and with every escape.
pub(crate) fn allowed_spellings(path: &NormalPath) -> Vec<String> {
    let slash = if path.ends_in_slash() { "/" } else { "" };
    let path = format!("{}{slash}", path.text());
    let mut spellings = vec![String::new()];
    for c in path.chars() {
        let plain = c.to_string();
        let escaped = escaped(c);
        let of_character = if escaped == plain { vec![plain] } else { vec![plain, escaped] };
        spellings = products(&spellings, &of_character);
        if spellings.len() > MAX_SPELLINGS {
            spellings = vec![path.clone(), path.chars().map(self::escaped).collect()];
            break;
        }
    }
    // In a policy, `${` begins a variable.
    spellings.retain(|spelling| !spelling.contains("${"));
    spellings
}

/// The text in every normal spelling, for a Deny. A `*` replaces spellings that don't fit, and matches more
/// than the text.
fn denied_spellings(text: &str) -> Vec<String> {
    let mut spellings = vec![String::new()];
    for c in text.chars() {
        let of_character = match c {
            '*' => vec!["*".to_owned()],
            c if has_one_spelling(c) => vec![c.to_string()],
            // A server may treat these as equal.
            ' ' | '+' => [" ", "%20", "+", "%2B"].map(str::to_owned).to_vec(),
            c => vec![c.to_string(), escaped(c)],
        };
        if spellings.len() * of_character.len() <= MAX_SPELLINGS {
            spellings = products(&spellings, &of_character);
        } else {
            spellings.iter_mut().filter(|spelling| !spelling.ends_with('*')).for_each(|s| s.push('*'));
        }
    }
    // `${` would begin a variable of the policy.
    spellings.into_iter().map(|spelling| spelling.replace("${", "?{")).collect()
}

/// Joins each text of the first list with each of the second.
pub(crate) fn products(first: &[impl AsRef<str>], second: &[String]) -> Vec<String> {
    let with_each = |start: &str| second.iter().map(|end| format!("{start}{end}")).collect::<Vec<_>>();
    first.iter().flat_map(|start| with_each(start.as_ref())).collect()
}

/// Whether a call may match both patterns. A no is certain, a yes isn't, since text between wildcards isn't
/// compared.
pub(crate) fn may_overlap(one: &str, other: &str) -> bool {
    let wild = ['*', '?'];
    match (one.find(wild), other.find(wild)) {
        (None, None) => one == other,
        (start, other_start) => {
            let starts = (&one[..start.unwrap_or(one.len())], &other[..other_start.unwrap_or(other.len())]);
            let ends = [one, other].map(|text| text.rsplit(wild).next().unwrap_or(text));
            (starts.0.starts_with(starts.1) || starts.1.starts_with(starts.0))
                && (ends[0].ends_with(ends[1]) || ends[1].ends_with(ends[0]))
        }
    }
}

/// A policy's resource that matches this text in every normal spelling.
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

/// The character escaped, if it can be. An asterisk is a wildcard.
fn escaped(c: char) -> String {
    if has_one_spelling(c) || c == '*' {
        return c.to_string();
    }
    let mut escaped = String::new();
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(escaped, "%{byte:02X}");
    }
    escaped
}

/// Converts escapes to upper case: both cases mean the same (RFC 3986 section 2.1), and people may write
/// either.
fn with_upper_case_escapes(path: &str) -> String {
    let mut digits = 0;
    let upper_case = |c: char| {
        let is_digit = digits > 0;
        digits = if c == '%' { 2 } else { digits.max(1) - 1 };
        if is_digit { c.to_ascii_uppercase() } else { c }
    };
    path.chars().map(upper_case).collect()
}

/// Whether the pattern matches the text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let Some(end) = parts.next_back() else { return rest.is_empty() };
    // At the first match, which leaves the most text for the other parts.
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
    fn a_rule_for_a_path_that_never_passes_is_refused() {
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
        assert_eq!(denied("/@me/", false), ["/@me/", "/@me", "/%40me/", "/%40me"]);
        assert_eq!(denied("/a+", false), ["/a ", "/a%20", "/a+", "/a%2B"]);
        assert_eq!(denied("/%24%7B*", false), ["/?{*", "/$%7B*", "/%24{*", "/%24%7B*"]);
        let many = denied("/a@b@c@d@e@", true);
        assert_eq!(many.len(), MAX_SPELLINGS);
        assert!(many.iter().all(|spelling| spelling.ends_with("d*e*")), "{many:?}");
        let allowed = |path| pattern(path).allowed();
        assert_eq!(allowed("/orders/*"), ["/orders/*"]);
        assert_eq!(allowed("/orders/"), ["/orders/"]);
        assert_eq!(allowed("/me%40x*"), ["/me@x*", "/me%40x*"]);
        assert_eq!(allowed("/th%C3%A9"), ["/thé", "/th%C3%A9"]);
        assert_eq!(allowed("/@x&"), ["/@x&", "/@x%26", "/%40x&", "/%40x%26"]);
        assert_eq!(allowed("/@@@@*"), ["/@@@@*", "/%40%40%40%40*"]);
        assert_eq!(allowed("/%24%7B"), ["/$%7B", "/%24{", "/%24%7B"]);
    }

    #[test]
    fn patterns_overlap_where_a_call_may_be_one_of_both() {
        for (one, other, expected) in [
            ("GET/a", "GET/a", true),
            ("GET/a", "GET/b", false),
            ("GET/*", "GET/a", true),
            ("*/a", "GET/a", true),
            ("*/a", "GET/b", false),
            ("GET/a*", "GET/b*", false),
            ("GET/a*", "GET/*b", true),
            ("GET/*a", "GET/*b", false),
            ("GET/?a", "GET/xa", true),
        ] {
            assert_eq!(may_overlap(one, other), expected, "{one} {other}");
            assert_eq!(may_overlap(other, one), expected, "{other} {one}");
        }
    }
}
