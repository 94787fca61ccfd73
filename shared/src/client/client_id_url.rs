//! Client identifiers that are the URL of a metadata document
//! (draft-ietf-oauth-client-id-metadata-document-02 section 3). Such clients aren't registered.

use crate::ids::ClientId;

/// The longest host name, in bytes (RFC 1035 section 2.3.4).
const MAX_HOST_LEN: usize = 253;
/// The longest label of a host name, in bytes (RFC 1035 section 2.3.4).
const MAX_LABEL_LEN: usize = 63;

/// An `https` URL at which a client describes itself.
///
/// URLs are compared byte by byte, so this type accepts only the spelling that a browser would produce: a
/// lower-case host, and no segment that a reader could drop. It's stricter than the draft: it allows no port,
/// no query, and no IP address in any spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientIdUrl(String);

impl ClientIdUrl {
    /// The longest URL, in bytes: ID tokens and table rows contain it.
    pub const MAX_LEN: usize = 512;
    const SCHEME: &str = "https://";

    /// Parses the URL of a document.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, path) = text.strip_prefix(Self::SCHEME).and_then(split)?;
        (text.len() <= Self::MAX_LEN && is_host(host) && is_path(path)).then(|| Self(text.to_owned()))
    }

    /// The host, which the pages show to users as the name of the client.
    pub fn host(&self) -> &str {
        self.parts().0
    }

    /// The path, which begins with a slash.
    pub fn path(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0.strip_prefix(Self::SCHEME).and_then(split).unwrap_or_default()
    }

    /// The `client_id` under which the client is stored.
    pub fn client_id(&self) -> ClientId {
        ClientId::of_document(&self.0)
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The stored `client_id` of a client that a request names by its identifier or its URL.
pub fn stored_client_id(named: &str) -> Option<ClientId> {
    ClientId::parse(named).or_else(|| ClientIdUrl::parse(named).map(|url| url.client_id()))
}

/// Splits host and path; the path keeps its slash.
fn split(after_scheme: &str) -> Option<(&str, &str)> {
    after_scheme.find('/').map(|at| after_scheme.split_at(at))
}

/// Whether this is an Internet host name: two labels or more, the last of which begins with a letter. The
/// last part of an IPv4 address never does, in any spelling (WHATWG URL, "ends in a number").
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_LEN).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_top = |label: &str| label.starts_with(|c: char| c.is_ascii_lowercase()) && label != "localhost";
    let top = host.rsplit_once('.').map(|(_, top)| top);
    host.len() <= MAX_HOST_LEN && host.split('.').all(is_label) && top.is_some_and(is_top)
}

/// Whether this has only path characters (RFC 3986 section 3.3), and no segment such as `..` that points
/// elsewhere.
fn is_path(path: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&b);
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    path.bytes().all(is_allowed) && path.split('%').skip(1).all(is_escape) && !path.split('/').any(is_dots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_a_path() {
        for (url, host, path) in [
            ("https://app.example.com/client.json", "app.example.com", "/client.json"),
            ("https://app.example.com/", "app.example.com", "/"),
            ("https://xn--bcher-kva.example/a/b%20c/~x;y=1", "xn--bcher-kva.example", "/a/b%20c/~x;y=1"),
            ("https://1.2.3.4.example.com/.well-known/c", "1.2.3.4.example.com", "/.well-known/c"),
            ("https://a.co/...", "a.co", "/..."),
        ] {
            let parsed = ClientIdUrl::parse(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!((parsed.as_str(), parsed.host(), parsed.path()), (url, host, path));
        }
    }

    #[test]
    fn other_spellings_and_addresses_are_refused() {
        let long = format!("https://a.example.com/{}", "x".repeat(500));
        for bad in [
            "",
            "app",
            "http://app.example.com/c",
            "HTTPS://app.example.com/c",
            "https:/app.example.com/c",
            "https://app.example.com",
            "https://app.example.com?c",
            "https://app.example.com/c?d",
            "https://app.example.com/c?",
            "https://app.example.com/c#d",
            "https://app.example.com/c#",
            "https://user@app.example.com/c",
            "https://user:pw@app.example.com/c",
            "https://app.example.com:443/c",
            "https://app.example.com:9001/c",
            "https://App.example.com/c",
            "https://app.example.com./c",
            "https://app..example.com/c",
            "https://-app.example.com/c",
            "https://app_.example.com/c",
            "https:///c",
            "https://app.example.com/./c",
            "https://app.example.com/a/../c",
            "https://app.example.com/a/..",
            "https://app.example.com/%2E%2e/c",
            "https://app.example.com/.%2e/c",
            "https://app.example.com/a\\..\\c",
            "https://app.example.com/%zz",
            "https://app.example.com/%4",
            "https://app.example.com/a b",
            "https://app.example.com/\u{e4}",
            "https://app.example.com/a\n",
            "https://\u{e4}.example.com/c",
            "https://app.example.com\\@evil.example.net/c",
            // Not the name of an Internet host.
            "https://localhost/c",
            "https://app.localhost/c",
            "https://intranet/c",
            // Spellings of 127.0.0.1 and other addresses.
            "https://127.0.0.1/c",
            "https://127.0.0.1:9001/c",
            "https://127.1/c",
            "https://2130706433/c",
            "https://0x7f000001/c",
            "https://0x7f.0.0.0x1/c",
            "https://0177.0.0.1/c",
            "https://127.0.0.0x1/c",
            "https://169.254.169.254/c",
            "https://[::1]/c",
            "https://[::ffff:127.0.0.1]/c",
            &long,
        ] {
            assert_eq!(ClientIdUrl::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn each_url_is_stored_under_a_distinct_identifier() {
        let id = |url| ClientIdUrl::parse(url).unwrap().client_id();
        let one = id("https://app.example.com/c");
        assert_eq!(one.as_str().len(), 48);
        assert!(one.is_of_document() && ClientId::parse(one.as_str()) == Some(one.clone()));
        assert_ne!(one, id("https://app.example.com/d"));
        assert_eq!(stored_client_id("https://app.example.com/c"), Some(one));
        assert_eq!(stored_client_id("app"), ClientId::parse("app"));
        assert_eq!(stored_client_id("https://localhost/c"), None);
    }
}
