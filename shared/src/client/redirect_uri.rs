//! The URIs to which `/authorize` may redirect (RFC 6749 section 3.1.2, RFC 8252 section 7).

use std::fmt;

use crate::uri::{LOOPBACK_HOSTS, authority, host_and_port, is_of_uri, is_scheme};

/// The longest URI, in bytes: every request and every row of a code contain it.
const MAX_LEN: usize = 1024;

/// A URI that may be registered, to which `/authorize` or `/end-session` may redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri(String);

/// Why a URI can't be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Longer than 1024 bytes.
    #[error("it is longer than 1024 bytes")]
    TooLong,
    /// It has a character that no URI may have (RFC 3986 section 2).
    #[error("it is not an absolute URI")]
    Malformed,
    /// It has a fragment (RFC 6749 section 3.1.2).
    #[error("it has a fragment")]
    Fragment,
    /// It has a user name before the host, which can make a URI look like another host's.
    #[error("it has a user name in it")]
    Userinfo,
    /// Its host is missing or malformed.
    #[error("its host or port is invalid")]
    Host,
    /// It uses `http` on a host that isn't loopback (RFC 9700 section 2.1).
    #[error("http is for the loopback hosts 127.0.0.1, [::1] and localhost alone")]
    NotLoopback,
    /// Its scheme has no dot. Any app on a device can claim a scheme, so it has to be a domain name in
    /// reverse (RFC 8252 section 7.1).
    #[error("its scheme is neither https nor an app's, like com.example.app")]
    Scheme,
}

impl RedirectUri {
    /// Parses a URI that may be registered.
    pub fn parse(text: &str) -> Option<Self> {
        Self::check(text).ok()
    }

