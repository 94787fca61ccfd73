//! Servers that a task starts, waits for, and stops whatever happens.

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

/// Tenths of a second that a server may take to listen: a JVM needs the most.
const PATIENCE: u32 = 600;

/// A process, ended with the task.
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
    /// Starts it, and waits until it listens there.
    pub(crate) fn start(command: &mut Command, address: SocketAddr) -> Result<Self, TaskError> {
        Self::listening(command.stdout(Stdio::null()).stderr(Stdio::null()), address)
    }

    /// The same, with all that it prints in a file.
    pub(crate) fn logging(command: &mut Command, address: SocketAddr, log: &Path) -> Result<Self, TaskError> {
        let file = File::create(log).and_then(|file| Ok((file.try_clone()?, file)));
        let (output, errors) = file.map_err(|e| TaskError(format!("{}: {e}", log.display())))?;
        Self::listening(command.stdout(output).stderr(errors), address)
    }

    /// The process that was started.
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

/// An address of this machine with a port that nobody has right now.
pub(crate) fn free_address() -> Result<SocketAddr, TaskError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map_err(|e| TaskError(format!("no port to be had: {e}")))
}

/// `cargo run`, on a port of its own.
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
        command.args(options).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process::spawn(command.env_remove("AWS_ENDPOINT_URL_DYNAMODB"))?;
        let mut line = String::new();
        if let Some(stdout) = process.0.stdout.as_mut() {
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map_err(|e| TaskError(format!("cargo run: {e}")))?;
        }
        let server = Self { _process: process, line: serde_json::from_str(&line).unwrap_or_default() };
        server.said("url")?;
        Ok(server)
    }

    /// A member of the line.
    pub(crate) fn said(&self, member: &str) -> Result<&str, TaskError> {
        self.line[member].as_str().ok_or_else(|| TaskError(format!("cargo run printed no {member}")))
    }
}
