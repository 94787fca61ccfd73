//! The measured servers.

use std::{path::Path, process::Command};

use crate::{
    peers::{NODE, NODE_MODULES, npm_version, said_by, told},
    program::Failure,
};

use super::{
    findings::Findings,
    function::Lines,
    method::CONNECTIONS,
    program::{BEFORE, LOCAL},
    role::Role,
    server::Server,
    store::Kept,
};

/// The paths of the programs from Debian and crates.io.
const GLEWLWYD: &str = "LATCHGATE_BENCH_GLEWLWYD";
const OAUTH2_TEST_SERVER: &str = "LATCHGATE_BENCH_OAUTH2_TEST_SERVER";

/// Servers that run throughout. Only the measured one is busy.
#[derive(Debug)]
pub(crate) struct Subjects(Vec<(Kept, Server)>);

impl Subjects {
    /// Starts the servers. For each kind of store, Latchgate comes first.
    pub(crate) fn start() -> Result<Self, Failure> {
        let sessions = CONNECTIONS.into_iter().max().unwrap_or_default();
        let ours = |name: &str, program: &Path, kept| {
            let role = Role::Program(program.to_owned(), kept, sessions);
            Ok::<_, Failure>((kept, Server::start(name.to_owned(), &mut role.command()?)?))
        };
        let node = said_by(&told(NODE)?, &["-p", "process.versions.node"])?;
        let of_npm = |package: &str, store: &str| {
            Ok::<_, Failure>(format!("{package} {}, {store}, Node {node}", npm_version(package)?))
        };
        let in_memory = [
            (of_npm("oidc-provider", "a Map")?, script("oidc-provider.mjs", sessions)?),
            (of_npm("@node-oauth/oauth2-server", "a Map")?, script("node-oauth.mjs", sessions)?),
            (
                // It has no option for the version.
                "oauth2-test-server 0.2.3, a HashMap".to_owned(),
                with("oauth2-test-server.mjs", sessions, OAUTH2_TEST_SERVER)?,
            ),
        ];
        let sqlite = format!("better-sqlite3 {}", npm_version("better-sqlite3")?);
        let glewlwyd = format!("glewlwyd {}, SQLite", said_by(&told(GLEWLWYD)?, &["--version"])?);
        let in_a_file = [
            (of_npm("better-auth", &sqlite)?, script("better-auth.mjs", sessions)?),
            (glewlwyd, with("glewlwyd.mjs", sessions, GLEWLWYD)?),
        ];
        let (mut servers, local) = (Vec::new(), told(LOCAL)?);
        for kept in Kept::ALL {
            servers.push(ours(Findings::OURS, &local, kept)?);
        }
        if let Ok(before) = told(BEFORE) {
            for kept in Kept::ALL {
                servers.push(ours(Findings::BEFORE, &before, kept)?);
            }
        }
        for (name, mut program) in in_memory {
            servers.push((Kept::Memory, Server::start(name, &mut program)?));
        }
        for (name, mut program) in in_a_file {
            servers.push((Kept::File, Server::start(name, &mut program)?));
        }
        Ok(Self(servers))
    }

    /// Runs each server, the function alone and the store alone once.
    pub(crate) async fn run(
        &mut self,
        connections: usize,
        milliseconds: u64,
        findings: &mut Findings,
    ) -> Result<(), Failure> {
        for (kept, server) in &mut self.0 {
            let ran = server.run(connections, milliseconds).await?;
            findings.add(connections, *kept, &server.name, ran);
        }
        for kept in Kept::ALL {
            for lines in Lines::ALL {
                let ran = Role::Function(kept, lines, connections, milliseconds).found()?;
                findings.add(connections, kept, lines.name(), ran);
            }
            let ran = Role::Ceiling(kept, connections, milliseconds).found()?;
            findings.add(connections, kept, Findings::CEILING, ran);
        }
        Ok(())
    }

    pub(crate) async fn hold_that_tokens_are_good_once(&mut self) -> Result<(), Failure> {
        for (_, server) in &mut self.0 {
            server.hold_that_tokens_are_good_once().await?;
        }
        Ok(())
    }

    /// The names of the other subjects.
    pub(crate) fn others(&self) -> Vec<&str> {
        let names = self.0.iter().map(|(_, server)| server.name.as_str());
        names.filter(|name| ![Findings::OURS, Findings::BEFORE].contains(name)).collect()
    }
}

/// A script of `bench/peers` for this number of sessions.
fn script(name: &str, sessions: usize) -> Result<Command, Failure> {
    let mut command = Command::new(told(NODE)?);
    command.arg(told(NODE_MODULES)?.join(name)).arg(sessions.to_string());
    Ok(command)
}

/// A script that starts a program.
fn with(name: &str, sessions: usize, program: &str) -> Result<Command, Failure> {
    let mut command = script(name, sessions)?;
    command.arg(told(program)?);
    Ok(command)
}
