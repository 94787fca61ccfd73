//! The program, running.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use aws_config::SdkConfig;
use local::engine;
use serde_json::Value;
use shared::route;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_latchgate-local");

/// The running program, which is stopped at the end of the test.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) line: Value,
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(arguments, Stdio::null())
    }

    /// Starts it with a readable log.
    pub(crate) fn logging(arguments: &[&str]) -> Self {
        Self::spawn(arguments, Stdio::piped())
    }

    fn spawn(arguments: &[&str], stderr: Stdio) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["--port", "0", "--json"]).args(arguments).env_remove("AWS_ENDPOINT_URL_DYNAMODB");
        command.env("XDG_RUNTIME_DIR", env!("CARGO_TARGET_TMPDIR")).env("TZ", "UTC");
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        Self { child, stdout, line: serde_json::from_str(&line).unwrap() }
    }

    /// Stops it, and returns its log.
    pub(crate) fn logged(mut self) -> String {
        self.child.kill().unwrap();
        let mut logged = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut logged).unwrap();
        logged
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.line[name].as_str().unwrap()
    }

    /// The SDK configuration for the store.
    pub(crate) fn store(&self) -> SdkConfig {
        engine::config(self.text("dynamodb_endpoint"), self.text("dynamodb_access_key_id"))
    }

    /// The log of a start with these options, until it serves.
    pub(crate) fn warnings(arguments: &[&str]) -> String {
        Self::told(arguments, |_| ())
    }

    /// The log of a start with these options, until `done` returns.
    pub(crate) fn told(arguments: &[&str], done: impl FnOnce(&str)) -> String {
        let running = Self::logging(arguments);
        done(running.text("url"));
        running.logged()
    }

    pub(crate) async fn post(&self, path: &str, body: String) -> (u16, Value) {
        let url = format!("{}{path}", self.text("url"));
        let form = "application/x-www-form-urlencoded";
        let request = reqwest::Client::new().post(url).header("content-type", form).body(body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }

    pub(crate) async fn login(&self) -> Value {
        let password = self.text("password").replace(' ', "+");
        let body = format!(
            "client_id={}&username={}&password={password}",
            self.text("public_client_id"),
            self.text("username")
        );
        let (status, tokens) = self.post(route::LOGIN, body).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    pub(crate) async fn refresh(&self, tokens: &Value) -> (u16, Value) {
        let (client, token) = (self.text("public_client_id"), tokens["refresh_token"].as_str().unwrap());
        let body = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
        self.post(route::REFRESH, body).await
    }

    pub(crate) async fn call(&self, tokens: &Value) -> u16 {
        let url = format!("{}/sessions", self.text("url"));
        let request = reqwest::Client::new().get(url).bearer_auth(tokens["access_token"].as_str().unwrap());
        request.send().await.unwrap().status().as_u16()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A temporary folder for one test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