    /// Parses a URI: `https`, `http` on a loopback host, or an app's scheme, which has a dot.
    ///
    /// # Errors
    ///
    /// [`RedirectUriError`], if the URI may not be registered.
    pub fn check(text: &str) -> Result<Self, RedirectUriError> {
        if text.len() > MAX_LEN {
            return Err(RedirectUriError::TooLong);
        }
        let (scheme, rest) = text.split_once(':').ok_or(RedirectUriError::Malformed)?;
        if !is_scheme(scheme) || rest.is_empty() || !is_of_uri(rest) {
            return Err(RedirectUriError::Malformed);
        }
        if rest.contains('#') {
            return Err(RedirectUriError::Fragment);
        }
        let authority = rest.strip_prefix("//").map(authority);
        if authority.is_some_and(|authority| authority.contains('@')) {
            return Err(RedirectUriError::Userinfo);
        }
        match scheme {
            "https" | "http" => {
                let (host, _) = authority.and_then(host_and_port).ok_or(RedirectUriError::Host)?;
                if scheme == "http" && !LOOPBACK_HOSTS.contains(&host) {
                    return Err(RedirectUriError::NotLoopback);
                }
            }
            _ if scheme.contains('.') => {}
            _ => return Err(RedirectUriError::Scheme),
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether a request may use this URI if this one is registered. Both have to be equal, byte by byte (RFC
    /// 9700 section 2.1). On a loopback host the port may differ, since an app takes any free port (RFC 8252
    /// section 7.3).
    pub fn is_match(&self, requested: &str) -> bool {
        requested == self.0
            || matches!((loopback(&self.0), loopback(requested)), (Some(ours), Some(theirs)) if ours == theirs)
    }

    /// The URI as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The host of a loopback URI, and the text after its port.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let after_slashes = uri.strip_prefix("http://")?;
    let authority = authority(after_slashes);
    let (host, _) = host_and_port(authority)?;
    LOOPBACK_HOSTS.contains(&host).then_some((host, &after_slashes[authority.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_pages_loopback_hosts_and_apps_may_be_registered() {
        for uri in [
            "https://app.example.com/callback",
            "https://app.example.com",
            "https://app.example.com:8443/cb?a=b&c=%2F",
            "https://[2001:db8::1]/cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:3000/cb",
            "http://[::1]:1/cb",
            "http://localhost:5173/",
            "com.example.app:/callback",
            "com.example.app://callback",
        ] {
            assert_eq!(RedirectUri::check(uri).map(|uri| uri.to_string()).as_deref(), Ok(uri));
        }
    }

    #[test]
    fn a_refused_uri_has_its_reason() {
        use RedirectUriError::{Fragment, Host, Malformed, NotLoopback, Scheme, TooLong, Userinfo};
        let long = format!("https://a.example/{}", "x".repeat(MAX_LEN));
        for (uri, reason) in [
            ("", Malformed),
            ("/callback", Malformed),
            ("//a.example/cb", Malformed),
            ("https:", Malformed),
            ("HTTPS://a.example/cb", Malformed),
            ("https://a.example/c b", Malformed),
            ("https://a.example/\u{e4}", Malformed),
            ("https://a.example/%4", Malformed),
            ("https://a.example/%zz", Malformed),
            ("https://a.example\\@b.example/", Malformed),
            ("https://a.example/cb\n", Malformed),
            ("https://a.example/cb#x", Fragment),
            ("https://a.example/cb#", Fragment),
            ("https://a.example@b.example/cb", Userinfo),
            ("com.example.app://a@b/cb", Userinfo),
            ("https:///cb", Host),
            ("https:/cb", Host),
            ("https://*.example.com/cb", Host),
            ("https://a.example:/cb", Host),
            ("https://a.example:+1/cb", Host),
            ("https://a.example:65536/cb", Host),
            ("https://[]/cb", Host),
            ("http://a.example/cb", NotLoopback),
            ("http://127.0.0.1.a.example/cb", NotLoopback),
            ("http://127.0.0.2/cb", NotLoopback),
            ("http://LOCALHOST/cb", NotLoopback),
            ("javascript:alert(1)", Scheme),
            ("data:text/html,x", Scheme),
            ("myapp:/cb", Scheme),
            ("urn:ietf:wg:oauth:2.0:oob", Scheme),
            (&*long, TooLong),
        ] {
            assert_eq!(RedirectUri::check(uri), Err(reason), "{uri}");
        }
    }

    #[test]
    fn a_request_must_name_exactly_the_registered_uri() {
        let registered = RedirectUri::parse("https://a.example/cb?x=1").unwrap();
        assert!(registered.is_match("https://a.example/cb?x=1"));
        for other in [
            "https://a.example/cb",
            "https://a.example/cb?x=1&y=2",
            "https://a.example:443/cb?x=1",
            "https://A.example/cb?x=1",
            "https://a.example/cb/../cb?x=1",
            "http://a.example/cb?x=1",
            "https://a.example/cb?x=1#y",
        ] {
            assert!(!registered.is_match(other), "{other}");
        }
    }

    #[test]
    fn a_loopback_uri_has_any_port_and_nothing_else_free() {
        for (registered, host) in [
            ("http://127.0.0.1/cb", "127.0.0.1"),
            ("http://127.0.0.1:80/cb", "127.0.0.1"),
            ("http://[::1]/cb", "[::1]"),
            ("http://localhost:3000/cb", "localhost"),
        ] {
            let registered = RedirectUri::parse(registered).unwrap();
            for port in ["", ":1", ":51004", ":65535"] {
                assert!(registered.is_match(&format!("http://{host}{port}/cb")), "{registered} {port}");
            }
            for port in [":", ":65536", ":x", ":+1", ":1:1", ":1@evil.example"] {
                assert!(!registered.is_match(&format!("http://{host}{port}/cb")), "{registered} {port}");
            }
            for other in [
                format!("https://{host}:1/cb"),
                format!("http://{host}:1/cb/"),
                format!("http://{host}:1/cb?x"),
                format!("http://{host}:1/cb#x"),
                format!("http://{host}.evil.example:1/cb"),
                format!("http://evil.example@{host}:1/cb"),
                "http://127.0.0.2:1/cb".to_owned(),
            ] {
                assert!(!registered.is_match(&other), "{registered} {other}");
            }
        }
        let web = RedirectUri::parse("https://localhost/cb").unwrap();
        assert!(!web.is_match("https://localhost:1/cb"), "https has one port");
    }
}
