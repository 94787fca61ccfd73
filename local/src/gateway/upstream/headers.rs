//! The headers of a request to a server of yours, and of its response.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts, uri::Authority};
use serde_json::{Map, Value};

use crate::template::ApiKind;

/// The headers that describe the caller, each with the member of the authorizer's context that it holds. The
/// integrations of `examples/consumer` map the same.
pub const CONTEXT_HEADERS: [(&str, &str); 5] = [
    ("x-latchgate-sub", "sub"),
    ("x-latchgate-client-id", "client_id"),
    ("x-latchgate-sid", "sid"),
    ("x-latchgate-scope", "scope"),
    ("x-latchgate-claims", "claims_json"),
];

/// The prefixes that no header of a caller may have, whatever character replaces the hyphens: servers with CGI
/// variables, such as WSGI's, read `x_latchgate_sub` as `x-latchgate-sub`.
const OURS: [&str; 3] = ["x-latchgate", "x-forwarded", "forwarded"];

/// Headers of one connection (RFC 9110 section 7.6.1), besides those that begin with `proxy-`.
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Facts about a caller that the request doesn't state.
pub(in crate::gateway) struct Caller<'a> {
    /// The caller's address.
    pub(in crate::gateway) source: IpAddr,
    /// The authorizer's context. `None` if the route is open.
    pub(in crate::gateway) context: Option<&'a Map<String, Value>>,
    /// The kind of API that was called.
    pub(in crate::gateway) kind: ApiKind,
}

/// The headers for a server. `via` is the name of this gateway. `None` if a value of the authorizer can't stand in a
/// header.
pub(super) fn for_upstream(
    parts: &Parts,
    caller: &Caller<'_>,
    upstream: &Authority,
    via: &str,
) -> Option<HeaderMap> {
    let mut headers = end_to_end(&parts.headers);
    let names: Vec<_> = headers.keys().filter(|name| is_ours(name)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
    // The body sets the length, and API Gateway has already answered `Expect: 100-continue`.
    headers.remove(header::EXPECT);
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::HOST, HeaderValue::from_str(upstream.as_str()).ok()?);
    headers.append(header::VIA, HeaderValue::from_str(&format!("1.1 {via}")).ok()?);
    forward(&mut headers, parts, caller)?;
    for (name, member) in CONTEXT_HEADERS {
        if let Some(value) = caller.context.and_then(|context| context.get(member)) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value.as_str()?).ok()?);
        }
    }
    Some(headers)
}

/// Adds the forwarding headers: the caller's address, and the host and scheme of the request.
fn forward(headers: &mut HeaderMap, parts: &Parts, caller: &Caller<'_>) -> Option<()> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = host.parse::<Authority>().ok().and_then(|host| host.port_u16()).unwrap_or(80);
    let source = caller.source;
    for (name, value) in [
        ("x-forwarded-for", source.to_string()),
        ("x-forwarded-proto", "http".to_owned()),
        ("x-forwarded-host", host.to_owned()),
        ("x-forwarded-port", port.to_string()),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?);
    }
    if caller.kind == ApiKind::Http {
        // RFC 7239: a node name in brackets or with a colon needs quotes, so an IPv6 address has both.
        let source = match source {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(_) => {
                let address = SocketAddr::new(source, 0).to_string();
                format!("\"{}\"", address.trim_end_matches(":0"))
            }
        };
        let host = host.replace(['"', '\\'], "");
        let forwarded = format!("for={source};host=\"{host}\";proto=http");
        headers.insert(header::FORWARDED, HeaderValue::from_str(&forwarded).ok()?);
    }
    Some(())
}

/// The end-to-end headers: all except [`HOP_BY_HOP`] and those that `Connection` names.
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|b| *b == b','))
        .map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase())
        .collect();
    let stays = |name: &HeaderName| {
        !HOP_BY_HOP.contains(name)
            && !name.as_str().starts_with("proxy-")
            && !named.iter().any(|named| named == name.as_str())
    };
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter().filter(|(name, _)| stays(name)) {
        kept.append(name.clone(), value.clone());
    }
    kept
}

/// Whether a header of this name is reserved for the gateway.
fn is_ours(name: &HeaderName) -> bool {
    let folded: String =
        name.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    OURS.iter().any(|ours| folded.starts_with(ours))
}

