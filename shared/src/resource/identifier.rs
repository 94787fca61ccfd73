//! The identifier of a resource: a URI that becomes the `aud` of access tokens (RFC 8707 section 2).

use crate::uri::{LOOPBACK_HOSTS, authority, host_and_port, is_of_uri};

/// The longest identifier, in bytes: every access token for the resource contains it. The parameter
/// `Audience` has the same limit.
const MAX_LEN: usize = 200;

/// Why a text can't be the identifier of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Longer than 200 bytes.
    #[error("the URI is longer than 200 bytes")]
    TooLong,
    /// It has a character that no URI may have (RFC 3986 section 2), or is not absolute.
    #[error("the URI is not absolute")]
    Malformed,
    /// A resource is an API on the web.
    #[error("the URI is neither https nor http")]
    Scheme,
    /// RFC 8707 section 2 forbids fragments.
    #[error("the URI has a fragment")]
    Fragment,
    /// RFC 8707 section 2 advises against queries, and gateways don't route by them.
    #[error("the URI has a query")]
    Query,
    /// It has a user name before the host, which can make a URI look like another host's.
    #[error("the URI has a user name in it")]
    Userinfo,
    /// Its host or port is missing or malformed.
    #[error("the URI's host or port is invalid")]
    Host,
    /// An access token would be sent in the clear.
    #[error("http is for the loopback hosts 127.0.0.1, [::1] and localhost alone")]
    NotLoopback,
    /// A client that parses the URI would send it in another form.
    #[error(
        "the URI isn't in its normal form: a host in lower case, no port that its scheme has anyway, no . or .. \
         and no escapes in its path"
    )]
    NotNormal,
}

/// Checks that a text can identify a resource.
///
/// # Errors
///
/// [`IdentifierError`], if it can't.
pub fn check(text: &str) -> Result<(), IdentifierError> {
    if text.len() > MAX_LEN {
        return Err(IdentifierError::TooLong);
    }
    if !is_of_uri(text) {
        return Err(IdentifierError::Malformed);
    }
    let (scheme, rest) = text.split_once("://").ok_or(IdentifierError::Malformed)?;
    let default_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Err(IdentifierError::Scheme),
    };
    if rest.contains('#') {
        return Err(IdentifierError::Fragment);
    }
    if rest.contains('?') {
        return Err(IdentifierError::Query);
    }
    let authority = authority(rest);
    if authority.contains('@') {
        return Err(IdentifierError::Userinfo);
    }
    let (host, port) = host_and_port(authority).ok_or(IdentifierError::Host)?;
    let is_lower = !host.bytes().any(|b| b.is_ascii_uppercase());
    let has_dots = rest.split('/').any(|segment| matches!(segment, "." | ".."));
    if !is_lower || port == Some(default_port) || has_dots || rest.contains('%') {
        return Err(IdentifierError::NotNormal);
    }
    if scheme == "http" && !LOOPBACK_HOSTS.contains(&host) {
        return Err(IdentifierError::NotLoopback);
    }
    Ok(())
}

/// Whether two identifiers mean the same resource. They have to be equal, except that a path `/` equals an
/// empty path (RFC 3986 section 6.2.3): URL parsers add that slash, so some clients send it.
pub fn is_same(one: &str, other: &str) -> bool {
    without_empty_path(one) == without_empty_path(other)
}

fn without_empty_path(text: &str) -> &str {
    let origin = text.strip_suffix('/').filter(|origin| {
        origin
            .split_once("://")
            .is_some_and(|(_, authority)| !authority.is_empty() && !authority.contains('/'))
    });
    origin.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_https_url_or_one_of_the_machine_itself_is_an_identifier() {
        for identifier in [
            "https://notes.example.com",
            "https://notes.example.com/",
            "https://notes.example.com/mcp",
            "https://notes.example.com:8443/a/b~c",
            "https://[2001:db8::1]/mcp",
            "http://127.0.0.1:3000/mcp",
            "http://[::1]/mcp",
            "http://localhost:3000",
        ] {
            assert_eq!(check(identifier), Ok(()), "{identifier}");
        }
    }

    #[test]
    fn a_refused_identifier_has_its_reason() {
        use IdentifierError::{
            Fragment, Host, Malformed, NotLoopback, NotNormal, Query, Scheme, TooLong, Userinfo,
        };
        let long = format!("https://a.example/{}", "x".repeat(MAX_LEN));
        for (text, reason) in [
            ("", Malformed),
            ("api", Malformed),
            ("/mcp", Malformed),
            ("https:/a.example", Malformed),
            ("https://a.example/\u{e4}", Malformed),
            ("https://a.example/%4", Malformed),
            ("https://a.example\\b", Malformed),
            ("HTTPS://a.example", Scheme),
            ("ftp://a.example", Scheme),
            ("com.example.app://a", Scheme),
            ("https://a.example/#", Fragment),
            ("https://a.example/mcp#x", Fragment),
            ("https://a.example?x=1", Query),
            ("https://a.example/?", Query),
            ("https://user@a.example/", Userinfo),
            ("https://", Host),
            ("https:///mcp", Host),
            ("https://*.example.com", Host),
            ("https://a.example:x", Host),
            ("https://A.example", NotNormal),
            ("https://a.example:443/mcp", NotNormal),
            ("http://localhost:80/mcp", NotNormal),
            ("https://a.example/./mcp", NotNormal),
            ("https://a.example/x/..", NotNormal),
            ("https://a.example/%61", NotNormal),
            ("http://a.example/mcp", NotLoopback),
            ("http://127.0.0.1.a.example/mcp", NotLoopback),
            (&*long, TooLong),
        ] {
            assert_eq!(check(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn only_the_slash_of_an_empty_path_is_ignored() {
        assert!(is_same("https://a.example", "https://a.example/"));
        assert!(is_same("https://a.example/", "https://a.example"));
        assert!(is_same("api", "api") && is_same("https://a.example/mcp", "https://a.example/mcp"));
        for (one, other) in [
            ("https://a.example", "https://a.example//"),
            ("https://a.example/mcp", "https://a.example/mcp/"),
            ("https://a.example", "https://A.example"),
            ("https://a.example", "https://a.example:443"),
            ("https://a.example", "http://a.example"),
            ("https://a.example", "https://a.example/mcp"),
            ("https://", "https:/"),
            ("https://", "https:///"),
            ("api", "api/"),
        ] {
            assert!(!is_same(one, other) && !is_same(other, one), "{one} {other}");
        }
    }
}
