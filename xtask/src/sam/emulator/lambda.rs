//! One function, running: its bootstrap under the Runtime Interface Emulator.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    http::{self, Reply},
    sam::variables::Variables,
    server::{PortServer, free_address},
    shell::{TaskError, output, program, run},
};

/// Where the emulator takes events.
const INVOCATIONS: &str = "/2015-03-31/functions/function/invocations";

/// A function. It starts with its first event, as the emulator has it.
pub(super) struct Lambda {
    emulator: PortServer,
    address: SocketAddr,
    /// All that it prints.
    pub(super) log: PathBuf,
}

impl Lambda {
    /// In an environment of these variables and no others.
    pub(super) fn start(
        emulator: &Path,
        bootstrap: &Path,
        variables: &Variables,
        log: PathBuf,
    ) -> Result<Self, TaskError> {
        let (address, api) = (free_address()?, free_address()?);
        let mut command = Command::new(emulator);
        command.args(["--runtime-interface-emulator-address", &address.to_string()]);
        command.args(["--runtime-api-address", &api.to_string()]);
        command.arg(bootstrap).arg("bootstrap").env_clear().envs(variables);
        let emulator = PortServer::logging(&mut command, address, &log)?;
        Ok(Self { emulator, address, log })
    }

    /// What it answers to an event.
    pub(super) fn invoke(&self, event: &str) -> Result<Value, TaskError> {
        self.send(event).map(|reply| reply.json())
    }

    /// The same, as the emulator says it: where there is no function to answer, with a 502.
    pub(super) fn send(&self, event: &str) -> Result<Reply, TaskError> {
        http::send(self.address, ("POST", INVOCATIONS), &[], event)
    }

    /// All that it has printed.
    pub(super) fn printed(&self) -> Result<String, TaskError> {
        let bytes = fs::read(&self.log).map_err(|e| TaskError(format!("{}: {e}", self.log.display())))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Stops it where it is, as Lambda does between two requests.
    pub(super) fn freeze(&self) -> Result<(), TaskError> {
        self.signal("-STOP")
    }

    /// Lets it go on.
    pub(super) fn thaw(&self) -> Result<(), TaskError> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Result<(), TaskError> {
        run(&mut program("kill", &[signal, &self.process()?]))
    }

    /// The bootstrap: the only child of the emulator.
    fn process(&self) -> Result<String, TaskError> {
        let children =
            output(&mut program("ps", &["--ppid", &self.emulator.id().to_string(), "-o", "pid="]))?;
        Ok(children.trim().to_owned())
    }
}

/// The emulator leaves it running.
impl Drop for Lambda {
    fn drop(&mut self) {
        let _ = self.signal("-KILL");
    }
}
