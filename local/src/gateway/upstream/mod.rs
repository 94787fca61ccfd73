//! Servers of yours behind the authorizer: API Gateway's HTTP integration, on this machine.
//!
//! A request that isn't for Latchgate's endpoints goes to one of these servers, with the authorizer's context in
//! headers. `examples/consumer` has the integration that does the same in AWS.

mod body;
mod destination;
mod headers;
mod limit;
mod resources;
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
    resources::{GivenResource, MalformedResource, UpstreamResources},
    url::UpstreamUrl,
};
pub(super) use self::{headers::Caller, limit::Limit, send::Sender};
use crate::template::ApiKind;

/// The methods that are passed on. Both kinds of API answer OPTIONS themselves.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Your servers, and their time limit.
#[derive(Clone, Debug, Default)]
pub struct Upstreams {
    /// The longest path first.
    all: Vec<Upstream>,
    timeout: Option<Duration>,
}

/// Two servers have the same path.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("--upstream names two servers for {0}: leave one of them out")]
pub struct TwoUpstreams(String);

impl Upstreams {
    /// A set of these servers.
    ///
    /// # Errors
    ///
    /// [`TwoUpstreams`], if two have the same path.
    pub fn new(mut all: Vec<Upstream>) -> Result<Self, TwoUpstreams> {
        all.sort_by_key(|upstream| std::cmp::Reverse(upstream.segments()));
        for (at, upstream) in all.iter().enumerate() {
            if all[..at].iter().any(|other| other.path() == upstream.path()) {
                return Err(TwoUpstreams(upstream.path().to_owned()));
            }
        }
        Ok(Self { all, timeout: None })
    }

    /// Replaces API Gateway's default timeout.
    #[must_use]
    pub fn with_timeout(self, timeout: Option<Duration>) -> Self {
        Self { timeout, ..self }
    }

    /// Whether there are no servers.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All servers.
    pub fn iter(&self) -> impl Iterator<Item = &Upstream> {
        self.all.iter()
    }

    /// The server for a path. Of the servers whose paths it begins with, segment by segment, the one with the longest
    /// path wins.
    pub fn find(&self, path: &str) -> Option<&Upstream> {
        // Paths are compared decoded, like those of scope rules.
        let path = NormalPath::parse(path)?;
        self.all.iter().find(|upstream| upstream.takes(path.text()))
    }

    /// The servers that are this program, which listens at this address.
    pub fn at(&self, address: SocketAddr) -> impl Iterator<Item = &Upstream> {
        self.all.iter().filter(move |upstream| upstream.url().is_at(address))
    }

    /// The time limit of a server behind an API of this kind.
    pub(super) fn limit(&self, kind: ApiKind) -> Limit {
        Limit { kind, option: self.timeout }
    }
}

/// Whether requests with this method are passed on.
pub(super) fn passes(method: &Method) -> bool {
    METHODS.contains(method)
}

/// The methods that are passed on, for a preflight's answer.
pub(super) fn methods() -> String {
    METHODS.iter().map(Method::as_str).collect::<Vec<_>>().join(",")
}

impl fmt::Display for Upstream {
    /// Writes the form of the command line.
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
    fn without_a_default_other_paths_have_no_server() {
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
