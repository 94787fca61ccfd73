//! An operator's view of the same deployment, from outside.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use admin::{
    audit::AuditDestination,
    console::{Console, OutputFormat},
    context::Context,
    deployment::Deployment,
    doctor::{EXPECTED, ExpectedTable},
};
use aws_sdk_dynamodb::Client;
use local::{hosts::Hosts, server};
use serde_json::Value;
use shared::{
    clock::{Clock, SystemClock},
    environment::{Environment, variable},
    random::{SystemRandom, identifier},
};
use tokio::net::TcpListener;

use super::{Api, Secrets};

impl Api {
    /// This deployment as an operator sees it. `secrets` holds the keyset, if a secret does.
    pub(crate) fn operator(&self, secrets: Option<&Secrets>) -> Deployment {
        let tables = &self.deployment.tables;
        let name = |table: ExpectedTable| (table.variable.to_owned(), tables[table.id].clone());
        let mut variables: Vec<(String, String)> = EXPECTED.map(name).into();
        variables.extend(secrets.map(|s| (variable::KEYSET_SECRET.to_owned(), s.arn.clone())));
        Deployment {
            sdk_config: self.deployment.aws.clone(),
            dynamodb: Client::from_conf(self.store.config().clone()),
            environment: Environment::from_variables(variables),
            api_url: None,
            stack: None,
            parameters: [("Issuer", "https://issuer.example.com"), ("Audience", "api")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            tags: BTreeMap::new(),
            target: "test".to_owned(),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom::new()),
        }
    }

    /// Serves the API on a port at the real time. The task ends with the test's runtime.
    pub(crate) async fn serve(&self) -> String {
        self.serve_at(TcpListener::bind(("127.0.0.1", 0)).await.unwrap())
    }

    /// Serves it on a given port.
    pub(crate) fn serve_at(&self, listener: TcpListener) -> String {
        self.clock.set(SystemClock.now().as_unix());
        let address = listener.local_addr().unwrap();
        tokio::spawn(server::serve(
            listener,
            Hosts::of_this_machine(),
            self.gateway.clone(),
            std::future::pending(),
        ));
        format!("http://{address}")
    }
}

/// An operator's command and its audit log.
pub(crate) struct Command {
    pub(crate) context: Context,
    log: PathBuf,
}

impl Command {
    /// A command on this deployment that asks for no confirmation.
    pub(crate) fn on(deployment: Deployment) -> Self {
        let log = std::env::temp_dir().join(format!("latchgate-{}.jsonl", identifier(&SystemRandom::new())));
        let console = Console { output: OutputFormat::Json, yes: true };
        Self { context: Context { deployment, console, audit: AuditDestination::File(log.clone()) }, log }
    }

    /// The names of the events so far.
    pub(crate) fn events(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let event =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["event"].as_str().unwrap().to_owned();
        log.lines().map(event).collect()
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.log);
    }
}
