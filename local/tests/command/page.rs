//! The page of the local server, without a browser. `cargo xtask browser` tests it in one.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use crate::{
    running::Running,
    wire::{Raw, send},
};

const HTML: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";
const HOST: &str = "Host: localhost";
/// The API's hosted pages.
const HOSTED: [&str; 11] = [
    "/authorize",
    "/account",
    "/account/new",
    "/account/confirm",
    "/account/forgot",
    "/account/reset",
    "/account/email",
    "/account/email/confirm",
    "/account/email/undo",
    "/account/delete",
    "/end-session",
];
const FILES: [(&str, &str); 12] = [
    ("/_local/", "text/html; charset=utf-8"),
    ("/_local/page.css", "text/css; charset=utf-8"),
    ("/_local/page.js", "text/javascript; charset=utf-8"),
    ("/_local/about.js", "text/javascript; charset=utf-8"),
    ("/_local/calls.js", "text/javascript; charset=utf-8"),
    ("/_local/dom.js", "text/javascript; charset=utf-8"),
    ("/_local/dpop.js", "text/javascript; charset=utf-8"),
    ("/_local/events.js", "text/javascript; charset=utf-8"),
    ("/_local/mails.js", "text/javascript; charset=utf-8"),
    ("/_local/session.js", "text/javascript; charset=utf-8"),
    ("/_local/tokens.js", "text/javascript; charset=utf-8"),
    ("/_local/icon.svg", "image/svg+xml"),
];

fn get(url: &str, path: &str, headers: &[&str]) -> Raw {
    let line = format!("GET {path} HTTP/1.1");
    send(url, &[&[&*line, HOST], headers].concat(), "")
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    #[track_caller]
    fn assert_locked_down(&self) {
        let policy = self.header("content-security-policy").unwrap();
        for directive in
            ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.contains(directive), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.header("cross-origin-resource-policy"), Some("same-origin"));
        assert!(!self.is_open_to_pages(), "{self:?}");
    }
}

#[test]
fn a_browser_gets_the_page_at_the_root_and_a_program_the_answer_of_the_api() {
    for api in ["rest", "http"] {
        let running = Running::start(&["--api", api]);
        let url = running.text("url");
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let raw = send(url, &["GET / HTTP/1.1", &format!("Host: {host}"), HTML], "");
            assert_eq!((raw.status, raw.header("content-type")), (200, Some("text/html; charset=utf-8")));
            assert_eq!(raw.header("vary"), Some("accept, authorization"));
            raw.assert_locked_down();
        }
        let bearer = [HTML, "Authorization: Bearer x"];
        let programs = [&[][..], &["Accept: */*"], &["Accept: application/json"], &bearer];
        for headers in programs {
            let raw = get(url, "/", headers);
            assert_eq!(raw.status, 404, "{headers:?}: {raw:?}");
            assert!(raw.header("content-security-policy").is_none(), "{raw:?}");
        }
        let posted = send(url, &["POST / HTTP/1.1", HOST, HTML], "");
        assert_eq!(posted.status, 404, "{posted:?}");
    }
}

#[test]
fn every_file_has_its_type_and_policy_and_no_inline_or_foreign_content() {
    let running = Running::start(&[]);
    let url = running.text("url");
    for (path, media_type) in FILES {
        let raw = get(url, path, &[]);
        assert_eq!((raw.status, raw.header("content-type")), (200, Some(media_type)), "{path}");
        raw.assert_locked_down();
        for foreign in ["https://", "<style", " style=", "javascript:", "innerHTML", " onclick="] {
            assert!(!raw.body.contains(foreign), "{path} has {foreign}");
        }
        let head = send(url, &[&format!("HEAD {path} HTTP/1.1"), HOST], "");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        head.assert_locked_down();
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let raw = send(url, &[&format!("{method} {path} HTTP/1.1"), HOST], "");
            assert_eq!((raw.status, raw.header("allow")), (405, Some("get, head")), "{method} {path}");
            raw.assert_locked_down();
        }
    }
    let page = get(url, "/_local/", &[]).body;
    assert_eq!(page.matches("<script").count(), page.matches("<script type=\"module\" src=").count());
    for path in ["/_local/x", "/_local/page.html", "/_local/about/", "/_local/..", "/_local/page.js/x"] {
        let raw = get(url, path, &[HTML]);
        let error: Value = serde_json::from_str(&raw.body).unwrap();
        assert_eq!((raw.status, error["error"].as_str()), (404, Some("not_found")), "{path}");
    }
}

