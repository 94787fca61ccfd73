//! A server of yours, and the paths that it takes.

use std::str::FromStr;

use authorizer::NormalPath;

use super::url::{MalformedUrl, UpstreamUrl};

/// The folder of the local server's own page. No server of yours can take a path at or below it.
pub(crate) const LOCAL_FOLDER: &str = "/_local";

/// A server of yours, and the paths that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The decoded path, without a final slash; `/` for all paths.
    path: String,
    url: UpstreamUrl,
}

/// Reasons why a text isn't `[PATH=]URL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedUpstream {
    /// The path is malformed.
    #[error("the path before the = of --upstream must be like /orders, in normal form and without a query")]
    Path,
    /// The path is a pattern.
    #[error(
        "the path before the = of --upstream takes all paths below it: leave the * out, as in /orders=http://127.0.0.1:9001"
    )]
    Pattern,
    /// The path belongs to the local server.
    #[error("{LOCAL_FOLDER} is the local server's own page: choose another path for --upstream")]
    Local,
    /// The URL is missing.
    #[error("--upstream takes a URL, or a path and a URL, like /orders=http://127.0.0.1:9001")]
    NoUrl,
    /// The URL is malformed.
    #[error(transparent)]
    Url(#[from] MalformedUrl),
}

impl FromStr for Upstream {
    type Err = MalformedUpstream;

    fn from_str(text: &str) -> Result<Self, MalformedUpstream> {
        let (path, url) = if text.starts_with('/') && !text.starts_with("//") {
            // A path may contain `=`. The URL has none before its scheme.
            let at = text.find("=http").ok_or(MalformedUpstream::NoUrl)?;
            (&text[..at], &text[at + 1..])
        } else {
            ("/", text)
        };
        if path.contains('*') {
            return Err(MalformedUpstream::Pattern);
        }
        let path = NormalPath::parse(path).ok_or(MalformedUpstream::Path)?;
        if path.text().strip_prefix(LOCAL_FOLDER).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        {
            return Err(MalformedUpstream::Local);
        }
        Ok(Self { path: path.text().to_owned(), url: url.parse()? })
    }
}

impl Upstream {
    /// The decoded path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The URL of the server.
    pub fn url(&self) -> &UpstreamUrl {
        &self.url
    }

    /// The number of the path's segments.
    pub(super) fn segments(&self) -> usize {
        self.path.split('/').filter(|segment| !segment.is_empty()).count()
    }

    /// Whether the server takes this decoded path.
    pub(super) fn takes(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&self.path);
        self.path == "/" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_stand_before_the_url() {
        for (text, path, url) in [
            ("http://h:1", "/", "http://h:1"),
            ("/=http://h:1", "/", "http://h:1"),
            ("/orders=http://h:1/api", "/orders", "http://h:1/api"),
            ("/orders/=http://h:1", "/orders", "http://h:1"),
            ("/a=b/c=http://h:1", "/a=b/c", "http://h:1"),
            ("/a%20b=http://h:1", "/a b", "http://h:1"),
            ("/a%2Ab=http://h:1", "/a*b", "http://h:1"),
            ("/_localx=http://h:1", "/_localx", "http://h:1"),
            ("/x/_local=http://h:1", "/x/_local", "http://h:1"),
        ] {
            let upstream: Upstream = text.parse().unwrap();
            assert_eq!((upstream.path(), upstream.url().to_string().as_str()), (path, url));
        }
        for (text, expected) in [
            ("/orders", MalformedUpstream::NoUrl),
            ("/orders=", MalformedUpstream::NoUrl),
            ("/orders=127.0.0.1:9001", MalformedUpstream::NoUrl),
            ("/../x=http://h", MalformedUpstream::Path),
            ("/a//b=http://h", MalformedUpstream::Path),
            ("/a?b=http://h", MalformedUpstream::Path),
            ("/orders*=http://h", MalformedUpstream::Pattern),
            ("/orders/*=http://h", MalformedUpstream::Pattern),
            ("/*=http://h", MalformedUpstream::Pattern),
            ("/_local=http://h", MalformedUpstream::Local),
            ("/_local/=http://h", MalformedUpstream::Local),
            ("/_local/about=http://h", MalformedUpstream::Local),
            ("/%61=http://h", MalformedUpstream::Path),
            ("orders=http://h", MalformedUpstream::Url(MalformedUrl::Other)),
            ("/orders=https://h", MalformedUpstream::Url(MalformedUrl::Https)),
            ("/orders=http://u@h", MalformedUpstream::Url(MalformedUrl::UserInfo)),
        ] {
            assert_eq!(text.parse::<Upstream>(), Err(expected), "{text}");
        }
    }
}
