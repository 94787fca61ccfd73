//! The measured verifiers.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    peers::{NODE, NODE_MODULES, PYTHON, npm_version, said_by, told},
    program::Failure,
};

use super::{
    ours::{AUTHORIZE, Found, MARK, SIGNATURE, VERIFY},
    sample::Sample,
};

/// The npm libraries.
const NPM: [&str; 3] = ["aws-jwt-verify", "jose", "fast-jwt"];
/// aws-jwt-verify in a function, as its documentation shows.
const NPM_AUTHORIZER: &str = "authorizer";

/// The extent of a subject's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Verifies tokens.
    Library,
    /// Only verifies their signatures, without reading the claims: the lower limit.
    Signature,
    /// Answers whole requests.
    Authorizer,
}

/// A measured verifier.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    command: Vec<PathBuf>,
    /// The role on that command line.
    role: String,
}

impl Subject {
    /// All subjects, in the order of the page. Of each kind, Latchgate's comes first.
    pub(crate) fn all() -> Result<Vec<Self>, Failure> {
        let (itself, node) = (std::env::current_exe()?, told(NODE)?);
        let script = told(NODE_MODULES)?.join("verification.mjs");
        let in_node = |name: String, role: &str, kind| Self {
            name,
            kind,
            command: vec![node.clone(), script.clone()],
            role: role.to_owned(),
        };
        let ours = |name: &str, role: &str, kind| Self {
            name: name.to_owned(),
            kind,
            command: vec![itself.clone(), "verification".into()],
            role: role.to_owned(),
        };
        let node_version = said_by(&node, &["-p", "process.versions.node"])?;
        let mut subjects = vec![ours("Latchgate", VERIFY, Kind::Library)];
        for package in NPM {
            let name = format!("{package} {}, Node {node_version}", npm_version(package)?);
            subjects.push(in_node(name, package, Kind::Library));
        }
        subjects.push(pyjwt()?);
        subjects.push(ours("Latchgate's crypto library, the signature alone", SIGNATURE, Kind::Signature));
        subjects.push(ours("Latchgate", AUTHORIZE, Kind::Authorizer));
        let name = format!("aws-jwt-verify {} and a policy, Node {node_version}", npm_version(NPM[0])?);
        subjects.push(in_node(name, NPM_AUTHORIZER, Kind::Authorizer));
        Ok(subjects)
    }

    /// Runs it in a new process, and returns the times.
    pub(crate) fn run(&self, sample: &Sample, milliseconds: u64) -> Result<Found, Failure> {
        let (program, arguments) = self.command.split_first().ok_or("no command")?;
        let mut command = Command::new(program);
        command.args(arguments).arg(&self.role).arg(&sample.file).arg(milliseconds.to_string());
        command.env_clear().envs(sample.variables.iter().cloned()).stderr(Stdio::inherit());
        let text = String::from_utf8(command.output()?.stdout)?;
        let found = text.lines().find_map(|line| line.strip_prefix(MARK));
        Ok(serde_json::from_str(found.ok_or_else(|| format!("{} verified nothing", self.name))?)?)
    }
}

fn pyjwt() -> Result<Subject, Failure> {
    let python = told(PYTHON)?;
    let version = "import jwt, platform; print(jwt.__version__ + ', Python ' + platform.python_version())";
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/verification.py");
    Ok(Subject {
        name: format!("PyJWT {}", said_by(&python, &["-c", version])?),
        kind: Kind::Library,
        command: vec![python, script],
        role: "pyjwt".to_owned(),
    })
}
