//! The URL that a proof is for.

/// The URL of a request without query and fragment, in the normal form of RFC 3986 sections 6.2.2 and 6.2.3,
/// as RFC 9449 section 4.3 asks. Equivalent URLs are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// For example, `https://api.example.com`.
    origin: String,
    /// The path, which begins with a slash.
    path: String,
    /// Whether a gateway decoded the path, so that it no longer shows which characters were percent-encoded.
    is_decoded: bool,
}

impl Address {
    /// Parses an absolute `http` or `https` URL without a user. `wss` counts as `https`, since an HTTP
    /// request opens a WebSocket (RFC 6455 section 4.1).
    pub fn parse(text: &str) -> Option<Self> {
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        let end = text.find(['?', '#']).unwrap_or(text.len());
        let (scheme, rest) = text[..end].split_once("://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (scheme, default_port) = match &*scheme.to_ascii_lowercase() {
            "http" => ("http", "80"),
            "https" | "wss" => ("https", "443"),
            _ => return None,
        };
        let authority = authority.to_ascii_lowercase();
        let (host, port) = match authority.rsplit_once(':') {
            // An IPv6 address has colons within its brackets.
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (&*authority, ""),
        };
        let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-._~:[]".contains(&b);
        if host.is_empty()
            || !host.bytes().all(is_host)
            || (host.contains(':') && !host.starts_with('['))
            || !port.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let port = if port.is_empty() || port == default_port { String::new() } else { format!(":{port}") };
        Some(Self { origin: format!("{scheme}://{host}{port}"), path: normal(path)?, is_decoded: false })
    }

    /// The URL of a path below this one. The path begins with a slash.
    pub fn join(&self, path: &str) -> Option<Self> {
        let path = self.path.trim_end_matches('/').to_owned() + &normal(path)?;
        Some(Self { origin: self.origin.clone(), path, is_decoded: false })
    }

    /// The URL of a path below this one, where an HTTP API has decoded the path. The path begins with a
    /// slash.
    pub fn join_decoded(&self, path: &str) -> Option<Self> {
        let path = path.starts_with('/').then(|| self.path.trim_end_matches('/').to_owned() + path)?;
        Some(Self { origin: self.origin.clone(), path, is_decoded: true })
    }

    /// Whether a request to this URL may have been sent to `other`, whose path was not decoded.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        if !self.is_decoded {
            return self == other;
        }
        // An escape may stand for itself or for its character: the gateway leaves some undecoded. A slash
        // separates segments, and an escaped slash doesn't, so their numbers have to match.
        let slashes = |path: &str| path.matches('/').count();
        self.origin == other.origin
            && (self.path == other.path
                || slashes(&self.path) == slashes(&other.path)
                    && bytes_of(&self.path) == bytes_of(&other.path))
    }
}

/// A path in its normal form: with as few percent-encodings as possible, in capitals, and without `.` and
/// `..`.
fn normal(path: &str) -> Option<String> {
    let mut segments: Vec<String> = Vec::new();
    let mut all = path.strip_prefix('/').or(path.is_empty().then_some(""))?.split('/').peekable();
    while let Some(segment) = all.next() {
        let segment = decoded(segment)?;
        let is_last = all.peek().is_none();
        match &*segment {
            "." | ".." => {
                if segment == ".." {
                    segments.pop();
                }
                // A final `.` or `..` names a folder.
                if is_last {
                    segments.push(String::new());
                }
            }
            _ => segments.push(segment),
        }
    }
    Some(format!("/{}", segments.join("/")))
}

/// The bytes of a path, percent-decoded.
fn bytes_of(path: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, more @ ..] = rest {
        let digit = |at: usize| more.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let escaped = match (digit(0), digit(1)) {
            (Some(high), Some(low)) if *first == b'%' => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &more[2..] } else { more };
    }
    bytes
}

