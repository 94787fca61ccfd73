//! A server of yours behind the program.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
    thread,
};

use crate::{
    running::{PROGRAM, Running},
    wire::send,
};

/// Starts a server that answers every request with this text. Returns its port.
fn saying(answer: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

/// Starts a server that answers every request with the headers it received. Returns its port.
pub(crate) fn server() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = String::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            for line in lines.by_ref().take_while(|line| !line.is_empty()) {
                head.push_str(&line.to_ascii_lowercase());
                head.push('\n');
            }
            let length = head.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{head}");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[tokio::test]
async fn a_warning_of_a_server_shows_no_token_that_a_path_has() {
    let gone = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    for how in [&["--log", "human"][..], &["--log", "json"], &["--verbose"]] {
        let upstream = format!("http://{gone}");
        let running = Running::logging(&[&["--upstream", &upstream], how].concat());
        let token = running.login().await["access_token"].as_str().unwrap().to_owned();
        let line = format!("GET /reset/{token} HTTP/1.1");
        let authorization = format!("Authorization: Bearer {token}");
        assert_eq!(send(running.text("url"), &[&line, "Host: localhost", &authorization], "").status, 504);
        let logged = running.logged();
        assert!(logged.contains("no server answers there"), "{logged}");
        assert!(!logged.contains(&token[..20]), "{logged}");
    }
}

#[tokio::test]
async fn a_response_that_breaks_off_is_warned_of_once_behind_either_kind_of_api() {
    for (api, status) in [("rest", 200), ("http", 500)] {
        for (answer, is_broken) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole", false),
        ] {
            let upstream = format!("http://127.0.0.1:{}", saying(answer));
            let running = Running::logging(&["--api", api, "--upstream", &upstream]);
            let token =
                format!("Authorization: Bearer {}", running.login().await["access_token"].as_str().unwrap());
            let lines = ["GET /orders HTTP/1.1", "Host: localhost", &token];
            let said = send(running.text("url"), &lines, "");
            assert_eq!(said.status, if is_broken { status } else { 200 }, "{api} {answer:?}: {said:?}");
            let logged = running.logged();
            let warnings = logged.matches("the response broke off").count();
            assert_eq!(warnings, usize::from(is_broken), "{api} {answer:?}: {logged}");
        }
    }
}

#[tokio::test]
async fn a_server_is_behind_the_authorizer_of_either_kind_of_api() {
    for api in ["rest", "http"] {
        let upstreams =
            [format!("http://127.0.0.1:{}", server()), format!("/orders=http://127.0.0.1:{}", server())];
        let running =
            Running::start(&["--api", api, "--upstream", &upstreams[0], "--upstream", &upstreams[1]]);
        assert_eq!(running.line["upstreams"], serde_json::json!([upstreams[1], upstreams[0]]));
        let url = running.text("url");
        let tokens = running.login().await;
        assert_eq!(running.call(&tokens).await, 200);
        let token = format!("Authorization: Bearer {}", tokens["access_token"].as_str().unwrap());
        for path in ["/orders/7?a", "/"] {
            let line = format!("GET {path} HTTP/1.1");
            let answer = send(url, &[&line, "Host: localhost", &token, "X_Latchgate_Sub: admin"], "");
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.body.starts_with(&format!("get {path} http/1.1\n")), "{answer:?}");
            assert!(answer.body.contains("\nx-latchgate-sub: demo-user\n"), "{answer:?}");
            assert!(answer.body.contains(r#""name":"demo user""#), "{answer:?}");
            assert!(!answer.body.contains("admin"), "{answer:?}");
            assert_eq!(send(url, &[&line, "Host: localhost"], "").status, 401);
        }
    }
}

#[test]
fn a_server_that_is_this_one_causes_a_warning_and_no_endless_loop() {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port().to_string();
    let mut command = Command::new(PROGRAM);
    command.args(["--json", "--port", &port, "--upstream", &format!("http://localhost:{port}")]);
    command.env_remove("AWS_ENDPOINT_URL_DYNAMODB").env("XDG_RUNTIME_DIR", env!("CARGO_TARGET_TMPDIR"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    assert!(said.contains("is this server itself"), "{said}");
}

#[test]
fn servers_that_make_no_sense_are_refused_in_words() {
    for (arguments, code, expected) in [
        (&["--upstream", "localhost:9001"][..], 2, "is a URL, like http://127.0.0.1:9001"),
        (&["--upstream", "https://127.0.0.1:9001"], 2, "start a proxy that ends TLS"),
        (&["--upstream", "http://user:secret@127.0.0.1:9001"], 2, "a user or a password"),
        (&["--upstream", "http://127.0.0.1:9001/?a=b"], 2, "a query (?)"),
        (&["--upstream", "http://127.0.0.1:9001/#a"], 2, "a fragment (#)"),
        (&["--upstream", "/orders"], 2, "/orders=http://127.0.0.1:9001"),
        (&["--upstream", "/a/../b=http://127.0.0.1:9001"], 2, "in normal form"),
        (&["--upstream", "/orders*=http://127.0.0.1:9001"], 2, "leave the * out"),
        (&["--upstream", "/_local/x=http://127.0.0.1:9001"], 2, "the local server's own page"),
        (&["--upstream-timeout", "5"], 2, "--upstream"),
        (&["--upstream", "http://127.0.0.1:1", "--upstream-timeout", "901"], 2, "901"),
        (
            &["--upstream", "http://127.0.0.1:1", "--upstream-timeout", "31", "--api", "http", "--port", "0"],
            1,
            "the most that an HTTP API waits",
        ),
        (
            &["--upstream", "http://127.0.0.1:1", "--upstream", "/=http://127.0.0.1:2", "--port", "0"],
            1,
            "two servers for /",
        ),
    ] {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
    }
}
