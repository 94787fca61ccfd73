//! Decides who may see the page.
//!
//! The page shows activity on this machine, so only this machine's users may see it: neither the network, which
//! `--host` may let in, nor other sites, whose scripts run in the user's browser. The `Host` check has already refused
//! a site whose name resolves to this machine ([`crate::hosts`]).

use axum::http::{HeaderName, header, request::Parts};

use crate::connection::Connection;

const SITE: &str = "sec-fetch-site";
const MODE: &str = "sec-fetch-mode";
const DESTINATION: &str = "sec-fetch-dest";
/// Headers that a proxy adds. A proxy may bring visitors from anywhere.
const FORWARDED: [HeaderName; 3] = [
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
];

/// Whether the visitor's program is on this machine.
pub(super) fn is_on_this_machine(parts: &Parts, connection: Connection) -> bool {
    let peer = connection.peer.ip().to_canonical();
    let is_near = peer.is_loopback() || connection.reached == Some(peer);
    is_near && FORWARDED.iter().all(|name| !parts.headers.contains_key(name))
}

/// Whether the request comes from no other site. Browsers tell by `Sec-Fetch-Site`, older ones by `Origin`; programs
/// send neither.
pub(super) fn is_of_the_page(parts: &Parts) -> bool {
    let site = text(parts, SITE);
    site.is_none_or(|site| ["same-origin", "none"].contains(&site)) && has_no_other_origin(parts)
}

/// Whether the user follows a link to the page, from any site. Only the page's own scripts run then.
pub(super) fn is_navigation(parts: &Parts) -> bool {
    let is = |name, value| text(parts, name) == Some(value);
    is(MODE, "navigate") && is(DESTINATION, "document") && has_no_other_origin(parts)
}

fn has_no_other_origin(parts: &Parts) -> bool {
    let mut origins = parts.headers.get_all(header::ORIGIN).iter();
    let host = text(parts, header::HOST.as_str()).unwrap_or_default();
    origins.all(|origin| {
        origin.to_str().is_ok_and(|origin| origin.eq_ignore_ascii_case(&format!("http://{host}")))
    })
}

fn text<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    // A value that isn't text matches no allowed value.
    parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use axum::http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let request = headers
            .iter()
            .fold(Request::get("/").header("host", "localhost:8787"), |request, (name, value)| {
                request.header(*name, *value)
            });
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_the_page_itself_and_programs_are_let_pass() {
        for headers in [
            &[][..],
            &[(SITE, "same-origin")],
            &[(SITE, "none")],
            &[("origin", "http://localhost:8787")],
            &[(SITE, "same-origin"), ("origin", "http://LOCALHOST:8787")],
        ] {
            assert!(is_of_the_page(&parts(headers)), "{headers:?}");
        }
        for headers in [
            &[(SITE, "cross-site")][..],
            &[(SITE, "same-site")],
            &[(SITE, "")],
            &[("origin", "http://localhost:3000")],
            &[("origin", "https://localhost:8787")],
            &[("origin", "http://127.0.0.1:8787")],
            &[("origin", "null")],
            &[("origin", "http://localhost:8787"), ("origin", "http://evil.example")],
            &[(SITE, "none"), ("origin", "http://evil.example")],
        ] {
            assert!(!is_of_the_page(&parts(headers)), "{headers:?}");
        }
        let followed = [(SITE, "cross-site"), (MODE, "navigate"), (DESTINATION, "document")];
        assert!(is_navigation(&parts(&followed)));
        for headers in [
            [(SITE, "cross-site"), (MODE, "navigate"), (DESTINATION, "iframe")],
            [(SITE, "cross-site"), (MODE, "no-cors"), (DESTINATION, "document")],
        ] {
            assert!(!is_navigation(&parts(&headers)), "{headers:?}");
        }
    }

    #[test]
    fn only_this_machine_is_let_pass() {
        let is_let_pass = |peer: [u8; 4], headers: &[(&str, &str)]| {
            let reached = Some(IpAddr::from(Ipv4Addr::new(192, 168, 1, 7)));
            is_on_this_machine(&parts(headers), Connection { peer: (peer, 1).into(), reached })
        };
        assert!(is_let_pass([127, 0, 0, 1], &[]) && is_let_pass([192, 168, 1, 7], &[]));
        assert!(!is_let_pass([192, 168, 1, 8], &[]));
        for name in ["forwarded", "x-forwarded-for", "X-Forwarded-Host"] {
            assert!(!is_let_pass([127, 0, 0, 1], &[(name, "x")]), "{name}");
        }
    }
}
