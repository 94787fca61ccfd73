//! The program's output, and the data that a restart keeps.
#![expect(clippy::unwrap_used, reason = "a test that can not go on stops")]

mod captcha;
mod errors;
mod hosts;
mod log;
mod mails;
mod origins;
mod page;
mod port_file;
mod proofs;
mod resources;
mod running;
mod sign_in;
mod store;
mod upstream;
mod wire;

use std::{io::Read, process::Command, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use shared::keys::SigningAlgorithm;

use crate::running::{Folder, PROGRAM, Running};

#[tokio::test]
async fn the_start_prints_one_line_of_json_and_nothing_after_it() {
    let mut running = Running::start(&[]);
    let names: Vec<_> = running.line.as_object().unwrap().keys().cloned().collect();
    let expected = [
        "allowed_origins",
        "audience",
        "client_secret",
        "confidential_client_id",
        "dynamodb_access_key_id",
        "dynamodb_endpoint",
        "mails",
        "page",
        "password",
        "public_client_id",
        "url",
        "username",
    ];
    assert_eq!(names, expected);
    assert_eq!(running.text("audience"), "api");
    assert!(running.text("url").starts_with("http://127.0.0.1:"));
    assert!(running.text("dynamodb_endpoint").starts_with("http://127.0.0.1:"));
    running.login().await;
    running.child.kill().unwrap();
    let mut rest = String::new();
    running.stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[tokio::test]
async fn with_a_file_every_session_survives_a_restart_on_another_port() {
    let folder = Folder::new("restart");
    let db = folder.0.join("latchgate.db");
    let db = db.to_str().unwrap();
    // Access tokens name their issuer: the server's address, unless a parameter names another.
    let arguments = ["--db", db, "--parameter", "Issuer=https://issuer.example.com"];
    let first = Running::start(&arguments);
    let (tokens, idle) = (first.login().await, first.login().await);
    let (_, tokens) = first.refresh(&tokens).await;
    drop(first);

    let second = Running::start(&arguments);
    assert_eq!(second.call(&tokens).await, 200);
    assert_eq!(second.refresh(&tokens).await.0, 200);
    assert_eq!(second.refresh(&idle).await.0, 200);
    second.login().await;
    #[cfg(unix)]
    for file in [db.to_owned(), format!("{db}.keyset.json")] {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
        assert_eq!(mode & 0o077, 0, "{file} is its owner's alone");
    }
}

#[cfg(unix)]
#[test]
fn a_database_that_others_reach_or_that_is_a_link_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new("private");
    let (db, link) = (folder.0.join("latchgate.db"), folder.0.join("link.db"));
    std::fs::write(&db, "").unwrap();
    std::fs::set_permissions(&db, std::fs::Permissions::from_mode(0o644)).unwrap();
    symlink(folder.0.join("elsewhere.db"), &link).unwrap();
    for (path, reason) in [(&db, "chmod 600"), (&link, "symbolic link")] {
        let output = Command::new(PROGRAM).args(["--port", "0", "--db"]).arg(path).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(reason), "{said}");
    }
    assert!(std::fs::read(&db).unwrap().is_empty() && !folder.0.join("elsewhere.db").exists());
}

