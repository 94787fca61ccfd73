//! The URL of a server of yours.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use authorizer::NormalPath;
use axum::http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};

/// The URL of a server: http, a host, and optionally a port and a base path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamUrl {
    authority: Authority,
    /// The base path, without a final slash.
    base: String,
}

/// Reasons why a text isn't such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedUrl {
    /// It isn't a URL of this form.
    #[error("the server of --upstream is a URL, like http://127.0.0.1:9001")]
    Other,
    /// It is https, for which this program has no TLS.
    #[error("--upstream reaches servers by http only: for one with https, start a proxy that ends TLS")]
    Https,
    /// It has a user or a password.
    #[error("the URL of --upstream can't have a user or a password: the access token says who is calling")]
    UserInfo,
    /// It has a query or a fragment.
    #[error("the URL of --upstream can't have a query (?) or a fragment (#): end it with the path")]
    Query,
    /// Its path isn't in normal form.
    #[error(
        "the path of --upstream is not in normal form: leave out needless escapes, empty segments, dots \
         alone and semicolons"
    )]
    Path,
}

impl FromStr for UpstreamUrl {
    type Err = MalformedUrl;

    fn from_str(text: &str) -> Result<Self, MalformedUrl> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("http") => {}
            Some("https") => return Err(MalformedUrl::Https),
            _ => return Err(MalformedUrl::Other),
        }
        if text.contains(['?', '#']) {
            return Err(MalformedUrl::Query);
        }
        let uri: Uri = text.parse().map_err(|_| MalformedUrl::Other)?;
        let authority = uri.authority().ok_or(MalformedUrl::Other)?;
        if authority.as_str().contains('@') {
            return Err(MalformedUrl::UserInfo);
        }
        let has_colon = authority.as_str().rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        let is_port = !has_colon || authority.port_u16().is_some_and(|port| port != 0);
        if authority.host().is_empty() || !is_port {
            return Err(MalformedUrl::Other);
        }
        NormalPath::parse(uri.path()).ok_or(MalformedUrl::Path)?;
        Ok(Self { authority: authority.clone(), base: uri.path().trim_end_matches('/').to_owned() })
    }
}

impl fmt::Display for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.base)
    }
}

impl UpstreamUrl {
    /// The host and port, for the `Host` header.
    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The URL of a request with this path and query, both as they are spelled.
    pub(super) fn target(&self, path: &str, query: Option<&str>) -> Option<Uri> {
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        let path: PathAndQuery = format!("{}{path}{query}", self.base).parse().ok()?;
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(self.authority.clone());
        uri.path_and_query(path).build().ok()
    }

    /// Whether this URL leads to the server that listens at this address.
    pub(super) fn is_at(&self, address: SocketAddr) -> bool {
        let host = self.authority.host().trim_matches(['[', ']']);
        let is_host = match host.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(ip) => ip.is_loopback() || ip.is_unspecified() || ip == address.ip().to_canonical(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        };
        is_host && self.authority.port_u16().unwrap_or(80) == address.port()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_and_perhaps_a_port_and_a_path() {
        for (text, shown) in [
            ("http://127.0.0.1:9001", "http://127.0.0.1:9001"),
            ("HTTP://127.0.0.1:9001/", "http://127.0.0.1:9001"),
            ("http://[::1]:9001/api/v1/", "http://[::1]:9001/api/v1"),
            ("http://localhost", "http://localhost"),
            ("http://orders.internal/a%20b", "http://orders.internal/a%20b"),
        ] {
            assert_eq!(text.parse::<UpstreamUrl>().unwrap().to_string(), shown);
        }
        for (text, expected) in [
            ("", MalformedUrl::Other),
            ("9001", MalformedUrl::Other),
            (":9001", MalformedUrl::Other),
            ("localhost:9001", MalformedUrl::Other),
            ("127.0.0.1:9001", MalformedUrl::Other),
            ("//127.0.0.1:9001", MalformedUrl::Other),
            ("ftp://127.0.0.1", MalformedUrl::Other),
            ("unix:///run/x.sock", MalformedUrl::Other),
            ("http://", MalformedUrl::Other),
            ("http:///x", MalformedUrl::Other),
            ("http://:9001", MalformedUrl::Other),
            ("http://h:0", MalformedUrl::Other),
            ("http://h:x", MalformedUrl::Other),
            ("http://h:65536", MalformedUrl::Other),
            ("http://h:", MalformedUrl::Other),
            ("http://a b", MalformedUrl::Other),
            ("https://127.0.0.1:9001", MalformedUrl::Https),
            ("HTTPS://example.com", MalformedUrl::Https),
            ("http://user@h", MalformedUrl::UserInfo),
            ("http://user:secret@h:1", MalformedUrl::UserInfo),
            ("http://h/?a=b", MalformedUrl::Query),
            ("http://h/?", MalformedUrl::Query),
            ("http://h/#a", MalformedUrl::Query),
            ("http://h/a/../b", MalformedUrl::Path),
            ("http://h//a", MalformedUrl::Path),
            ("http://h/%61", MalformedUrl::Path),
        ] {
            assert_eq!(text.parse::<UpstreamUrl>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn the_path_and_the_query_keep_their_spelling() {
        let target = |base: &str, path: &str, query: Option<&str>| {
            base.parse::<UpstreamUrl>().unwrap().target(path, query).unwrap().to_string()
        };
        for (base, path, query, expected) in [
            ("http://h:1", "/", None, "http://h:1/"),
            ("http://h:1", "/a", Some(""), "http://h:1/a?"),
            ("http://h:1", "/a%20b/%C3%A9/", Some("x=%2f&y=a+b&x"), "http://h:1/a%20b/%C3%A9/?x=%2f&y=a+b&x"),
            ("http://h:1/api", "/", None, "http://h:1/api/"),
            ("http://h:1/api/", "/a", None, "http://h:1/api/a"),
        ] {
            assert_eq!(target(base, path, query), expected);
        }
    }

    #[test]
    fn a_server_that_is_this_one_is_known() {
        let is_at =
            |url: &str, address: &str| url.parse::<UpstreamUrl>().unwrap().is_at(address.parse().unwrap());
        for url in
            ["http://127.0.0.1:8787", "http://LOCALHOST:8787/x", "http://[::1]:8787", "http://0.0.0.0:8787"]
        {
            assert!(is_at(url, "127.0.0.1:8787"), "{url}");
        }
        assert!(is_at("http://192.168.1.7:8787", "192.168.1.7:8787"));
        assert!(is_at("http://localhost", "127.0.0.1:80"));
        for url in
            ["http://127.0.0.1:9001", "http://localhost", "http://192.168.1.7:8787", "http://other:8787"]
        {
            assert!(!is_at(url, "127.0.0.1:8787"), "{url}");
        }
    }
}
