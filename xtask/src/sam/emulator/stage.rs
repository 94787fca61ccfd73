//! The functions' surroundings: a real engine with the demo's clients and user, and moto's Secrets Manager.

use std::{net::SocketAddr, path::PathBuf};

use serde_json::{Value, json};

use super::{lambda::Lambda, proxy::Proxy};
use crate::{
    moto,
    sam::{Tools, build::Built, tools::REGION, translated::Translated, variables::Variables},
    server::{LocalServer, PortServer, free_address},
    shell::{TaskError, root},
};

/// A function, and the proxies in front of the services that it calls.
pub(super) struct Actor {
    pub(super) lambda: Lambda,
    pub(super) services: [Proxy; 2],
}

/// Values for parameters without a default, the sender, without which no function would need the mails' key, and open
/// sign-ups.
const PARAMETERS: [(&str, &str); 3] = [
    ("Issuer", "https://issuer.example.com"),
    ("MailFrom", "Latchgate <login@example.com>"),
    ("SignUp", "open"),
];
/// Every variable that could make a function or its runtime print more.
const LOUD: [(&str, &str); 5] = [
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
    ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ("TRACING_LEVEL", "trace"),
];
/// The secrets' logical ids, which are their names here.
const KEYSET: &str = "Keyset";
const MAIL_KEY: &str = "MailKey";

pub(super) struct Stage<'a> {
    emulator: PathBuf,
    stack: &'a Translated,
    built: &'a Built,
    store: LocalServer,
    secrets: SocketAddr,
    _secrets: PortServer,
    logs: PathBuf,
}

impl<'a> Stage<'a> {
    pub(super) fn set(tools: &Tools, stack: &'a Translated, built: &'a Built) -> Result<Self, TaskError> {
        let logs = root().join("target/sam");
        std::fs::create_dir_all(&logs).map_err(|e| TaskError(format!("{}: {e}", logs.display())))?;
        let secrets = free_address()?;
        let stage = Self {
            emulator: tools.emulator()?,
            stack,
            built,
            store: LocalServer::start(&[])?,
            secrets,
            _secrets: moto::start(secrets)?,
            logs,
        };
        // Creates the secrets as the stack does.
        moto::ask(secrets, "CreateSecret", &json!({ "Name": KEYSET, "SecretString": "{}" }))?;
        moto::ask(secrets, "CreateSecret", &json!({ "Name": MAIL_KEY, "SecretString": "k".repeat(64) }))?;
        Ok(stage)
    }

    /// The logical ids of the functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = &'a str> {
        self.built.bootstraps.iter().map(|(id, _)| id.as_str())
    }

    /// The variables that the template gives a function.
    pub(super) fn variables(&self, function: &str) -> Result<Variables, TaskError> {
        self.stack.variables(function, &PARAMETERS)
    }

    /// Starts a function with these variables and full logging. `purpose` distinguishes its log file from others.
    pub(super) fn start(
        &self,
        function: &str,
        mut variables: Variables,
        purpose: &str,
    ) -> Result<Actor, TaskError> {
        let mut bootstraps = self.built.bootstraps.iter().filter(|(id, _)| id == function);
        let (_, bootstrap) =
            bootstraps.next().ok_or_else(|| TaskError(format!("no {function} was built")))?;
        let store = self.store.said("dynamodb_endpoint")?.trim_start_matches("http://").parse();
        let store = store.map_err(|e| TaskError(format!("the engine's address: {e}")))?;
        let services = [Proxy::start(store)?, Proxy::start(self.secrets)?];
        let [dynamodb, secrets] = services.each_ref().map(|service| format!("http://{}", service.address));
        let timeout = self.stack.timeout(function).to_string();
        let of_lambda = [
            ("AWS_LAMBDA_FUNCTION_NAME", function),
            ("AWS_LAMBDA_FUNCTION_TIMEOUT", &timeout),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", self.store.said("dynamodb_access_key_id")?),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &secrets),
        ];
        let all = of_lambda.into_iter().chain(LOUD);
        variables.extend(all.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let log = self.logs.join(format!("{function}{purpose}.log"));
        Ok(Actor { lambda: Lambda::start(&self.emulator, bootstrap, &variables, log)?, services })
    }

    /// The secret's content.
    pub(super) fn keyset(&self) -> Result<Value, TaskError> {
        let secret = moto::ask(
            self.secrets,
            "GetSecretValue",
            &json!({ "SecretId": KEYSET, "VersionStage": "AWSCURRENT" }),
        )?;
        Ok(secret["SecretString"]
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default())
    }
}
