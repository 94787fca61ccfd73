//! Servers of yours behind the authorizer: API Gateway's HTTP integration, on this machine.
//!
//! A request that is for none of Latchgate's endpoints goes to one of them, with what the authorizer says of the caller in
//! headers. `examples/consumer` has the integration that does the same in AWS.

mod body;
mod destination;
mod headers;
mod limit;
mod send;
mod url;

use std::{fmt, net::SocketAddr, time::Duration};

use authorizer::NormalPath;
use axum::http::Method;

pub(crate) use self::destination::LOCAL_FOLDER;
pub use self::{
    destination::{MalformedUpstream, Upstream},
    headers::CONTEXT_HEADERS,
    limit::default_timeout,
    url::UpstreamUrl,
};
pub(super) use self::{headers::Caller, limit::Limit, send::Sender};
use crate::template::ApiKind;

/// The methods that are passed on. OPTIONS isn't: both kinds of API answer it themselves.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The servers, and how long they may take.
#[derive(Clone, Debug, Default)]
pub struct Upstreams {
    /// The longest path first.
    all: Vec<Upstream>,
    timeout: Option<Duration>,
}

/// Two servers for the same path.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("--upstream names two servers for {0}: leave one of them out")]
pub struct TwoUpstreams(String);

impl Upstreams {
    /// These servers.
    ///
    /// # Errors
    ///
    /// [`TwoUpstreams`], if two are for the same path.
    pub fn new(mut all: Vec<Upstream>) -> Result<Self, TwoUpstreams> {
        all.sort_by_key(|upstream| std::cmp::Reverse(upstream.segments()));
        for (at, upstream) in all.iter().enumerate() {
            if all[..at].iter().any(|other| other.path() == upstream.path()) {
                return Err(TwoUpstreams(upstream.path().to_owned()));
            }
        }
        Ok(Self { all, timeout: None })
    }

    /// The same, with this in the place of the time that API Gateway gives an integration.
    #[must_use]
    pub fn with_timeout(self, timeout: Option<Duration>) -> Self {
        Self { timeout, ..self }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Upstream> {
        self.all.iter()
    }

    /// The server that a path is for: the one with the longest path, of those that it begins with segment by segment.
    pub fn find(&self, path: &str) -> Option<&Upstream> {
        // Compared as it is decoded, like a scope rule.
        let path = NormalPath::parse(path)?;
        self.all.iter().find(|upstream| upstream.takes(path.text()))
    }

    /// Those that are this server itself, which listens at this address.
    pub fn at(&self, address: SocketAddr) -> impl Iterator<Item = &Upstream> {
        self.all.iter().filter(move |upstream| upstream.url().is_at(address))
    }

    /// How long one may take behind an API of this kind.
    pub(super) fn limit(&self, kind: ApiKind) -> Limit {
        Limit { kind, option: self.timeout }
    }
}

/// Whether requests of this method are passed on.
pub(super) fn passes(method: &Method) -> bool {
    METHODS.contains(method)
}

/// The methods that are passed on, for a browser that asks.
pub(super) fn methods() -> String {
    METHODS.iter().map(Method::as_str).collect::<Vec<_>>().join(",")
}

impl fmt::Display for Upstream {
    /// As it is written on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path() {
            "/" => write!(f, "{}", self.url()),
            path => write!(f, "{path}={}", self.url()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstreams(texts: &[&str]) -> Upstreams {
        Upstreams::new(texts.iter().map(|text| text.parse().unwrap()).collect()).unwrap()
    }

    #[test]
    fn the_longest_path_wins_on_whole_segments() {
        let all =
            upstreams(&["http://h:1", "/orders=http://h:2", "/orders/old=http://h:3", "/a%20b=http://h:4"]);
        for (path, port) in [
            ("/", 1),
            ("/other", 1),
            ("/ordersx", 1),
            ("/Orders", 1),
            ("/x/orders", 1),
            ("/orders", 2),
            ("/orders/", 2),
            ("/orders/7", 2),
            ("/orders/older", 2),
            ("/orders/old", 3),
            ("/orders/old/7", 3),
            ("/a%20b/c", 4),
        ] {
            assert_eq!(all.find(path).unwrap().url().to_string(), format!("http://h:{port}"), "{path}");
        }
    }

    #[test]
    fn without_a_default_other_paths_are_nobodys() {
        let all = upstreams(&["/orders=http://h:2"]);
        assert!(all.find("/orders/7").is_some());
        for path in
            ["/", "/order", "/orders%2F7", "/x/../orders", "/orders/../x", "//orders", "/%6Frders", "*"]
        {
            assert!(all.find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn two_servers_for_one_path_are_refused() {
        for (texts, path) in [
            (["http://h:1", "http://h:2"], "/"),
            (["http://h:1", "/=http://h:2"], "/"),
            (["/a=http://h:1", "/a/=http://h:1"], "/a"),
            (["/a%40b=http://h:1", "/a@b=http://h:2"], "/a@b"),
        ] {
            let texts = texts.map(|text| text.parse().unwrap());
            assert_eq!(Upstreams::new(texts.into()).unwrap_err(), TwoUpstreams(path.to_owned()));
        }
    }
}