/// Whether the caller asks for a WebSocket.
pub(super) fn is_web_socket(headers: &HeaderMap) -> bool {
    let upgrades = headers.get_all(header::UPGRADE).iter();
    let mut protocols = upgrades.flat_map(|value| value.as_bytes().split(|b| *b == b','));
    protocols.any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

/// Whether the request has already passed the gateway of this name.
pub(super) fn came_by(headers: &HeaderMap, via: &str) -> bool {
    headers
        .get_all(header::VIA)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.split([',', ' ']).any(|word| word == via)))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde_json::json;

    use super::*;

    fn sent(kind: ApiKind, headers: &[(&str, &str)], context: &Value) -> HeaderMap {
        let request =
            headers.iter().fold(Request::get("/orders"), |r, (name, value)| r.header(*name, *value));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let caller = Caller { source: IpAddr::from([192, 0, 2, 7]), context: context.as_object(), kind };
        for_upstream(&parts, &caller, &"127.0.0.1:9001".parse().unwrap(), "gateway").unwrap()
    }

    fn values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn each_header_passes_or_does_not() {
        let context = json!({
            "sub": "u1", "client_id": "app", "sid": "s1", "scope": "", "exp": "1", "principalId": "u1",
            "claims_json": r#"{"name":"\u1ec5"}"#,
        });
        let caller = [
            ("host", "localhost:8787"),
            ("authorization", "Bearer t"),
            ("cookie", "a=b"),
            ("accept-encoding", "gzip"),
            ("origin", "http://localhost:3000"),
            ("x-custom", "1"),
            ("x-custom", "2"),
            ("x-named", "3"),
            ("connection", "keep-alive, X-Named"),
            ("connection", "x-latchgate-sub, authorization-info"),
            ("authorization-info", "4"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic x"),
            ("proxy-connection", "keep-alive"),
            ("te", "trailers"),
            ("trailer", "x-checksum"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("expect", "100-continue"),
            ("x-latchgate-sub", "admin"),
            ("X-LATCHGATE-SUB", "admin"),
            ("x_latchgate_sub", "admin"),
            ("x-latchgate_client-id", "admin"),
            ("X_LatchGate.Claims", "{}"),
            ("x-latchgate-roles", "admin"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x_forwarded_for", "10.0.0.1"),
            ("x-forwarded-prefix", "/x"),
            ("forwarded", "for=10.0.0.1"),
            ("via", "1.0 other"),
        ];
        for kind in [ApiKind::Rest, ApiKind::Http] {
            let headers = sent(kind, &caller, &context);
            let mut expected = vec![
                ("accept-encoding", vec!["gzip"]),
                ("authorization", vec!["Bearer t"]),
                ("cookie", vec!["a=b"]),
                ("host", vec!["127.0.0.1:9001"]),
                ("origin", vec!["http://localhost:3000"]),
                ("via", vec!["1.0 other", "1.1 gateway"]),
                ("x-custom", vec!["1", "2"]),
                ("x-forwarded-for", vec!["192.0.2.7"]),
                ("x-forwarded-host", vec!["localhost:8787"]),
                ("x-forwarded-port", vec!["8787"]),
                ("x-forwarded-proto", vec!["http"]),
                ("x-latchgate-claims", vec![r#"{"name":"\u1ec5"}"#]),
                ("x-latchgate-client-id", vec!["app"]),
                ("x-latchgate-scope", vec![""]),
                ("x-latchgate-sid", vec!["s1"]),
                ("x-latchgate-sub", vec!["u1"]),
            ];
            if kind == ApiKind::Http {
                expected.insert(3, ("forwarded", vec![r#"for=192.0.2.7;host="localhost:8787";proto=http"#]));
            }
            let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{kind:?}");
            for (name, expected) in expected {
                assert_eq!(values(&headers, name), expected, "{name}");
            }
        }
    }

    #[test]
    fn without_an_authorizer_no_header_names_the_caller() {
        let headers = sent(ApiKind::Rest, &[("x-latchgate-sub", "admin")], &Value::Null);
        assert!(headers.keys().all(|name| !name.as_str().starts_with("x-latchgate")), "{headers:?}");
    }

    #[test]
    fn an_ipv6_address_is_quoted_as_rfc_7239_says() {
        let (parts, ()) = Request::get("/").header("host", "[::1]:8787").body(()).unwrap().into_parts();
        let caller = Caller { source: "2001:db8::1".parse().unwrap(), context: None, kind: ApiKind::Http };
        let headers = for_upstream(&parts, &caller, &"h:1".parse().unwrap(), "gateway").unwrap();
        assert_eq!(values(&headers, "forwarded"), [r#"for="[2001:db8::1]";host="[::1]:8787";proto=http"#]);
        assert_eq!(values(&headers, "x-forwarded-for"), ["2001:db8::1"]);
        assert_eq!(values(&headers, "x-forwarded-port"), ["8787"]);
    }

    #[test]
    fn a_web_socket_is_distinguished_from_other_upgrades() {
        let asks = |value: &'static str| {
            is_web_socket(&HeaderMap::from_iter([(header::UPGRADE, HeaderValue::from_static(value))]))
        };
        assert!(asks("websocket") && asks("WebSocket") && asks("h2c, websocket"));
        assert!(!asks("h2c") && !asks("websockets") && !is_web_socket(&HeaderMap::new()));
    }

    #[test]
    fn a_gateway_knows_its_own_requests() {
        let by = |value: &'static str| {
            came_by(&HeaderMap::from_iter([(header::VIA, HeaderValue::from_static(value))]), "a1")
        };
        assert!(by("1.1 a1") && by("1.0 x, 1.1 a1 (comment)"));
        assert!(!by("1.1 a12") && !by("a1.example") && !came_by(&HeaderMap::new(), "a1"));
    }
}
