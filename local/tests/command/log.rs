//! The log on standard error.

use serde_json::Value;

use crate::{running::Running, wire};

/// A login, a call, a refresh, a theft, a lock, calls that are refused, and paths that would forge lines.
async fn used(running: &Running) -> Vec<String> {
    let first = running.login().await;
    assert_eq!(running.call(&first).await, 200);
    let (_, second) = running.refresh(&first).await;
    let (_, third) = running.refresh(&second).await;
    assert_eq!(running.refresh(&first).await.0, 400);
    assert_eq!(running.call(&third).await, 401);
    for _ in 0..21 {
        let wrong = "client_id=demo-app&username=demo&password=Wrong-password-1".to_owned();
        assert_eq!(running.post("/login", wrong).await.0, 400);
    }
    let url = running.text("url");
    let token = third["refresh_token"].as_str().unwrap().to_owned();
    for path in ["/nowhere", "/a\u{202e}b", &format!("/logout/{token}?token={token}")] {
        wire::send(url, &[&format!("GET {path} HTTP/1.1"), "Host: localhost"], "");
    }
    wire::send(url, &["GET /sessions HTTP/1.1", "Host: evil.example"], "");
    let tokens = [&first, &second, &third].into_iter().flat_map(|tokens| {
        ["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap().to_owned())
    });
    tokens.collect()
}

/// The lines of requests, without the time of day and the duration.
fn requests(logged: &str) -> Vec<String> {
    let lines = logged.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let words = lines.map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>());
    words.map(|words| words[..words.len() - 2].join(" ")).collect()
}

#[tokio::test]
async fn each_request_is_logged_as_one_readable_line() {
    let running = Running::logging(&[]);
    let tokens = used(&running).await;
    let logged = running.logged();
    let lines = requests(&logged);
    let who = "user demo-user client demo-app";
    let expected = [
        format!("200 POST /login {who}"),
        format!("200 GET /sessions {who}"),
        format!("200 POST /refresh {who}"),
        format!("200 POST /refresh {who}"),
        format!("400 POST /refresh invalid_grant: token_reused {who}"),
        format!("401 GET /sessions unauthorized: session_over {who}"),
    ];
    assert_eq!(lines[..6], expected, "{logged}");
    assert_eq!(lines[6], format!("400 POST /login invalid_grant: wrong_password {who}"), "{logged}");
    assert!(lines[26].starts_with("400 POST /login invalid_grant: budget_spent"), "{logged}");
    assert!(lines[27].starts_with("404 GET /nowhere ") && lines[27].ends_with(": no_such_route"), "{logged}");
    assert!(lines.last().unwrap().starts_with("403 GET /sessions other_host"), "{logged}");
    // Sentences about events besides the answer, for readers who don't know the events' names.
    for sentence in [
        "↳ Probably theft: an old refresh token of demo-user on demo-app was used again.",
        "↳ A session of demo-user on demo-app ended: its refresh token or its code was used again.",
        "↳ Locked for now: too many wrong passwords for this user name. Even the right one is refused, for up to four hours.",
    ] {
        assert!(logged.contains(sentence), "{sentence}: {logged}");
    }
    assert!(!logged.contains(r#"{""#), "no JSON: {logged}");
    assert!(logged.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{logged:?}");
    for token in tokens {
        assert!(!logged.contains(&token[..20]), "a token: {logged}");
    }
}

#[tokio::test]
async fn json_is_logged_in_addition_or_alone_on_request() {
    let verbose = Running::logging(&["--verbose"]);
    verbose.login().await;
    let logged = verbose.logged();
    let (json, lines): (Vec<_>, Vec<_>) = logged.lines().partition(|line| line.starts_with('{'));
    let event: Value = serde_json::from_str(json[0]).unwrap();
    assert_eq!((&event["event"], &event["function"]), (&"login_succeeded".into(), &"login".into()));
    let login = "200 POST /login user demo-user client demo-app";
    assert_eq!(requests(&lines.join("\n")).last().unwrap(), login, "{logged}");

    let machine = Running::logging(&["--log", "json"]);
    let tokens = used(&machine).await;
    let logged = machine.logged();
    let lines: Vec<Value> = logged.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), 31, "{logged}");
    assert_eq!((&requests[0]["path"], &requests[0]["status"]), (&"/login".into(), &200.into()));
    assert_eq!(requests[4]["reason"], "token_reused");
    assert!(requests.iter().all(|line| line["elapsed_ms"].is_f64() && line["timestamp"].is_string()));
    let thefts = lines.iter().filter(|line| line["event"] == "refresh_token_reused");
    assert_eq!(thefts.count(), 1, "{logged}");
    for token in tokens {
        assert!(!logged.contains(&token[..20]), "a token: {logged}");
    }
}
