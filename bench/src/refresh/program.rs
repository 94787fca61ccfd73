//! The program that `cargo run` starts: gateway, functions, log and store in one process.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, stdin},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use reqwest::Client;
use serde::Deserialize;

use super::{
    server::{Found, MARK},
    store::{Folder, Kept},
};
use crate::{api::Tokens, program::Failure};

/// The path of the measured build.
pub(crate) const LOCAL: &str = "LATCHGATE_BENCH_LOCAL";
/// The path of another build to compare with.
pub(crate) const BEFORE: &str = "LATCHGATE_BENCH_LOCAL_BEFORE";

/// The line that it prints once it serves.
#[derive(Deserialize)]
struct Banner {
    url: String,
    username: String,
    password: String,
    public_client_id: String,
}

/// Starts the program, logs in this often, prints the result, and ends with this process's standard input.
pub(crate) async fn serve(program: &Path, kept: Kept, sessions: usize) -> Result<(), Failure> {
    let mut local = Local::start(program, kept)?;
    let mut line = String::new();
    BufReader::new(local.child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let banner: Banner = serde_json::from_str(&line)?;
    let client = Client::new();
    let mut refresh_tokens = Vec::with_capacity(sessions);
    for _ in 0..sessions {
        refresh_tokens.push(login(&client, &banner).await?);
    }
    let url = format!("{}/refresh", banner.url);
    let found =
        Found { pid: local.child.id(), url, client_id: Some(banner.public_client_id), refresh_tokens };
    println!("{MARK}{}", serde_json::to_string(&found)?);
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

async fn login(client: &Client, banner: &Banner) -> Result<String, Failure> {
    let form = [
        ("client_id", &banner.public_client_id),
        ("username", &banner.username),
        ("password", &banner.password),
    ];
    let response = client.post(format!("{}/login", banner.url)).form(&form).send().await?;
    let (status, body) = (response.status(), response.bytes().await?);
    // The body may contain a token, which an error must not repeat.
    let tokens = serde_json::from_slice::<Tokens>(&body);
    Ok(tokens.map_err(|_| format!("a login was answered with {status}"))?.refresh_token)
}

/// The running program. Dropping this ends it and removes its files.
struct Local {
    child: Child,
    _folder: Folder,
}

impl Local {
    fn start(program: &Path, kept: Kept) -> Result<Self, Failure> {
        let folder = Folder::new()?;
        let in_folder = |name: &str| -> PathBuf { folder.path().join(name) };
        let mut command = Command::new(program);
        command.args(["--port", "0", "--json"]).env_remove("AWS_ENDPOINT_URL_DYNAMODB");
        if kept == Kept::File {
            command.arg("--db").arg(in_folder("store.db"));
        }
        // The folder for its port file and its log.
        command.env("XDG_RUNTIME_DIR", folder.path()).stderr(File::create(in_folder("log"))?);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        Ok(Self { child, _folder: folder })
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // It may have ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
