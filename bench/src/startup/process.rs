//! A function's process, which is held until the clock runs and observed from outside.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{program::Failure, watch};

use super::subjects::Subject;

/// Joins the control group, waits for a word, and becomes the function. None of these steps is part of the start.
const HOLD: &str = r#"echo $$ > "$DOOR"; unset DOOR; read -r go; exec "$@""#;
const KIB_A_MIB: f64 = 1024.0;

/// A process that ends when this value is dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Holds a subject before its start, with its own variables and these.
    pub(crate) fn hold(subject: &Subject, door: &Path, more: &[(&str, String)]) -> Result<Self, Failure> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", HOLD, "sh"]).args(&subject.command).env_clear();
        command.envs(subject.variables.iter().cloned()).envs(more.iter().cloned()).env("DOOR", door);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        Ok(Self(command.spawn()?))
    }

    /// Starts the function, and returns the time.
    pub(crate) fn go(&mut self) -> Result<Instant, Failure> {
        let mut word = self.0.stdin.take().ok_or("no way to say go")?;
        let now = watch::now();
        word.write_all(b"go\n")?;
        Ok(now)
    }

    /// The processor time of its threads.
    pub(crate) fn processor_time(&self) -> Result<Duration, Failure> {
        watch::processor_time(&self.0.id().to_string())
    }

    /// The process's peak memory in MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
        let kib: f64 = line.split_whitespace().nth(1).ok_or("no VmHWM")?.parse()?;
        Ok(kib / KIB_A_MIB)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is fine. The control group can be removed only after its processes.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