#[tokio::test]
async fn expired_rows_are_swept() {
    let folder = Folder::new("sweep");
    let db = folder.0.join("latchgate.db");
    let db = db.to_str().unwrap();
    let first = Running::start(&["--db", db, "--idle-ttl", "1"]);
    first.login().await;
    drop(first);
    tokio::time::sleep(Duration::from_secs(2)).await;

    // The first sweep is at the start; then one a minute.
    let second = Running::start(&["--db", db]);
    let store = aws_sdk_dynamodb::Client::new(&second.store());
    for _ in 0..100 {
        let scan = store.scan().table_name("SessionsTable").consistent_read(true).send().await.unwrap();
        if scan.count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("an expired session is still there");
}

/// The streams of a file that is used for weeks would otherwise fill it.
#[tokio::test]
async fn records_of_streams_leave_the_file_after_a_day() {
    let folder = Folder::new("trim");
    let db = folder.0.join("latchgate.db");
    let first = Running::start(&["--db", db.to_str().unwrap()]);
    let store = aws_sdk_dynamodb::Client::new(&first.store());
    let put = store.put_item().table_name("UsersTable");
    put.item("user_id", AttributeValue::S("ada".to_owned())).send().await.unwrap();
    drop(first);
    let file = rusqlite::Connection::open(&db).unwrap();
    let aged = file.execute("UPDATE _stream_records SET created_at = created_at - 90000", []).unwrap();
    assert!(aged > 0);
    let _second = Running::start(&["--db", db.to_str().unwrap()]);
    for _ in 0..100 {
        let old = "SELECT count(*) FROM _stream_records WHERE created_at < unixepoch() - 86400";
        if file.query_row(old, [], |row| row.get::<_, u32>(0)).unwrap() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("records of yesterday are still there");
}

#[tokio::test]
async fn without_a_file_a_restart_forgets() {
    let tokens = Running::start(&[]).login().await;
    let again = Running::start(&[]);
    assert_eq!(again.refresh(&tokens).await.0, 400);
    assert_eq!(again.call(&tokens).await, 401);
}

#[tokio::test]
async fn lifetimes_are_overridden_by_options() {
    let running = Running::start(&[
        "--access-ttl",
        "120",
        "--idle-ttl",
        "1000",
        "--absolute-ttl",
        "900",
        "--leeway",
        "0",
    ]);
    let tokens = running.login().await;
    assert_eq!(tokens["expires_in"], 120);
    assert_eq!(tokens["refresh_token_expires_in"], 900);
}

#[tokio::test]
async fn one_store_serves_two_programs() {
    let folder = Folder::new("endpoint");
    let keyset = folder.0.join("keyset.json");
    let keyset = keyset.to_str().unwrap();
    let first = Running::start(&["--parameter", "Issuer=https://issuer.example.com", "--keyset", keyset]);
    let second = Running::start(&[
        "--parameter",
        "Issuer=https://issuer.example.com",
        "--endpoint",
        first.text("dynamodb_endpoint"),
        "--access-key-id",
        first.text("dynamodb_access_key_id"),
        "--keyset",
        keyset,
    ]);
    for name in ["dynamodb_endpoint", "dynamodb_access_key_id"] {
        assert_eq!(second.text(name), first.text(name));
    }
    let tokens = first.login().await;
    assert_eq!(second.call(&tokens).await, 200);
    assert_eq!(second.refresh(&tokens).await.0, 200);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for arguments in [
        &["--leeway", "61"][..],
        &["--access-ttl", "0"],
        &["--access-ttl", "x"],
        &["--port", "65536"],
        &["--db", "x", "--endpoint", "http://127.0.0.1:1"],
        &["--nonsense"],
        &["--endpoint", "nonsense"],
        &["--access-key-id", "x"],
        &["--endpoint", "http://127.0.0.1:1", "--access-key-id", "a/b"],
        &["--host", "localhost"],
        &["--allow-host", "http://laptop.local"],
        &["--allow-host", "laptop.local:8787"],
        &["--allow-host", "*"],
        &["--origin", "nonsense"],
        &["--origin", "http://localhost:3000/"],
        &["--origin", "https://app.example.com:443"],
        &["--origin", "https://*.example.com"],
        &["--origin", "null"],
        &["--origin", ""],
        &["--origin", "http://localhost:3000,"],
        &["--api", "websocket"],
        &["--log", "xml"],
        &["--smtp", "localhost"],
        &["--sign-up", "all"],
    ] {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
    let output =
        Command::new(PROGRAM).args(["--db", "/nonexistent/folder/x.db", "--port", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("latchgate-local: "), "{error}");
}

#[tokio::test]
async fn the_keyset_has_the_requested_algorithm_and_the_issuer_is_the_served_url() {
    for algorithm in SigningAlgorithm::ALL.map(SigningAlgorithm::name) {
        let running = Running::start(&["--algorithm", algorithm]);
        let url = running.text("url");
        let get = async |path: &str| -> Value {
            let response = reqwest::get(format!("{url}/.well-known/{path}")).await.unwrap();
            serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
        };
        assert_eq!(get("jwks.json").await["keys"][0]["alg"], algorithm);
        let document = get("oauth-authorization-server").await;
        assert_eq!(document["issuer"], url);
        assert_eq!(document["token_endpoint"], format!("{url}/token"));
        let tokens = running.login().await;
        assert_eq!(running.call(&tokens).await, 200, "{algorithm}");
    }
    let running = Running::start(&["--parameter", "SigningAlgorithm=EdDSA"]);
    let jwks = reqwest::get(format!("{}/.well-known/jwks.json", running.text("url"))).await.unwrap();
    let jwks: Value = serde_json::from_slice(&jwks.bytes().await.unwrap()).unwrap();
    assert_eq!(jwks["keys"][0]["alg"], "EdDSA", "by the template's own name");
}

#[tokio::test]
async fn an_http_api_can_be_in_front_of_the_same_functions() {
    let running = Running::start(&["--api", "http"]);
    let tokens = running.login().await;
    assert_eq!(running.call(&tokens).await, 200);
    assert_eq!(running.refresh(&tokens).await.0, 200);
    let refused = reqwest::get(format!("{}/sessions", running.text("url"))).await.unwrap();
    assert_eq!(refused.status(), 401);
    let body: Value = serde_json::from_slice(&refused.bytes().await.unwrap()).unwrap();
    assert_eq!(body, serde_json::json!({ "message": "Unauthorized" }));
}

#[tokio::test]
async fn any_parameter_of_the_template_can_be_set_and_no_other() {
    let rules = "ScopeRules=GET /sessions admin";
    let running = Running::start(&["--parameter", rules, "--parameter", "Issuer=https://issuer.example.com"]);
    let tokens = running.login().await;
    assert_eq!(running.call(&tokens).await, 403, "the demo user has no such scope");
    for (parameter, said) in
        [("NoSuch=1", "no parameter NoSuch"), ("ScopeRules=GET", "the parameter ScopeRules can't be \"GET\"")]
    {
        let arguments = ["--port", "0", "--parameter", parameter];
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{parameter}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn head_of_a_document_is_get_without_the_body() {
    for api in ["rest", "http"] {
        let running = Running::start(&["--api", api]);
        for path in ["jwks.json", "oauth-authorization-server", "openid-configuration"] {
            let ask = |method: &str| {
                let line = format!("{method} /.well-known/{path} HTTP/1.1");
                let raw = wire::send(running.text("url"), &[&line, "Host: localhost"], "");
                let head = raw.head.lines().filter(|line| !line.starts_with("date:"));
                (raw.status, head.map(str::to_owned).collect::<Vec<_>>(), raw.body)
            };
            let ((status, head, body), (head_status, head_head, head_body)) = (ask("GET"), ask("HEAD"));
            assert_eq!((status, head_status, head_body.as_str()), (200, 200, ""), "{api} {path}");
            let (mut head, mut head_head) = (head, head_head);
            head.sort();
            head_head.sort();
            assert_eq!(head, head_head, "{api} {path}");
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head:?}");
        }
    }
}
