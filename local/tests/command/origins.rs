//! The pages that may call.

use std::process::Command;

use serde_json::json;

use crate::{
    running::{PROGRAM, Running},
    wire::{Raw, send},
};

const LOGIN: &str = "OPTIONS /login HTTP/1.1";

fn preflight(url: &str, origin: &str) -> Raw {
    let origin = format!("Origin: {origin}");
    send(url, &[LOGIN, "Host: localhost", &origin, "Access-Control-Request-Method: POST"], "")
}

fn may_call(url: &str, origin: &str) -> bool {
    preflight(url, origin).head.contains(&format!("access-control-allow-origin: {origin}\r\n"))
}

#[test]
fn pages_of_the_origins_that_are_named_may_call() {
    let (shop, admin) = ("https://shop.example.com", "http://localhost:5173");
    for api in ["rest", "http"] {
        let named = ["--api", api, "--origin", shop, "--origin", admin, "--origin", shop];
        for (arguments, allowed) in [
            (&["--api", api][..], &["http://localhost:3000"][..]),
            (&named, &[shop, admin]),
            (&["--api", api, "--origin", "https://shop.example.com,http://localhost:5173"], &[shop, admin]),
            // The parameters as a deployment names them.
            (
                &[
                    "--api",
                    api,
                    "--parameter",
                    "AllowedOrigins=https://shop.example.com,http://localhost:5173",
                ],
                &[shop, admin],
            ),
            (&["--api", api, "--parameter", "AllowedOrigin=https://shop.example.com"], &[shop]),
        ] {
            let running = Running::start(arguments);
            assert_eq!(running.line["allowed_origins"], json!(allowed), "{arguments:?}");
            for origin in ["http://localhost:3000", shop, admin, "https://evil.example"] {
                let expected = allowed.contains(&origin);
                assert_eq!(may_call(running.text("url"), origin), expected, "{arguments:?} {origin}");
            }
        }
    }
}

#[test]
fn an_origin_in_another_spelling_is_refused_with_the_right_one() {
    let origins = (0..100).map(|n| format!("https://number-{n}.example.com")).collect::<Vec<_>>().join(",");
    for (origin, code, said) in [
        (
            "https://app.example.com:443",
            2,
            "browsers send this origin as https://app.example.com: write it like that",
        ),
        ("http://LOCALHOST:3000/", 2, "browsers send this origin as http://localhost:3000"),
        ("null", 2, "so it can't be allowed"),
        (&origins, 1, "at most 1150 are allowed"),
    ] {
        let output = Command::new(PROGRAM).args(["--port", "0", "--origin", origin]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && error.contains(said), "{error}");
    }
}

#[test]
fn a_page_that_may_not_read_is_warned_about_once_with_a_remedy() {
    let told = Running::told(&["--origin", "https://shop.example.com"], |url| {
        for _ in 0..3 {
            preflight(url, "http://localhost:5173");
            preflight(url, "https://shop.example.com");
            // The server's own page sends its origin when it posts.
            let own = url.trim_start_matches("http://");
            let (host, origin) = (format!("Host: {own}"), format!("Origin: {url}"));
            send(url, &["POST /login HTTP/1.1", &host, &origin], "");
            // Every page may read this.
            send(
                url,
                &["GET /.well-known/jwks.json HTTP/1.1", "Host: localhost", "Origin: http://a.example"],
                "",
            );
        }
    });
    let warnings: Vec<_> =
        told.lines().filter(|line| line.contains("WARN") && line.contains("a page of")).collect();
    assert_eq!(warnings.len(), 1, "{told}");
    assert!(warnings[0].contains("a page of http://localhost:5173 may not read this answer"), "{told}");
    assert!(warnings[0].contains("--origin http://localhost:5173"), "{told}");
}
