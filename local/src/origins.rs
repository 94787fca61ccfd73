//! The origins of pages that may call, as browsers send them.

use std::{fmt, str::FromStr};

use url::Url;

/// An origin, spelled as browsers send it in the `Origin` header (HTML, "serialization of an origin"). Origins are
/// compared byte by byte, so another spelling would never match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

/// Reasons why no browser sends this text as the origin of a page that may be allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOrigin {
    /// It is empty, as after a comma at the end.
    #[error("there is a comma too many: separate origins like http://localhost:3000 by single commas")]
    Empty,
    /// It is `null`, the origin of every page without one, such as a file.
    #[error("null is the origin of every file and every sandboxed page, so it can't be allowed")]
    Null,
    /// It is a pattern.
    #[error("an origin is exact, without an asterisk: name each one that may call")]
    Wildcard,
    /// It isn't an http or https URL.
    #[error("an origin is http or https, a host and perhaps a port, like http://localhost:3000")]
    NotHttp,
    /// Its host is valid in a URL, but isn't a host name.
    #[error("the host of an origin has letters, digits, dots, hyphens and underscores")]
    Host,
    /// It is another spelling of this origin.
    #[error("browsers send this origin as {0}: write it like that")]
    Spelling(String),
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        if text.is_empty() {
            return Err(NoOrigin::Empty);
        }
        if text == "null" {
            return Err(NoOrigin::Null);
        }
        if text.contains('*') {
            return Err(NoOrigin::Wildcard);
        }
        let is_http = |url: &Url| matches!(url.scheme(), "http" | "https");
        let url = Url::parse(text).ok().filter(is_http).ok_or(NoOrigin::NotHttp)?;
        let sent = url.origin().ascii_serialization();
        // The functions accept no other characters, and wouldn't start.
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-:[]/".contains(&b);
        if !sent.bytes().all(is_allowed) {
            return Err(NoOrigin::Host);
        }
        if sent == text { Ok(Self(sent)) } else { Err(NoOrigin::Spelling(sent)) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The value of the parameter `AllowedOrigins`: each origin once, with commas between.
pub fn listed(origins: &[Origin]) -> String {
    let mut texts: Vec<&str> = Vec::new();
    for Origin(origin) in origins {
        if !texts.contains(&origin.as_str()) {
            texts.push(origin);
        }
    }
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_accepted_as_browsers_send_it() {
        for text in [
            "http://localhost:3000",
            "https://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com:80",
            "http://127.0.0.1:5173",
            "http://[::1]:5173",
            "https://xn--mnchen-3ya.example",
            "https://my_app.example",
            "https://app.example.com.",
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn another_spelling_is_refused_with_the_one_that_browsers_send() {
        for (text, sent) in [
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://localhost:80", "http://localhost"),
            ("https://app.example.com/", "https://app.example.com"),
            ("https://app.example.com/login?a=b#c", "https://app.example.com"),
            ("https://App.Example.com", "https://app.example.com"),
            ("HTTPS://app.example.com", "https://app.example.com"),
            ("https://m\u{fc}nchen.example", "https://xn--mnchen-3ya.example"),
            ("http://[0:0:0:0:0:0:0:1]:5173", "http://[::1]:5173"),
            ("http://127.1:5173", "http://127.0.0.1:5173"),
            ("http://localhost:03000", "http://localhost:3000"),
            ("http://localhost:", "http://localhost"),
            ("https://user:secret@app.example.com", "https://app.example.com"),
            (" https://app.example.com", "https://app.example.com"),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin::Spelling(sent.to_owned())), "{text}");
        }
    }

    #[test]
    fn null_wildcards_and_other_schemes_are_refused() {
        assert_eq!("null".parse::<Origin>(), Err(NoOrigin::Null));
        for text in ["*", "https://*", "https://*.example.com"] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin::Wildcard), "{text}");
        }
        for text in [
            "nonsense",
            "localhost:3000",
            "//localhost",
            "http://",
            "http://localhost:65536",
            "http://a b",
            "capacitor://localhost",
            "file:///index.html",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin::NotHttp), "{text}");
        }
    }

    #[test]
    fn an_empty_origin_is_refused() {
        assert_eq!("".parse::<Origin>(), Err(NoOrigin::Empty));
    }

    #[test]
    fn a_host_that_the_functions_refuse_is_refused_at_the_start() {
        for text in
            ["http://a+b.example", "http://a~b.example", "http://a;b.example", "http://a!$&'()={}`b.example"]
        {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin::Host), "{text}");
        }
    }

    #[test]
    fn an_origin_that_is_named_twice_is_listed_once() {
        let origins = ["https://b.example", "https://a.example", "https://b.example"];
        let origins = origins.map(|text| text.parse().unwrap());
        assert_eq!(listed(&origins), "https://b.example,https://a.example");
        assert_eq!(listed(&[]), "");
    }
}
