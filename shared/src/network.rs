//! The networks that requests come from.

use std::net::IpAddr;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Separates these hashes from other hashes.
const LABEL: &[u8] = b"latchgate network 1";
const PREFIX: &str = "network#";
/// The bytes of an IPv6 address that are its network's.
const PREFIX_LEN: usize = 6;

/// A network whose requests are counted: an IPv4 address or the /48 of an IPv6 address, which is the most that
/// one site gets (RFC 6177). Its text is `network#` with a hash, in base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network(String);

impl Network {
    /// The network of a caller's address. Callers without a readable address are one network. `None` for this
    /// machine's own addresses: no request comes from outside with one.
    pub fn of(address: Option<&str>) -> Option<Self> {
        let address = address.and_then(|address| address.parse::<IpAddr>().ok());
        let address = address.map(|address| address.to_canonical());
        if address.is_some_and(|address| address.is_loopback()) {
            return None;
        }
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(LABEL);
        match address {
            None => {}
            Some(IpAddr::V4(address)) => context.update(&address.octets()),
            Some(IpAddr::V6(address)) => context.update(&address.octets()[..PREFIX_LEN]),
        }
        Some(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(context.finish()))))
    }

    /// Parses the text.
    pub fn parse(text: &str) -> Option<Self> {
        let hash = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (hash.len() == digest::SHA256_OUTPUT_LEN).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash alone.
    pub fn hash(&self) -> &str {
        &self.0[PREFIX.len()..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_a_whole_site() {
        let network = |address| Network::of(Some(address)).unwrap();
        assert_eq!(network("2001:db8:1::1"), network("2001:db8:1:ffff:ffff::"));
        assert_ne!(network("2001:db8:1::1"), network("2001:db8:2::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    }

    #[test]
    fn the_text_never_changes_and_is_read_back() {
        let network = Network::of(Some("192.0.2.1")).unwrap();
        assert_eq!(network.as_str(), "network#IWBoOtTAxtNJngMBSte1vZc6gWYbgLMfwceRUdrmWa8");
        assert_eq!(network.as_str(), format!("network#{}", network.hash()));
        assert_eq!(Network::parse(network.as_str()), Some(network));
        for other in ["", "network#", "network#QpWrw_10", "user#QpWrw_10gzmttZrR321nnAa_CBi-2cZjKRTvc6h-xJA"]
        {
            assert_eq!(Network::parse(other), None, "{other}");
        }
    }

    #[test]
    fn this_machine_is_no_network() {
        for own in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(Network::of(Some(own)), None, "{own}");
        }
    }

    #[test]
    fn callers_without_an_address_are_one_network() {
        for unreadable in ["", "unknown", "192.0.2.1:80", "192.0.2.256"] {
            assert_eq!(Network::of(Some(unreadable)), Network::of(None), "{unreadable}");
        }
        assert!(Network::of(None).is_some());
    }
}
