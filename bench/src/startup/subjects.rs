//! The measured functions: Latchgate's and common alternatives.

use std::path::{Path, PathBuf};

use crate::{
    lambda::{of_every_function, variables},
    peers::{NODE, NODE_MODULES, PYTHON, npm_version, said_by, told},
    program::Failure,
};
use local::{demo::PUBLIC_CLIENT_ID, functions::Deployment, template::Template};

use super::certificates::Certificates;

/// Variables with folders and programs, which `cargo xtask bench startup` sets.
const OURS: &str = "LATCHGATE_BENCH_FUNCTIONS";
const PEERS: &str = "LATCHGATE_BENCH_PEERS";

const PEERS_LOCK: &str = include_str!("../../peers/functions/Cargo.lock");

/// The kind of event for a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Refresh,
    Authorize,
    Login,
    /// Any event: the function ignores it.
    Any,
}

/// A function that can be started.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) command: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
    /// The deployed program, if it is one.
    pub(crate) bootstrap: Option<PathBuf>,
}

/// The inputs for creating subjects.
pub(crate) struct Given<'a> {
    pub(crate) template: &'a Template,
    pub(crate) deployment: &'a Deployment,
    /// The store's URL with TLS.
    pub(crate) url: &'a str,
    pub(crate) certificates: &'a Certificates,
}

impl Given<'_> {
    /// All subjects, in the order of the page. `goals` relies on the order of the first five.
    pub(crate) fn subjects(&self) -> Result<Vec<Subject>, Failure> {
        let (ours, peers) = (told(OURS)?, told(PEERS)?);
        let lambda_http = version_in_lock("lambda_http")?;
        let sdk = version_in_lock("aws-sdk-dynamodb")?;
        let mut subjects = Vec::new();
        for (name, kind) in
            [("refresh", Kind::Refresh), ("authorizer", Kind::Authorize), ("login", Kind::Login)]
        {
            subjects.push(self.ours(&ours.join(name).join("bootstrap"), name, kind)?);
        }
        subjects.push(self.hello(&peers.join("hello"), &lambda_http));
        subjects.push(
            self.reader(&format!("aws-sdk-dynamodb {sdk}, its defaults"), &[peers.join("default-sdk")]),
        );
        let (node, modules) = (told(NODE)?, told(NODE_MODULES)?);
        let client = npm_version("@aws-sdk/client-dynamodb")?;
        let name = format!(
            "Node {}, @aws-sdk/client-dynamodb {client}",
            said_by(&node, &["-p", "process.versions.node"])?
        );
        subjects.push(self.reader(&name, &[node, modules.join("function.mjs")]));
        let python = told(PYTHON)?;
        let versions =
            "import boto3, platform; print(platform.python_version() + ', boto3 ' + boto3.__version__)";
        let name = format!("Python {}", said_by(&python, &["-c", versions])?);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/function.py");
        subjects.push(self.reader(&name, &[python, script]));
        Ok(subjects)
    }

    fn ours(&self, bootstrap: &Path, name: &str, kind: Kind) -> Result<Subject, Failure> {
        let mut variables = variables(self.template, self.deployment, (name, self.url))?;
        variables.push(("AWS_CA_BUNDLE".to_owned(), text(&self.certificates.amazon)));
        Ok(Subject {
            name: format!("Latchgate, {name}"),
            kind,
            command: vec![text(bootstrap)],
            variables,
            bootstrap: Some(bootstrap.to_owned()),
        })
    }

    fn hello(&self, bootstrap: &Path, version: &str) -> Subject {
        Subject {
            name: format!("lambda_http {version}, hello"),
            kind: Kind::Any,
            command: vec![text(bootstrap)],
            variables: of_every_function(self.url).into(),
            bootstrap: Some(bootstrap.to_owned()),
        }
    }

    /// A subject that reads a row, one of the demo's clients.
    fn reader(&self, name: &str, command: &[PathBuf]) -> Subject {
        let (table, system, alone) = (
            self.deployment.tables.get("ClientsTable").cloned().unwrap_or_default(),
            text(&self.certificates.system),
            text(&self.certificates.alone),
        );
        // Each of the three reads its trusted roots from a different variable.
        let own = [
            ("TABLE", table),
            ("KEY", "client_id".to_owned()),
            ("ROW", PUBLIC_CLIENT_ID.to_owned()),
            ("AWS_DEFAULT_REGION", "eu-west-1".to_owned()),
            ("SSL_CERT_FILE", system),
            ("NODE_EXTRA_CA_CERTS", alone.clone()),
            // Otherwise the SDK would spend time on a warning about Node's version.
            ("NODE_NO_WARNINGS", "1".to_owned()),
            ("AWS_CA_BUNDLE", alone),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        Subject {
            name: name.to_owned(),
            kind: Kind::Any,
            bootstrap: (command.len() == 1).then(|| command[0].clone()),
            command: command.iter().map(|part| text(part)).collect(),
            variables: of_every_function(self.url).into_iter().chain(own).collect(),
        }
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The version of a package in the peers' lock file.
fn version_in_lock(package: &str) -> Result<String, Failure> {
    let entry = format!("name = \"{package}\"\nversion = \"");
    let (_, rest) = PEERS_LOCK.split_once(&entry).ok_or("not in the lock file")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}
