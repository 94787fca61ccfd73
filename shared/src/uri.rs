//! The parts of a URI (RFC 3986 section 3), for checking redirect URIs and resources.

/// The hosts of the machine itself (RFC 8252 section 7.3). Section 8.3 advises against `localhost`, but it is
/// widely used.
pub(crate) const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Whether this is a scheme in lower case. Browsers compare schemes in lower case, and each URI should have
/// one text.
pub(crate) fn is_scheme(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b);
    text.bytes().next().is_some_and(|b| b.is_ascii_lowercase()) && text.bytes().all(is_allowed)
}

/// Whether every character may occur in a URI, and every `%` begins an escape (RFC 3986 section 2).
pub(crate) fn is_of_uri(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    text.bytes().all(is_allowed) && text.split('%').skip(1).all(is_escape)
}

/// The text between the `//` and the path, the query or the fragment.
pub(crate) fn authority(after_slashes: &str) -> &str {
    after_slashes.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The host and the port of an authority without a user.
pub(crate) fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        // An IPv6 address has colons within its brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_name = |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let is_ipv6 = |address: &str| address.bytes().all(|b| b.is_ascii_hexdigit() || b":.".contains(&b));
    let is_host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| !address.is_empty() && is_ipv6(address)),
        None => !host.is_empty() && is_name(host),
    };
    let is_number = |port: &&str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let port = match port {
        None => None,
        Some(port) => Some(Some(port).filter(is_number)?.parse().ok()?),
    };
    is_host.then_some((host, port))
}
