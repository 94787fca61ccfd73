//! A server in a separate process, and its clients.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdin, Command, Stdio},
};

use crate::program::Failure;
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chain::{Chain, Ran, run};

/// Marks the line that says that the server is ready.
pub(crate) const MARK: &str = "found: ";

/// A server's description of itself.
#[derive(Deserialize, Serialize)]
pub(crate) struct Found {
    /// The answering process.
    pub(crate) pid: u32,
    /// Its token endpoint.
    pub(crate) url: String,
    /// The client that a refresh has to name. `None` if it needs no name.
    pub(crate) client_id: Option<String>,
    /// One refresh token for each session.
    pub(crate) refresh_tokens: Vec<String>,
}

/// A running server, which ends with its standard input.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    child: Child,
    process: u32,
    /// Dropping this closes it.
    input: Option<ChildStdin>,
    sessions: Vec<Session>,
    /// The first, long exchanged token of a session.
    used: Session,
}

/// A connection, and the session that it refreshes.
#[derive(Clone)]
struct Session {
    client: Client,
    url: String,
    client_id: Option<String>,
    refresh_token: String,
}

impl Server {
    /// Starts this program under this name.
    pub(crate) fn start(name: String, program: &mut Command) -> Result<Self, Failure> {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let found = loop {
            let line = lines.next().ok_or_else(|| format!("{name} doesn't start"))??;
            if let Some(found) = line.strip_prefix(MARK) {
                break serde_json::from_str::<Found>(found)?;
            }
        };
        let session = |refresh_token: &String| Session {
            client: Client::new(),
            url: found.url.clone(),
            client_id: found.client_id.clone(),
            refresh_token: refresh_token.clone(),
        };
        let sessions: Vec<Session> = found.refresh_tokens.iter().map(session).collect();
        let used = sessions.first().ok_or("no session")?.clone();
        Ok(Self { name, child, process: found.pid, input, sessions, used })
    }

    /// Refreshes this many of its sessions.
    pub(crate) async fn run(&mut self, connections: usize, milliseconds: u64) -> Result<Ran, Failure> {
        let chains = self.sessions.drain(..connections).collect();
        let (chains, ran) = run(chains, milliseconds, self.process).await?;
        self.sessions.extend(chains);
        // These sessions have open connections, and the others don't.
        self.sessions.rotate_right(connections);
        Ok(ran)
    }

    /// Checks that a token works once: a server that still accepts the old one replaces nothing.
    pub(crate) async fn hold_that_tokens_are_good_once(&mut self) -> Result<(), Failure> {
        let was_taken = self.used.advance().await.is_ok();
        if was_taken { Err(format!("{} takes a refresh token again", self.name).into()) } else { Ok(()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.input.take();
        // Whatever the result, the process has ended or will end.
        let _ = self.child.wait();
    }
}

impl Chain for Session {
    async fn advance(&mut self) -> Result<(), Failure> {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", &self.refresh_token)];
        form.extend(self.client_id.as_deref().map(|client_id| ("client_id", client_id)));
        let response = self.client.post(&self.url).form(&form).send().await?;
        let (status, body) = (response.status(), response.bytes().await?);
        if status != 200 {
            return Err(format!("{}: a refresh was answered with {status}", self.url).into());
        }
        let body: Value = serde_json::from_slice(&body)?;
        let successor = body["refresh_token"].as_str().ok_or("no refresh token")?;
        if successor == self.refresh_token || body["access_token"].as_str().is_none() {
            return Err("no new tokens".into());
        }
        successor.clone_into(&mut self.refresh_token);
        Ok(())
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("url", &self.url).finish_non_exhaustive()
    }
}
