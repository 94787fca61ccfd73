//! `latchgate doctor` as a program: what it made is removed, however it ends.

use std::{
    process::{Command as Sender, Stdio},
    time::Duration,
};

use axum::{
    Router,
    http::header::CONTENT_TYPE,
    routing::{get, post},
};
use port_file::LocalServer;
use tokio::{net::TcpListener, process::Command, time};

use crate::harness::{ACCESS_KEY_ID, Deployed};

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

#[tokio::test]
async fn a_doctor_that_is_interrupted_removes_what_it_made() {
    let deployed = Deployed::start().await;
    let folder = deployed.folder.join("latchgate");
    std::fs::create_dir_all(&folder).unwrap();
    let tables =
        ["ClientsTable", "CredentialsTable", "UsersTable", "SessionsTable", "RevocationsTable", "KeysTable"];
    let server = LocalServer {
        url: stuck().await,
        dynamodb_endpoint: deployed.endpoint.clone(),
        dynamodb_access_key_id: Some(ACCESS_KEY_ID.to_owned()),
        tables: tables.map(|id| (id.to_owned(), deployed.table(id).to_owned())).into(),
        keyset_file: None,
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
        // Twice, as by somebody who is in a hurry.
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
