//! A deployment over an engine, the program, and the functions.

pub(crate) mod account;
mod api;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use keys::KeyPlan;
use local::{
    engine::{self, AccessKeyId, Engine},
    functions::{Deployment, Internet, Keyset},
    gateway::Gateway,
    mail_key, tables,
    template::{ApiKind, Template},
};
use serde_json::Value;
use shared::{
    clock::{Clock, SystemClock},
    hash_cost::HashCost,
    random::{SystemRandom, identifier},
};
use tokio::{io::AsyncWriteExt, process::Command};

pub(crate) use self::api::{Api, Login, PASSWORD, claims};

/// The access key ID that the store requires.
pub(crate) const ACCESS_KEY_ID: &str = "AKIAEXAMPLE";

/// The tables, with the variables for their names.
pub(crate) const TABLES: [(&str, &str); 9] = [
    ("ClientsTable", "CLIENTS_TABLE"),
    ("CredentialsTable", "CREDENTIALS_TABLE"),
    ("UsersTable", "USERS_TABLE"),
    ("SessionsTable", "SESSIONS_TABLE"),
    ("RevocationsTable", "REVOCATIONS_TABLE"),
    ("KeysTable", "KEYS_TABLE"),
    ("CodesTable", "CODES_TABLE"),
    ("ConsentsTable", "CONSENTS_TABLE"),
    ("MailsTable", "MAILS_TABLE"),
];

/// A deployment without clients and users.
pub(crate) struct Deployed {
    pub(crate) endpoint: String,
    pub(crate) store: Client,
    pub(crate) folder: PathBuf,
    template: Template,
    deployment: Deployment,
}

/// The program's output and exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The JSON document of a command that must succeed.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        self.assert(0);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Asserts the exit code. After a failure, also asserts that nothing was printed but one line with the
    /// reason.
    #[track_caller]
    pub(crate) fn assert(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{self:?}");
        if code != 0 && code != 2 {
            assert!(self.stderr.lines().any(|line| line.starts_with("latchgate: ")), "{self:?}");
        }
        self
    }
}

impl Deployed {
    pub(crate) async fn start() -> Self {
        let (endpoint, prefix) = endpoint().await;
        Self::over(endpoint, &prefix).await
    }

    /// A deployment over the embedded store, whichever store is under test.
    pub(crate) async fn embedded() -> Self {
        Self::over(embedded().await, "").await
    }

    async fn over(endpoint: String, prefix: &str) -> Self {
        let store = Client::new(&engine::config(&endpoint, ACCESS_KEY_ID));
        let template = Template::of_project().unwrap();
        let tables = tables::create(&template, &store, prefix).await.unwrap();
        let random = Arc::new(SystemRandom::new());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(identifier(&*random));
        std::fs::create_dir_all(&folder).unwrap();
        let keyset = KeyPlan::default().first(SystemClock.now(), &*random).unwrap();
        let parameters = template
            .parameters()
            .with("Issuer", "https://issuer.example.com")
            .with("AllowedOrigin", "https://app.example.com");
        let deployment = Deployment {
            api: ApiKind::Rest,
            parameters,
            tables,
            keyset: Keyset::Document(Box::new(keyset)),
            mail_key: mail_key::generate(&*random),
            lambda_endpoint: None,
            dynamodb: store.clone(),
            aws: engine::config(&endpoint, ACCESS_KEY_ID),
            authorizer_cache_ttl: None,
            clock: Arc::new(SystemClock),
            random,
            hash_cost: HashCost::PRODUCTION,
            web: Arc::new(Internet),
        };
        Self { endpoint, store, folder, template, deployment }
    }

    /// The program, with a separate folder for its audit log, and without the tester's variables.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchgate"));
        command.env_clear().env("USER", "ada").env("XDG_STATE_HOME", &self.folder).current_dir(&self.folder);
        for (id, variable) in TABLES {
            command.env(variable, &self.deployment.tables[id]);
        }
        command.env("LATCHGATE_OUTPUT", "json").args(arguments);
        command.args(["--endpoint", &self.endpoint, "--access-key-id", ACCESS_KEY_ID]);
        command
    }

    /// Runs the program without anything on standard input.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        run(self.command(arguments), b"").await
    }

    /// Runs the program with this on standard input.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        run(self.command(arguments), input).await
    }

    /// The functions after a cold start, without their caches.
    pub(crate) async fn api(&self) -> Api {
        Api::over(Box::pin(Gateway::deploy(&self.template, &self.deployment)).await.unwrap())
    }

    /// A public client with the demo's scopes.
    pub(crate) async fn client(&self, client_id: &str) {
        self.run(&["clients", "create", client_id, "--public", "--scope", "read write"]).await.assert(0);
    }

    /// Creates a user with [`PASSWORD`], and returns the identifier.
    pub(crate) async fn user(&self, username: &str) -> String {
        let arguments = ["users", "create", username, "--password-stdin"];
        let ran = self.run_with(&arguments, PASSWORD.as_bytes()).await;
        ran.json()["user_id"].as_str().unwrap().to_owned()
    }

    /// All items of a table.
    pub(crate) async fn items(&self, table: &str) -> Vec<BTreeMap<String, AttributeValue>> {
        let scan = self.store.scan().table_name(&self.deployment.tables[table]).consistent_read(true);
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
        items.into_iter().map(|item| item.into_iter().collect()).collect()
    }

    /// The lines of the audit log.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.join("latchgate/audit.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The names of the events in the audit log.
    pub(crate) fn events(&self) -> Vec<String> {
        self.audit().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn table(&self, id: &str) -> &str {
        &self.deployment.tables[id]
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a command with this standard input.
pub(crate) async fn run(mut command: Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writing = tokio::spawn(async move {
        // A command that is refused at once reads nothing.
        let _ = stdin.write_all(&input).await;
    });
    let output = child.wait_with_output().await.unwrap();
    writing.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The store under test, and a prefix for its tables.
#[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests which store to use")]
async fn endpoint() -> (String, String) {
    if let Ok(endpoint) = std::env::var("LATCHGATE_TEST_ENDPOINT") {
        return (endpoint, format!("{}.", identifier(&SystemRandom::new())));
    }
    (embedded().await, String::new())
}

async fn embedded() -> String {
    Engine::start(None, AccessKeyId::new(ACCESS_KEY_ID)).await.unwrap().endpoint()
}
