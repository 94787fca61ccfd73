//! A function's process: held until the clock runs, and looked at from outside.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{program::Failure, watch};

use super::subjects::Subject;

/// Joins the control group, waits for a word, and becomes the function, so that none of the three is part of its start.
const HOLD: &str = r#"echo $$ > "$DOOR"; unset DOOR; read -r go; exec "$@""#;
const KIB_A_MIB: f64 = 1024.0;

/// A process that ends when this does.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Holds a subject at this door, with the variables that are its own and these.
    pub(crate) fn hold(subject: &Subject, door: &Path, more: &[(&str, String)]) -> Result<Self, Failure> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", HOLD, "sh"]).args(&subject.command).env_clear();
        command.envs(subject.variables.iter().cloned()).envs(more.iter().cloned()).env("DOOR", door);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        Ok(Self(command.spawn()?))
    }

    /// Lets it go; the moment.
    pub(crate) fn go(&mut self) -> Result<Instant, Failure> {
        let mut word = self.0.stdin.take().ok_or("no way to say go")?;
        let now = watch::now();
        word.write_all(b"go\n")?;
        Ok(now)
    }

    /// What its threads have had of processors.
    pub(crate) fn processor_time(&self) -> Result<Duration, Failure> {
        watch::processor_time(&self.0.id().to_string())
    }

    /// The most that it had in memory, in MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
        let kib: f64 = line.split_whitespace().nth(1).ok_or("no VmHWM")?.parse()?;
        Ok(kib / KIB_A_MIB)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already, which is what is wanted; and a control group is removed once its processes are.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