#[test]
fn other_hosts_sites_machines_and_proxies_get_nothing_of_the_page() {
    let running = Running::start(&[]);
    let url = running.text("url");
    for path in ["/", "/_local/", "/_local/about", "/_local/events", "/_local/mails", "/_local/page.js"] {
        let line = format!("GET {path} HTTP/1.1");
        for host in ["evil.example", "localhost.evil.example"] {
            let raw = send(url, &[&line, &format!("Host: {host}"), HTML], "");
            assert!(raw.status == 403 && raw.body.contains("--allow-host"), "{host}: {raw:?}");
        }
        for (site, origin) in [
            ("Sec-Fetch-Site: cross-site", "X: x"),
            ("Sec-Fetch-Site: same-site", "X: x"),
            ("X: x", "Origin: http://evil.example"),
            ("X: x", "Origin: http://localhost:3000"),
            ("X: x", "Origin: null"),
            ("Sec-Fetch-Site: same-origin", "Origin: http://evil.example"),
        ] {
            let raw = get(url, path, &[HTML, site, origin]);
            assert_eq!(raw.status, 403, "{path} {site} {origin}: {raw:?}");
            assert!(!raw.is_open_to_pages() && !raw.body.contains("Latchgate"), "{raw:?}");
        }
        // At the root, the API answers.
        let status = if path == "/" { 404 } else { 403 };
        let raw = get(url, path, &[HTML, "X-Forwarded-For: 203.0.113.7"]);
        assert!(raw.status == status && !raw.body.contains("demo"), "{path}: {raw:?}");
    }
    // A link on another page leads to it; a frame doesn't.
    let link = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
    assert_eq!(get(url, "/", &[&[HTML][..], &link].concat()).status, 200);
    assert_eq!(get(url, "/_local/about", &link).status, 403);
    let frame = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"];
    assert_eq!(get(url, "/", &[&[HTML][..], &frame].concat()).status, 403);
}

#[test]
fn the_page_describes_the_server_and_shadows_no_route() {
    let running = Running::start(&["--access-ttl", "90", "--origin", "http://localhost:5173"]);
    let url = running.text("url");
    let raw = get(url, "/_local/about", &[]);
    raw.assert_locked_down();
    let about: Value = serde_json::from_str(&raw.body).unwrap();
    assert_eq!(about["url"], url);
    assert_eq!(about["page_url"], running.text("page"));
    assert!(running.text("page").starts_with("http://localhost:"));
    assert_eq!((&about["api"], &about["lifetimes"]["access"]), (&"REST API".into(), &90.into()));
    assert_eq!(about["dpop"], "on");
    assert_eq!(about["origins"], serde_json::json!(["http://localhost:5173"]));
    assert_eq!((&about["store"]["kind"], &about["store"]["place"]), (&"memory".into(), &Value::Null));
    assert_eq!(about["demo"]["password"], running.text("password"));
    assert!(!raw.body.contains(running.text("dynamodb_access_key_id")), "what opens the store isn't told");
    let routes = about["routes"].as_array().unwrap();
    assert!(routes.iter().any(|route| route["path"] == "/login" && route["is_protected"] == false));
    assert!(routes.iter().any(|route| route["path"] == "/sessions" && route["is_protected"] == true));
    let page = get(url, "/_local/", &[]);
    let policy = page.header("content-security-policy").unwrap();
    for route in routes {
        let (method, path) = (route["method"].as_str().unwrap(), route["path"].as_str().unwrap());
        let line = format!("{method} {path} HTTP/1.1");
        let raw = send(url, &[&line, HOST, HTML], "");
        // The hosted pages have their own policy. Those for signed-in users lead to the sign-in.
        let found = raw.header("content-security-policy");
        let is_page = HOSTED.contains(&path) && ["GET", "POST"].contains(&method) && raw.status != 303;
        assert!(found.is_some() == is_page && found != Some(policy), "{line}: {raw:?}");
    }
}

#[test]
fn a_users_server_gets_the_other_paths_and_the_page_stays() {
    let running = Running::logging(&["--upstream", "http://127.0.0.1:1"]);
    let url = running.text("url").to_owned();
    assert_eq!(get(&url, "/", &[HTML]).header("content-type"), Some("text/html; charset=utf-8"));
    let about: Value = serde_json::from_str(&get(&url, "/_local/about", &[]).body).unwrap();
    assert!(about["upstreams"][0].as_str().unwrap().contains("http://127.0.0.1:1"), "{about}");
    assert_eq!(get(&url, "/", &[]).status, 401, "the authorizer is asked about the rest");
    assert_eq!(get(&url, "/orders", &[HTML]).status, 401);
    let logged = running.logged();
    assert!(logged.contains("401  GET      /orders") && !logged.contains("/_local/"), "{logged}");
}

