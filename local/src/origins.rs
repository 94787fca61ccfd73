//! The origins whose pages may call, as browsers send them.

use std::{fmt, str::FromStr};

use url::Url;

/// An origin, spelled as browsers send it in the `Origin` header (HTML, "serialization of an origin"). It is compared by its
/// bytes, so another spelling would never be met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

/// A text that no browser sends as the origin of a page that may be allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOrigin {
    /// Nothing, as behind a comma at the end.
    #[error(
        "an origin stands before and after each comma, like http://localhost:3000: leave out the comma that is too many"
    )]
    Empty,
    /// The origin of every page that has none, such as a file.
    #[error("null is the origin of any file and any sandboxed page: to allow it would be to allow everybody")]
    Null,
    /// A pattern.
    #[error("an origin is exact, without an asterisk: name each one that may call")]
    Wildcard,
    /// No URL of http or https.
    #[error("an origin is http or https, a host and perhaps a port, like http://localhost:3000")]
    NotHttp,
    /// A host that a URL may have, and no name has.
    #[error("the host of an origin has letters, digits, dots, hyphens and underscores")]
    Host,
    /// Another spelling of this origin.
    #[error("browsers send this origin as {0}: write it so")]
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
        // The functions take no other, and wouldn't start.
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

/// These origins as the parameter `AllowedOrigins` has them: each once, with commas.
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
    fn an_origin_is_what_browsers_send() {
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
    fn what_is_no_page_of_its_own_is_refused() {
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
    fn nothing_is_no_origin() {
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
