//! The hosts that a server answers to.
//!
//! A web page can let its own name resolve to 127.0.0.1 (DNS rebinding). The browser then takes this server for part of
//! the page's origin, so the page may read every answer. Only the `Host` of such a request gives it away: it is the
//! page's.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

use axum::http::{HeaderValue, header, request::Parts, uri::Authority};

use crate::told::Told;

/// The longest host name, in characters (RFC 1035 section 2.3.4).
const MAX_NAME_LEN: usize = 253;

/// The host of a `Host` header, in canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A name, in lower case and without the dot of the root.
    Name(String),
    /// An address. An IPv4-mapped IPv6 address becomes the IPv4 address.
    Address(IpAddr),
}

/// A text that isn't a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host is a name or an address, without a scheme and a port, like laptop.local or 10.0.2.2")]
pub struct NoHost;

impl FromStr for Host {
    type Err = NoHost;

    /// Accepts an IPv6 address with brackets, as in a URL, or without.
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
        // The colons of an IPv6 address are within its brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (authority, ""),
        };
        let is_port =
            port.is_empty() || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok());
        let is_bare = host.contains(':') && !host.starts_with('[');
        (is_port && !is_bare).then_some(host)?.parse().ok()
    }

    /// The host as in a URL: an IPv6 address has brackets (RFC 3986 section 3.2.2).
    pub fn in_url(&self) -> String {
        match self {
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            Self::Address(_) | Self::Name(_) => self.to_string(),
        }
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost",
            Self::Address(address) => address.is_loopback(),
        }
    }
}

impl fmt::Display for Host {
    /// The host as `--allow-host` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// The hosts that a server answers to: the loopback names and addresses, the address that a request reached, and added
/// names.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    others: BTreeSet<Host>,
    /// The refused hosts that a warning has already named.
    told: Arc<Told>,
}

impl Hosts {
    /// The loopback interface's hosts, and the address that a request reached.
    pub fn of_this_machine() -> Self {
        Self::default()
    }

    /// Adds these hosts.
    #[must_use]
    pub fn and(mut self, others: impl IntoIterator<Item = Host>) -> Self {
        self.others.extend(others);
        self
    }

    /// Whether a request that reached this address names one of these hosts, exactly once. The port may differ: a
    /// forwarded port has another number, and a page of another host can't name one of these hosts.
    pub(crate) fn admit(&self, parts: &Parts, reached: Option<IpAddr>) -> bool {
        named(parts).is_some_and(|named| named.iter().all(|authority| self.has(authority, reached)))
    }

    /// The warning about a request that isn't admitted. `None` if the warning was given before.
    pub(crate) fn warning(&self, parts: &Parts, reached: Option<IpAddr>) -> Option<String> {
        let named = named(parts);
        let other = named.and_then(|named| named.into_iter().find(|authority| !self.has(authority, reached)));
        let host = other.and_then(Host::of_authority).map(|host| host.to_string());
        let host = host.filter(|host| host.len() <= MAX_NAME_LEN);
        if !self.told.is_new(host.as_deref().unwrap_or_default().as_bytes()) {
            return None;
        }
        Some(match host {
            Some(host) => format!(
                "this server doesn't answer to {host}: if that is this machine, start with --allow-host {host}"
            ),
            None => "this server answers only requests that name one host, in one Host header".to_owned(),
        })
    }

    fn has(&self, authority: &str, reached: Option<IpAddr>) -> bool {
        Host::of_authority(authority).is_some_and(|host| {
            host.is_loopback() || self.others.contains(&host) || reached.map(Host::Address) == Some(host)
        })
    }
}

/// The hosts that a request names. `None` unless it has exactly one `Host` header.
fn named(parts: &Parts) -> Option<[&str; 2]> {
    let mut headers = parts.headers.get_all(header::HOST).iter();
    let (Some(Ok(header)), None) = (headers.next().map(HeaderValue::to_str), headers.next()) else {
        return None;
    };
    // A request target in absolute form overrides the header (RFC 9112 section 3.2.2).
    let target = parts.uri.authority().map_or(header, Authority::as_str);
    Some([header, target])
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;
    use crate::told::MAX_TOLD;

    #[test]
    fn the_remedy_is_given_once_per_host_and_for_a_few_hosts() {
        let hosts = Hosts::of_this_machine();
        let warning = |hosts: &Hosts, host: &str| {
            let (parts, ()) = Request::get("/").header("host", host).body(()).unwrap().into_parts();
            assert!(!hosts.admit(&parts, None), "{host}");
            hosts.warning(&parts, None)
        };
        for (host, option) in [
            ("X.test:8787", "--allow-host x.test"),
            ("10.0.2.2", "--allow-host 10.0.2.2"),
            ("[fd00::2]:1", "--allow-host fd00::2"),
        ] {
            let said = warning(&hosts, host).unwrap();
            assert!(said.ends_with(option), "{said}");
            let allowed = option.rsplit_once(' ').unwrap().1.parse().unwrap();
            assert!(admits(&Hosts::of_this_machine().and([allowed]), "/", &[host]), "{said}");
            assert_eq!(warning(&hosts, host), None, "it was said");
        }
        for host in ["a b", "", &"x".repeat(5000), "user:secret@x.test"] {
            let said = warning(&Hosts::of_this_machine(), host).unwrap();
            assert!(said.contains("one host") && said.len() < 100, "{said}");
        }
        let more = (0..100).filter(|n| warning(&hosts, &format!("h{n}.test")).is_some());
        assert_eq!(more.count(), MAX_TOLD - 3);
    }

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
