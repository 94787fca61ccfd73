//! A private Docker daemon with its own data, socket and containers.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Duration,
};

use crate::{
    packages,
    shell::{TaskError, program},
};

/// The program of the daemon.
pub(super) const DAEMON: &str = "dockerd";

/// The tenths of a second that it may take to answer.
const PATIENCE: u32 = 600;

pub(super) struct Docker {
    socket: PathBuf,
    daemon: Child,
}

impl Docker {
    /// Starts the daemon in this folder, and waits until it answers.
    pub(super) fn start(folder: &Path) -> Result<Self, TaskError> {
        let below = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let (socket, log) = (folder.join("docker.sock"), folder.join("docker.log"));
        let output = std::fs::File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
        let (output, errors) = output.map_err(|e| TaskError(format!("{}: {e}", log.display())))?;
        let mut command = program(
            packages::path_of(DAEMON)?,
            &["--data-root", &below("data"), "--exec-root", &below("exec")],
        );
        command.args(["--pidfile", &below("docker.pid"), "--host", &format!("unix://{}", socket.display())]);
        let daemon = command.stdout(output).stderr(errors).spawn();
        let mut docker = Self { socket, daemon: daemon.map_err(|e| TaskError(format!("dockerd: {e}")))? };
        for _ in 0..PATIENCE {
            if docker.program(&["version"]).output().is_ok_and(|output| output.status.success()) {
                return Ok(docker);
            }
            if let Ok(Some(status)) = docker.daemon.try_wait() {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(TaskError(format!("dockerd ended: {status}\n{log}")));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(TaskError("dockerd did not begin to answer".to_owned()))
    }

    /// The value of `DOCKER_HOST` for its clients.
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// A command of the Docker client.
    pub(super) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = program("docker", arguments);
        command.env("DOCKER_HOST", self.host());
        command
    }
}

/// Ends the daemon gracefully, so that it unmounts its containers' file systems. Other processes end with the
/// namespace.
impl Drop for Docker {
    fn drop(&mut self) {
        let _ = program("kill", &[&self.daemon.id().to_string()]).status();
        let _ = self.daemon.wait();
    }
}