#[tokio::test]
async fn the_page_shows_the_demo_user_until_it_is_deleted() {
    let running = Running::start(&[]);
    let store = aws_sdk_dynamodb::Client::new(&running.store());
    let name = aws_sdk_dynamodb::types::AttributeValue::S("demo".to_owned());
    store.delete_item().table_name("CredentialsTable").key("username", name).send().await.unwrap();
    let about: Value = serde_json::from_str(&get(running.text("url"), "/_local/about", &[]).body).unwrap();
    assert_eq!(about["demo"], Value::Null);
}

/// An open stream of events.
pub(crate) struct Stream(TcpStream);

impl Stream {
    pub(crate) fn open(url: &str, path: &str) -> Self {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\n{HOST}\r\nAccept: text/event-stream\r\n\r\n").unwrap();
        Self(stream)
    }

    /// Reads up to this text.
    pub(crate) fn read_to(&mut self, end: &str) -> String {
        let (mut text, mut buffer) = (String::new(), [0; 4096]);
        while !text.contains(end) {
            let count = self.0.read(&mut buffer).unwrap();
            assert!(count > 0, "it ended: {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        text
    }
}

#[tokio::test]
async fn events_arrive_as_they_happen_and_resume_after_the_last_one_seen() {
    let running = Running::start(&[]);
    let url = running.text("url");
    let mut stream = Stream::open(url, "/_local/events");
    let head = stream.read_to("retry: ");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: text/event-stream"), "{head}");
    let tokens = running.login().await;
    let told = stream.read_to(r#""path":"/login""#);
    assert!(told.contains(r#""event":"login_succeeded""#) && told.contains(r#""kind":"request""#), "{told}");
    assert!(!told.contains(&tokens["refresh_token"].as_str().unwrap()[..20]), "{told}");
    drop(stream);

    let id = told.split("id: ").nth(1).unwrap().split('\n').next().unwrap().trim();
    let mut again = Stream::open(url, &format!("/_local/events?after={id}"));
    let told = again.read_to(r#""path":"/login""#);
    assert!(!told.contains(id), "{told}");
    let mut late = Stream::open(url, "/_local/events");
    assert!(late.read_to(r#""path":"/login""#).contains(id));
}

#[tokio::test]
async fn streams_are_bounded_and_an_unread_one_blocks_no_request() {
    let running = Running::start(&[]);
    let url = running.text("url");
    let mut streams: Vec<_> = (0..16).map(|_| Stream::open(url, "/_local/events")).collect();
    for stream in &mut streams {
        stream.read_to("retry: ");
    }
    let refused = get(url, "/_local/events", &[]);
    assert_eq!(refused.status, 503, "{refused:?}");
    // From now on the test doesn't read: this is far more than the buffers in between hold.
    let padding = "x".repeat(30);
    for number in 0..2000 {
        assert_eq!(get(url, &format!("/nowhere/{padding}/{number}"), &[]).status, 404);
    }
    running.login().await;
    // A reader that resumes gets all kept entries, and learns how many it missed.
    let told = streams[0].read_to(r#""path":"/login""#);
    assert!(told.len() < 4_000_000, "{}", told.len());
    drop(streams);
    for _ in 0..100 {
        if Stream::open(url, "/_local/events").read_to("\r\n\r\n").starts_with("HTTP/1.1 200") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the places of those who are gone are free again");
}

#[test]
fn open_streams_do_not_keep_the_server_from_ending() {
    let mut running = Running::start(&[]);
    let mut stream = Stream::open(running.text("url"), "/_local/events");
    stream.read_to("retry: ");
    let id = running.child.id().to_string();
    assert!(std::process::Command::new("kill").arg(id).status().unwrap().success());
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn localhost_leads_here_by_ipv6_too() {
    let running = Running::start(&[]);
    let port = running.text("url").rsplit_once(':').unwrap().1;
    // Without IPv6 there is nothing to test.
    if TcpStream::connect(format!("[::1]:{port}")).is_err() {
        assert!(std::net::TcpListener::bind("[::1]:0").is_err(), "it listens on 127.0.0.1 alone");
        return;
    }
    let raw = send(
        &format!("http://[::1]:{port}"),
        &["GET / HTTP/1.1", &format!("Host: localhost:{port}"), HTML],
        "",
    );
    assert_eq!(raw.status, 200);
}
