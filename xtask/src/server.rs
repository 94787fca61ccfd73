//! Servers that a task starts, waits for, and always stops.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::shell::{TaskError, cargo, run};

/// The tenths of a second that a server may take to listen. A JVM takes the longest.
const PATIENCE: u32 = 600;

/// A process that ends with the task.
struct Process(Child);

impl Process {
    fn spawn(command: &mut Command) -> Result<Self, TaskError> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.spawn().map(Self).map_err(|e| TaskError(format!("{name}: {e}")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that listens on a port.
pub(crate) struct PortServer {
    process: Process,
}

impl PortServer {
    /// Starts it, and waits until it listens on this address.
    pub(crate) fn start(command: &mut Command, address: SocketAddr) -> Result<Self, TaskError> {
        Self::listening(command.stdout(Stdio::null()).stderr(Stdio::null()), address)
    }

    /// Starts it with its output in a file, and waits until it listens on this address.
    pub(crate) fn logging(command: &mut Command, address: SocketAddr, log: &Path) -> Result<Self, TaskError> {
        let file = File::create(log).and_then(|file| Ok((file.try_clone()?, file)));
        let (output, errors) = file.map_err(|e| TaskError(format!("{}: {e}", log.display())))?;
        Self::listening(command.stdout(output).stderr(errors), address)
    }

    /// The ID of the started process.
    pub(crate) fn id(&self) -> u32 {
        self.process.0.id()
    }

    fn listening(command: &mut Command, address: SocketAddr) -> Result<Self, TaskError> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut process = Process::spawn(command)?;
        for _ in 0..PATIENCE {
            if TcpStream::connect(address).is_ok() {
                return Ok(Self { process });
            }
            if let Ok(Some(status)) = process.0.try_wait() {
                return Err(TaskError(format!("{name} ended: {status}")));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(TaskError(format!("{name} did not start to listen")))
    }
}

/// An address of this machine with a free port.
pub(crate) fn free_address() -> Result<SocketAddr, TaskError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map_err(|e| TaskError(format!("no port to be had: {e}")))
}

/// The server of `cargo run`, on a free port.
pub(crate) struct LocalServer {
    _process: Process,
    /// The line that it prints once it serves.
    line: Value,
}

impl LocalServer {
    /// Builds it, starts it with these options, and waits until it serves.
    pub(crate) fn start(options: &[&str]) -> Result<Self, TaskError> {
        run(&mut cargo(&["build"]))?;
        let mut command = cargo(&["run", "--quiet", "--", "--port", "0", "--json"]);
        Self::of(command.args(options).env_remove("AWS_ENDPOINT_URL_DYNAMODB"))
    }

    /// Waits for a server that this command starts with the option `--json`.
    pub(crate) fn of(command: &mut Command) -> Result<Self, TaskError> {
        let mut process = Process::spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
        let mut line = String::new();
        if let Some(stdout) = process.0.stdout.as_mut() {
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map_err(|e| TaskError(format!("the local server: {e}")))?;
        }
        let server = Self { _process: process, line: serde_json::from_str(&line).unwrap_or_default() };
        server.said("url")?;
        Ok(server)
    }

    /// A member of the line.
    pub(crate) fn said(&self, member: &str) -> Result<&str, TaskError> {
        self.line[member].as_str().ok_or_else(|| TaskError(format!("the local server printed no {member}")))
    }
}
