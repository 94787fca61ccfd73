//! The hosts that a server answers to.
//!
//! A web page can have its own name resolve to 127.0.0.1 (DNS rebinding). For the browser, that server is then of the page's
//! origin, so the page may read all that it answers. Only the `Host` of such a request tells: it is the page's.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use axum::http::{HeaderValue, header, request::Parts, uri::Authority};

/// The host of a `Host` header, in the one spelling of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A name, in lower case and without the dot of the root.
    Name(String),
    /// An address; an IPv4 address in IPv6 is the IPv4 address.
    Address(IpAddr),
}

/// A text that is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host is a name or an address, without a scheme and a port, like laptop.local or 10.0.2.2")]
pub struct NoHost;

impl FromStr for Host {
    type Err = NoHost;

    /// An IPv6 address may stand in brackets, as in a URL, or without.
    fn from_str(text: &str) -> Result<Self, NoHost> {
        let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        if let Ok(address) = bracketed.unwrap_or(text).parse::<Ipv6Addr>() {
            return Ok(Self::Address(IpAddr::from(address).to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if name.split('.').all(is_label) { Ok(Self::Name(name)) } else { Err(NoHost) }
    }
}

impl Host {
    /// The host of `host [":" port]` (RFC 9110 section 7.2).
    fn of_authority(authority: &str) -> Option<Self> {
        // The colons of an IPv6 address are within brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (authority, ""),
        };
        let is_port =
            port.is_empty() || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok());
        let is_bare = host.contains(':') && !host.starts_with('[');
        (is_port && !is_bare).then_some(host)?.parse().ok()
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost",
            Self::Address(address) => address.is_loopback(),
        }
    }
}

/// The hosts that a server answers to: the loopback interface's, the address that a request reached, and others by name.
#[derive(Clone, Debug, Default)]
pub struct Hosts(BTreeSet<Host>);

impl Hosts {
    /// The loopback interface's and the address that a request reached.
    pub fn of_this_machine() -> Self {
        Self::default()
    }

    /// These as well.
    #[must_use]
    pub fn and(mut self, others: impl IntoIterator<Item = Host>) -> Self {
        self.0.extend(others);
        self
    }

    /// Whether a request that reached this address is for one of these hosts. It has to say so once. The port may be any
    /// other: one that is forwarded here has its own, and a page of another host has no way to a host of these.
    pub(crate) fn admit(&self, parts: &Parts, reached: Option<IpAddr>) -> bool {
        let mut headers = parts.headers.get_all(header::HOST).iter();
        let (Some(Ok(header)), None) = (headers.next().map(HeaderValue::to_str), headers.next()) else {
            return false;
        };
        // A request target in absolute form outweighs the header (RFC 9112 section 3.2.2).
        let target = parts.uri.authority().map_or(header, Authority::as_str);
        [header, target].iter().all(|authority| self.has(authority, reached))
    }

    fn has(&self, authority: &str, reached: Option<IpAddr>) -> bool {
        Host::of_authority(authority).is_some_and(|host| {
            host.is_loopback() || self.0.contains(&host) || reached.map(Host::Address) == Some(host)
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn admits(hosts: &Hosts, target: &str, headers: &[&str]) -> bool {
        let request =
            headers.iter().fold(Request::get(target), |request, host| request.header("host", *host));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        hosts.admit(&parts, Some(Ipv4Addr::new(192, 168, 1, 7).into()))
    }

    #[test]
    fn loopback_and_the_address_that_was_reached_are_admitted() {
        let hosts = Hosts::of_this_machine();
        for host in [
            "localhost",
            "localhost:8787",
            "LocalHost:8787",
            "localhost.",
            "localhost.:1",
            "localhost:",
            "127.0.0.1:8787",
            "127.8.9.10",
            "[::1]",
            "[::1]:8787",
            "[0:0:0:0:0:0:0:1]:8787",
            "[::ffff:127.0.0.1]:8787",
            "192.168.1.7:8787",
            "[::ffff:192.168.1.7]",
        ] {
            assert!(admits(&hosts, "/", &[host]), "{host}");
        }
    }

    #[test]
    fn every_other_host_is_refused() {
        let hosts = Hosts::of_this_machine();
        for host in [
            "",
            ".",
            ":8787",
            "evil.example",
            "evil.example:8787",
            "localhost.evil.example",
            "evil-localhost",
            "a.localhost",
            "localhost..",
            "127.0.0.1.evil.example",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0.0.0.0:8787",
            "192.168.1.8",
            "::1",
            "[::1",
            "[::2]",
            "[localhost]",
            "localhost:x",
            "localhost:65536",
            "localhost:+1",
            "localhost:1:2",
            "user@localhost",
            "localhost@evil.example",
            "localhost,evil.example",
            "localhost/",
            "localhost evil.example",
        ] {
            assert!(!admits(&hosts, "/", &[host]), "{host:?}");
        }
        assert!(!admits(&hosts, "/", &[]), "none");
        assert!(!admits(&hosts, "/", &["localhost", "localhost"]), "two");
        assert!(!admits(&hosts, "http://evil.example/", &["localhost"]), "the request target");
        assert!(!admits(&hosts, "http://localhost/", &["evil.example"]), "the header");
        assert!(admits(&hosts, "http://localhost:8787/", &["localhost"]));
    }

    #[test]
    fn more_can_be_admitted_by_name_or_address() {
        let hosts = Hosts::of_this_machine();
        let hosts = hosts
            .and(["Laptop.local.", "10.0.2.2", "[fd00::1]", "fd00::2"].map(|host| host.parse().unwrap()));
        for host in
            ["laptop.local", "LAPTOP.LOCAL.:8787", "10.0.2.2:8787", "[fd00::1]", "[FD00::2]:1", "localhost"]
        {
            assert!(admits(&hosts, "/", &[host]), "{host}");
        }
        assert!(!admits(&hosts, "/", &["other.local"]));
        for text in ["", "http://x", "x:1", "*", "*.local", "a b", "x/", "x..y", "[x]"] {
            assert_eq!(text.parse::<Host>(), Err(NoHost), "{text}");
        }
    }
}