/// A segment in which no unreserved character is percent-encoded (RFC 3986 section 2.3) and all other
/// encodings are in capitals.
fn decoded(segment: &str) -> Option<String> {
    let mut normal = String::with_capacity(segment.len());
    let mut parts = segment.split('%');
    normal.push_str(parts.next()?);
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        match char::from(u8::from_str_radix(digits, 16).ok()?) {
            c if c.is_ascii_alphanumeric() || "-._~".contains(c) => normal.push(c),
            _ => {
                normal.push('%');
                normal.push_str(&digits.to_ascii_uppercase());
            }
        }
        normal.push_str(rest);
    }
    Some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn addresses_that_are_equivalent_are_equal() {
        let expected = address("https://api.example.com/a/b%20c");
        for same in [
            "HTTPS://API.Example.com/a/b%20c",
            "https://api.example.com:443/a/b%20c",
            "https://api.example.com:/a/b%20c",
            "https://api.example.com/a/b%20c?d=e",
            "https://api.example.com/a/b%20c#d",
            "https://api.example.com/a/b%20c?d#e?f",
            "https://api.example.com/%61/%62%20c",
            "https://api.example.com/x/../a/./b%20c",
        ] {
            assert_eq!(address(same), expected, "{same}");
        }
        assert_eq!(address("https://x"), address("https://x/"));
        assert_eq!(address("https://x/a%2fb"), address("https://x/a%2Fb"));
        assert_eq!(address("http://[::1]:80/a/.."), address("http://[::1]/"));
    }

    #[test]
    fn addresses_that_are_not_equivalent_differ() {
        let expected = address("https://api.example.com/a/b");
        for other in [
            "http://api.example.com/a/b",
            "https://api.example.com:8443/a/b",
            "https://api.example.com:80/a/b",
            "https://example.com/a/b",
            "https://api.example.com./a/b",
            "https://api.example.com/a/b/",
            "https://api.example.com//a/b",
            "https://api.example.com/A/b",
            "https://api.example.com/a%2Fb",
            "https://api.example.com/prod/a/b",
            "https://api.example.com/b",
        ] {
            assert_ne!(address(other), expected, "{other}");
        }
    }

    #[test]
    fn a_malformed_address_is_refused() {
        for text in [
            "",
            "/a",
            "api.example.com/a",
            "//api.example.com/a",
            "ftp://api.example.com/a",
            "ws://api.example.com/a",
            "https:///a",
            "https://user@api.example.com/a",
            "https://api.example.com:x/a",
            "https://a:b:443/",
            "https://api.example.com/%",
            "https://api.example.com/%4",
            "https://api.example.com/%zz",
            "https://api.example.com/a b",
            "https://api.example.com/\u{e4}",
            "https://api.example.com\\a",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_decoded_path_is_that_of_every_address_that_decodes_to_it() {
        let gateway = address("https://x").join_decoded("/a b/\u{e4}@c").unwrap();
        for sent in ["https://x/a%20b/%C3%A4@c", "https://x/a%20b/%c3%a4%40c", "wss://x:443/a%20b/%C3%A4@c?d"]
        {
            assert!(gateway.is_of(&address(sent)), "{sent}");
        }
        for sent in ["https://x/a%20b/%C3%A4", "https://y/a%20b/%C3%A4@c", "https://x/a+b/%C3%A4@c"] {
            assert!(!gateway.is_of(&address(sent)), "{sent}");
        }
        assert!(!address("https://x/a@b").is_of(&address("https://x/a%40b")));
    }

    #[test]
    fn a_path_is_joined_below_an_address() {
        for (base, path, expected) in [
            ("https://cdn.example.com", "/refresh", "https://cdn.example.com/refresh"),
            ("https://cdn.example.com/", "/refresh", "https://cdn.example.com/refresh"),
            ("https://cdn.example.com/auth", "/refresh", "https://cdn.example.com/auth/refresh"),
            ("https://cdn.example.com/auth/", "/", "https://cdn.example.com/auth/"),
        ] {
            assert_eq!(address(base).join(path), Some(address(expected)), "{base} {path}");
        }
        assert_eq!(address("https://x").join("refresh"), None);
    }
}
