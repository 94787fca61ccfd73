//! The hosts that the API answers to.

use std::net::UdpSocket;

use crate::{
    running::Running,
    wire::{Raw, send},
};

const JWKS: &str = "GET /.well-known/jwks.json HTTP/1.1";
const FORBIDDEN: &str =
    r#"{"message":"This server does not answer to that host. Start it with --allow-host to change that."}"#;

#[track_caller]
fn assert_refused(raw: &Raw) {
    assert_eq!((raw.status, raw.body.as_str()), (403, FORBIDDEN), "{raw:?}");
    assert!(!raw.is_open_to_pages(), "{raw:?}");
}

/// DNS rebinding: only the page's own host gives such a request away.
#[test]
fn the_api_answers_to_this_machine_and_to_no_other_host() {
    let running = Running::start(&[]);
    let url = running.text("url");
    let port = url.rsplit_once(':').unwrap().1;
    let own = [format!("127.0.0.1:{port}"), format!("LOCALHOST:{port}"), format!("localhost.:{port}")];
    let others = ["127.0.0.1", "127.0.0.1:1", "localhost", "[::1]:8787", "[::ffff:127.0.0.1]"];
    for host in own.iter().map(String::as_str).chain(others) {
        let raw = send(url, &[JWKS, &format!("Host: {host}")], "");
        assert_eq!(raw.status, 200, "{host}: {raw:?}");
    }
    let foreign = [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "10.0.2.2",
        "[::2]",
        "::1",
        "",
    ];
    for host in foreign {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            assert_refused(&send(url, &[JWKS, &format!("Host: {host}")], ""));
        }
    }
    assert_refused(&send(url, &[JWKS], ""));
    assert_refused(&send(url, &["GET /.well-known/jwks.json HTTP/1.0"], ""));
    assert_refused(&send(url, &[JWKS, "Host: localhost", "Host: localhost"], ""));
    assert_refused(&send(url, &[JWKS, "Host: localhost", "Host: evil.example"], ""));
    let absolute = "GET http://evil.example/.well-known/jwks.json HTTP/1.1";
    assert_refused(&send(url, &[absolute, "Host: localhost"], ""));
    // The check comes before everything else: routes, preflights, bodies.
    for line in ["GET /nowhere HTTP/1.1", "OPTIONS /login HTTP/1.1", "POST /login HTTP/1.1"] {
        let origin = "Origin: http://localhost:3000";
        assert_refused(&send(url, &[line, "Host: evil.example", origin], "client_id=x"));
    }
}

#[test]
fn other_hosts_are_admitted_by_name() {
    let running =
        Running::start(&["--allow-host", "Laptop.local", "--allow-host", "10.0.2.2", "--api", "http"]);
    let url = running.text("url");
    for host in ["laptop.local:8787", "LAPTOP.LOCAL.", "10.0.2.2:8787", "localhost"] {
        assert_eq!(send(url, &[JWKS, &format!("Host: {host}")], "").status, 200, "{host}");
    }
    assert_refused(&send(url, &[JWKS, "Host: other.local"], ""));
}

#[test]
fn a_refused_host_is_warned_about_once_with_a_remedy() {
    let told = Running::told(&[], |url| {
        for host in ["x.test", "x.test:1", "X.TEST", "10.0.2.2"] {
            assert_refused(&send(url, &[JWKS, &format!("Host: {host}")], ""));
        }
        for n in 0..100 {
            assert_refused(&send(url, &[JWKS, &format!("Host: h{n}.test")], ""));
        }
    });
    assert_eq!(told.matches("--allow-host x.test").count(), 1, "{told}");
    assert_eq!(told.matches("--allow-host 10.0.2.2").count(), 1, "{told}");
    assert_eq!(told.matches("--allow-host").count(), 16, "{told}");
}

/// The address at which other machines reach this one. `None` without a network.
fn address_of_this_machine() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Nothing is sent: the system only selects the route.
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip().to_string()).filter(|ip| ip != "0.0.0.0")
}

#[test]
fn the_option_host_changes_the_address_and_warns_of_the_effects() {
    let running = Running::start(&["--host", "0.0.0.0"]);
    let url = running.text("url");
    assert!(url.starts_with("http://127.0.0.1:"), "this machine reaches it there: {url}");
    assert!(running.text("dynamodb_endpoint").starts_with("http://127.0.0.1:"), "the store stays");
    assert_eq!(send(url, &[JWKS, "Host: localhost"], "").status, 200);
    assert_refused(&send(url, &[JWKS, "Host: 0.0.0.0"], ""));
    assert_refused(&send(url, &[JWKS, "Host: evil.example"], ""));
    if let Some(address) = address_of_this_machine() {
        let there = format!("http://{address}:{}", url.rsplit_once(':').unwrap().1);
        assert_eq!(
            send(&there, &[JWKS, &format!("Host: {address}")], "").status,
            200,
            "the address it reached"
        );
        assert_refused(&send(url, &[JWKS, &format!("Host: {address}")], ""));
    }
    let warning = Running::warnings(&["--host", "0.0.0.0"]);
    assert!(warning.contains("others on the network reach 0.0.0.0:"), "{warning}");
    let silent = Running::warnings(&["--host", "127.0.0.1"]);
    assert!(!silent.contains("network"), "{silent}");
}
