//! A running function: its bootstrap under the Runtime Interface Emulator.

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

/// The emulator's path for events.
const INVOCATIONS: &str = "/2015-03-31/functions/function/invocations";

/// A function. The emulator starts it at its first event.
pub(super) struct Lambda {
    emulator: PortServer,
    address: SocketAddr,
    /// The file with its output.
    pub(super) log: PathBuf,
}

impl Lambda {
    /// Starts it with only these variables.
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

    /// The function's answer to an event.
    pub(super) fn invoke(&self, event: &str) -> Result<Value, TaskError> {
        self.send(event).map(|reply| reply.json())
    }

    /// The emulator's raw reply, which is a 502 if no function answers.
    pub(super) fn send(&self, event: &str) -> Result<Reply, TaskError> {
        http::send(self.address, ("POST", INVOCATIONS), &[], event)
    }

    /// All of its output so far.
    pub(super) fn printed(&self) -> Result<String, TaskError> {
        let bytes = fs::read(&self.log).map_err(|e| TaskError(format!("{}: {e}", self.log.display())))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Stops the process, as Lambda does between two requests.
    pub(super) fn freeze(&self) -> Result<(), TaskError> {
        self.signal("-STOP")
    }

    /// Lets the process continue.
    pub(super) fn thaw(&self) -> Result<(), TaskError> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Result<(), TaskError> {
        run(&mut program("kill", &[signal, &self.process()?]))
    }

    /// The ID of the bootstrap, the emulator's only child.
    fn process(&self) -> Result<String, TaskError> {
        let children =
            output(&mut program("ps", &["--ppid", &self.emulator.id().to_string(), "-o", "pid="]))?;
        Ok(children.trim().to_owned())
    }
}

/// Stops the bootstrap, which the emulator would leave running.
impl Drop for Lambda {
    fn drop(&mut self) {
        let _ = self.signal("-KILL");
    }
}
