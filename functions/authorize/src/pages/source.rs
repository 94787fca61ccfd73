//! The sources to which a page may lead, for its Content-Security-Policy.

use std::fmt;

/// A source expression (CSP Level 3 section 2.3.1). None of its characters can end a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A scheme, a host, and an optional port.
    Origin(String),
    /// A scheme, for URIs without a host, and for hosts that source expressions can't have, like IPv6
    /// addresses.
    Scheme(String),
}

impl Source {
    /// The narrowest source that matches a URI.
    pub(super) fn of(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once(':')?;
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
        let begins_well = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins_well || !scheme.bytes().all(is_allowed) {
            return None;
        }
        let authority = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?', '#', '\\']).next());
        let is_of_the_web = ["https", "http"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
        match authority {
            Some(authority) if is_of_the_web && is_host(authority) => {
                Some(Self::Origin(format!("{scheme}://{authority}")))
            }
            _ => Some(Self::Scheme(format!("{scheme}:"))),
        }
    }

    /// The host and the port, if the source has a host.
    pub(super) fn host(&self) -> Option<&str> {
        match self {
            Self::Origin(origin) => origin.split_once("//").map(|(_, authority)| authority),
            Self::Scheme(_) => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Origin(text) | Self::Scheme(text)) = self;
        f.write_str(text)
    }
}

/// Whether a source expression can have this host and optional port. `*` would match every host.
fn is_host(authority: &str) -> bool {
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_port = (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
    host.split('.').all(is_label) && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_the_narrowest_source_that_it_matches() {
        for (uri, source) in [
            ("https://app.example/cb", "https://app.example"),
            ("https://app.example", "https://app.example"),
            ("https://app.example:8443/cb?a=b", "https://app.example:8443"),
            ("https://app.example?x", "https://app.example"),
            ("http://127.0.0.1:4711/cb", "http://127.0.0.1:4711"),
            ("http://localhost/cb", "http://localhost"),
            ("http://[::1]:4711/cb", "http:"),
            ("https://[2001:db8::1]/cb", "https:"),
            ("https://under_score.example/cb", "https:"),
            ("com.example.app:/cb", "com.example.app:"),
            ("com.example.app://cb", "com.example.app:"),
        ] {
            assert_eq!(Source::of(uri).map(|source| source.to_string()).as_deref(), Some(source), "{uri}");
        }
    }

    #[test]
    fn nothing_in_a_uri_adds_to_the_policy() {
        for (uri, source) in [
            ("https://a.example; script-src *", "https:"),
            ("https://a.example,b.example/", "https:"),
            ("https://a.example *", "https:"),
            ("https://*.example/", "https:"),
            ("https://*", "https:"),
            ("https://a.example:*/", "https:"),
            ("https://a.example:1:2/", "https:"),
            ("https://a@b.example/", "https:"),
            ("https://a.example\\@b.example/", "https://a.example"),
            ("https://'unsafe-inline'/", "https:"),
            ("https:///cb", "https:"),
            ("https:cb", "https:"),
        ] {
            assert_eq!(Source::of(uri).map(|source| source.to_string()).as_deref(), Some(source), "{uri}");
        }
        for none in ["", "*", "'self'", ":", "a b:c", "*:", "1a:b", "https;x://a", "\u{e4}:b", "a,b:c", "/cb"]
        {
            assert_eq!(Source::of(none), None, "{none}");
        }
    }

    #[test]
    fn an_origin_has_a_host() {
        let host = |uri| Source::of(uri).unwrap().host().map(str::to_owned);
        assert_eq!(host("https://app.example:8443/cb").as_deref(), Some("app.example:8443"));
        assert_eq!(host("com.example.app:/cb"), None);
    }
}
