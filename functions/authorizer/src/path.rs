//! The normal form of a path.
//!
//! A gateway, a framework or a server may treat several spellings as the same path: `/%6Frders`, `//orders`,
//! `/x/../orders`. A scope rule names one of them. So the authorizer accepts only one form, and refuses all
//! others.
//!
//! A REST API passes the path on as sent. An HTTP API passes it on decoded, even twice. The normal form
//! allows both: an escape means its character, and a `%` that means itself is never normal.

/// A path in normal form, decoded. Equal paths have equal texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalPath {
    /// Without the final slash, unless that is the whole path.
    text: String,
    ends_in_slash: bool,
}

/// Characters that a gateway or a server may treat specially, escaped or not: somewhere, they separate,
/// escape or end a path.
const SPECIAL: [char; 6] = ['\\', '%', ';', '?', '#', '`'];

impl NormalPath {
    /// Parses a path that begins with `/`. In its normal form (RFC 3986 section 6.2.2)
    ///
    /// - escapes have upper-case digits, are UTF-8, and don't encode letters, digits, or any of `-._~`,
    /// - neither escapes nor characters are control characters, any of `\ % ; ? #`, or a backtick, and no
    ///   escape is a `/`,
    /// - no segment is empty or consists of dots. A slash may end the path: see [`Self::ends_in_slash`].
    pub fn parse(path: &str) -> Option<Self> {
        let decoded = decode(path)?;
        // A replacement character comes from a decoder that met bytes other than UTF-8.
        let is_plain = |c: char| !c.is_control() && !SPECIAL.contains(&c) && c != char::REPLACEMENT_CHARACTER;
        let rest = decoded.strip_prefix('/')?;
        if rest.is_empty() {
            return Some(Self { text: decoded, ends_in_slash: false });
        }
        let segments = rest.strip_suffix('/').unwrap_or(rest);
        let is_named = |segment: &str| !segment.trim().trim_end_matches(['.', ' ']).is_empty();
        if !decoded.chars().all(is_plain) || !segments.split('/').all(is_named) {
            return None;
        }
        Some(Self { text: format!("/{segments}"), ends_in_slash: rest.ends_with('/') })
    }

    /// The decoded text, without a final slash.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a slash followed the last segment. Some gateways treat that as the same path, and some don't.
    pub fn ends_in_slash(&self) -> bool {
        self.ends_in_slash
    }

    /// This path, with a final slash if another place of the event has one.
    pub(crate) fn with_slash(self, ends_in_slash: bool) -> Self {
        Self { ends_in_slash: self.ends_in_slash || ends_in_slash, ..self }
    }

    /// Whether this path is `other`, or `other` below a domain's base path or a stage's name.
    pub(crate) fn ends_with(&self, other: &Self) -> bool {
        self.text.ends_with(&other.text)
    }

    /// The text with case and `+` folded: paths that differ only in case, or in `+` for a space, become
    /// equal.
    pub(crate) fn folded(&self) -> String {
        fold(&self.text)
    }
}

/// Folds what a server may treat as equal: upper and lower case, `+` and the space.
pub(crate) fn fold(text: &str) -> String {
    let spaced = text.replace('+', " ");
    if spaced.is_ascii() { spaced.to_ascii_lowercase() } else { spaced.to_uppercase().to_lowercase() }
}

/// Replaces escapes with their characters. `None`, if an escape isn't normal.
fn decode(path: &str) -> Option<String> {
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let escaped = digit(bytes.next()?)? * 16 + digit(bytes.next()?)?;
        if escaped.is_ascii_alphanumeric() || b"-._~/".contains(&escaped) {
            return None;
        }
        decoded.push(escaped);
    }
    String::from_utf8(decoded).ok()
}

/// The value of an upper-case hexadecimal digit.
fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normal_path_is_decoded() {
        for (path, text) in [
            ("/", "/"),
            ("/orders", "/orders"),
            ("/orders/a%20b", "/orders/a b"),
            ("/orders/a b", "/orders/a b"),
            ("/users/me%40example.com", "/users/me@example.com"),
            ("/users/me@example.com", "/users/me@example.com"),
            ("/users/auth0%7C1", "/users/auth0|1"),
            ("/th%C3%A9/%E4%B8%96", "/thé/世"),
            ("/thé/世", "/thé/世"),
            ("/.well-known/jwks.json", "/.well-known/jwks.json"),
            ("/a..b/.x/y.", "/a..b/.x/y."),
            ("/a=b&c,d:e+f$g!h*i'(j)~", "/a=b&c,d:e+f$g!h*i'(j)~"),
        ] {
            let normal = NormalPath::parse(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!((normal.text(), normal.ends_in_slash()), (text, false), "{path}");
        }
    }

    #[test]
    fn a_slash_at_the_end_is_recorded() {
        let normal = NormalPath::parse("/orders/").unwrap();
        assert_eq!((normal.text(), normal.ends_in_slash()), ("/orders", true));
    }

    #[test]
    fn another_spelling_is_not_a_normal_path() {
        for path in [
            "",
            "orders",
            "//",
            "//orders",
            "/orders//7",
            "/orders//",
            "/./orders",
            "/x/../orders",
            "/orders/.",
            "/orders/..",
            "/a/.../b",
            "/%6Frders",
            "/%6frders",
            "/orders%2E",
            "/%2E%2E/orders",
            "/orders/%2e",
            "/a%2Db",
            "/a%5Fb",
            "/a%7Eb",
            "/%30",
            "/th%c3%a9",
            "/a%2fb",
            "/a%2Fb",
            "/a%5Cb",
            "/a\\b",
            "/a%3Bx",
            "/orders;x",
            "/orders;",
            "/a%3Fb",
            "/a?b",
            "/a%23b",
            "/a#b",
            "/a%25b",
            "/%2573essions",
            "/100%",
            "/a%",
            "/a%4",
            "/a%GG",
            "/a%+1",
            "/a%00",
            "/a\0",
            "/a%0D%0A",
            "/a\n",
            "/a%7F",
            "/a\u{7f}",
            "/a%C2%85",
            "/a\u{85}",
            "/%C0%AFetc",
            "/%C1%B3essions",
            "/%E0%81%B3",
            "/%F0%80%81%B3",
            "/%ED%A0%80",
            "/%FF",
            "/a\u{fffd}",
            "/%20",
            "/ ",
            "/a/%20/b",
            "/..%20",
            "/a/.%20",
            "/%20../a",
            "/a%60b",
        ] {
            assert_eq!(NormalPath::parse(path), None, "{path:?}");
        }
    }

    #[test]
    fn case_and_plus_are_folded() {
        let folded = |path| NormalPath::parse(path).unwrap().folded();
        assert_eq!(folded("/ORDERS/A+b"), folded("/orders/a%20B"));
        // The Kelvin sign and the long s, whose other case is an ASCII letter.
        assert_eq!(folded("/\u{212a}ey\u{17f}"), folded("/keys"));
        assert_ne!(folded("/orders"), folded("/order"));
    }
}
