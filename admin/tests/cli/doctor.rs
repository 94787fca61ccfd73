//! `latchgate doctor` as a program: it removes everything that it made, however it ends.

use std::{
    process::{Command as Sender, Stdio},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, HeaderName, StatusCode, header::CONTENT_TYPE},
    routing::{get, post},
};
use port_file::LocalServer;
use tokio::{net::TcpListener, process::Command, time};

use crate::harness::{ACCESS_KEY_ID, Deployed, TABLES};

/// An API that never answers a login.
async fn stuck() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route(
            "/.well-known/jwks.json",
            get(async || ([(CONTENT_TYPE, "application/json")], r#"{"keys":[]}"#)),
        )
        .route("/login", post(std::future::pending::<()>));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A store that doesn't describe the expiry of its tables.
async fn without_expiry(engine: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |headers: HeaderMap, body: Bytes| unless_of_expiry(engine.clone(), headers, body);
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}

async fn unless_of_expiry(
    engine: String,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(HeaderName, &'static str); 1], Vec<u8>) {
    let kind = [(CONTENT_TYPE, "application/x-amz-json-1.0")];
    if headers["x-amz-target"].to_str().unwrap().ends_with(".DescribeTimeToLive") {
        return (StatusCode::BAD_REQUEST, kind, br#"{"__type":"AccessDeniedException"}"#.to_vec());
    }
    let mut request = reqwest::Client::new().post(engine).body(body);
    for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
        request = request.header(name, headers[name].to_str().unwrap());
    }
    let answered = request.send().await.unwrap();
    let status = StatusCode::from_u16(answered.status().as_u16()).unwrap();
    (status, kind, answered.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn an_interrupted_doctor_removes_its_trial_data() {
    let deployed = Deployed::start().await;
    let folder = deployed.folder.join("latchgate");
    std::fs::create_dir_all(&folder).unwrap();
    let server = LocalServer {
        url: stuck().await,
        dynamodb_endpoint: deployed.endpoint.clone(),
        dynamodb_access_key_id: Some(ACCESS_KEY_ID.to_owned()),
        tables: TABLES.map(|(id, _)| (id.to_owned(), deployed.table(id).to_owned())).into(),
        keyset_file: None,
        sign_up: None,
        mail_from: None,
        pid: 1,
    };
    std::fs::write(folder.join("local-8787.json"), serde_json::to_vec(&server).unwrap()).unwrap();
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchgate"));
        command.env_clear().env("XDG_STATE_HOME", &deployed.folder).env("XDG_RUNTIME_DIR", &deployed.folder);
        command.args(["--local", "doctor"]).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let child = command.spawn().unwrap();
        while deployed.items("UsersTable").await.is_empty() {
            time::sleep(Duration::from_millis(20)).await;
        }
        let pid = child.id().unwrap().to_string();
        // Twice, like an impatient operator.
        for _ in 0..2 {
            assert!(Sender::new("kill").args([signal, &pid]).status().unwrap().success());
        }
        let output = child.wait_with_output().await.unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.contains("interrupted; what was made for it was removed"), "{signal}: {printed}");
        for table in ["ClientsTable", "UsersTable", "CredentialsTable", "SessionsTable"] {
            assert!(deployed.items(table).await.is_empty(), "{signal}: {table}");
        }
    }
}

#[tokio::test]
async fn the_doctor_skips_checks_of_aws_on_a_local_store() {
    let deployed = Deployed::embedded().await;
    // This publishes its keys, which the doctor checks.
    deployed.api().await;
    let ran = deployed.run(&["doctor"]).await;
    let checks = ran.json();
    let checks: Vec<_> = checks.as_array().unwrap().iter().collect();
    let name = |check: &serde_json::Value| check["check"].as_str().unwrap().to_owned();
    let names: Vec<_> = checks.iter().map(|check| name(check)).collect();
    assert!(
        names.iter().all(|name| name != "deletion protection" && !name.starts_with("recovery")),
        "{ran:?}"
    );
    let of_aws = |check: &&&serde_json::Value| check["detail"].as_str().unwrap().contains("only AWS has");
    assert_eq!(checks.iter().filter(of_aws).count(), 1, "{ran:?}");
    assert!(!ran.stderr.contains("aws dynamodb"), "{ran:?}");
    let unknown = checks.iter().filter(|check| check["result"] == "unknown");
    let unknown: Vec<_> = unknown.map(|check| name(check)).collect();
    assert_eq!(unknown, ["keyset", "API"], "{ran:?}");
}

#[tokio::test]
async fn a_command_for_a_local_store_names_its_endpoint() {
    let deployed = Deployed::embedded().await;
    let off = aws_sdk_dynamodb::types::TimeToLiveSpecification::builder();
    let off = off.enabled(false).attribute_name("expires_at").build().unwrap();
    let update = deployed.store.update_time_to_live().table_name(deployed.table("SessionsTable"));
    update.time_to_live_specification(off).send().await.unwrap();
    let ran = deployed.run(&["doctor"]).await;
    let said = format!("aws dynamodb update-time-to-live --endpoint-url {} --table-name", deployed.endpoint);
    assert!(ran.assert(5).stderr.contains(&said), "{ran:?}");
}

#[tokio::test]
async fn a_check_that_could_not_run_sets_the_exit_code() {
    let mut deployed = Deployed::embedded().await;
    deployed.api().await;
    deployed.endpoint = without_expiry(deployed.endpoint.clone()).await;
    let ran = deployed.run(&["doctor"]).await;
    assert!(ran.assert(1).stderr.contains("could not check 9"), "{ran:?}");
}
