//! The embedded store, beside what is measured.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use local::engine::{ANY_ACCESS_KEY_ID, AccessKeyId, Engine};

use crate::program::{Failure, itself};

/// The embedded store in a process of its own, so that neither its memory nor its time counts as ours.
#[derive(Debug)]
pub(crate) struct StoreProcess {
    child: Child,
    /// Where it listens.
    pub(crate) endpoint: String,
}

impl StoreProcess {
    /// What this program is called with, to be the store.
    pub(crate) const PART: &str = "store";

    /// Starts this program once more, as the store, in memory.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub(crate) fn start() -> Result<Self, Failure> {
        Self::start_in(None)
    }

    /// The same in a file, or in memory without one.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub(crate) fn start_in(file: Option<&Path>) -> Result<Self, Failure> {
        let mut child = itself(Self::PART)?.args(file).stdout(Stdio::piped()).spawn()?;
        let mut endpoint = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut endpoint)?;
        Ok(Self { child, endpoint: endpoint.trim().to_owned() })
    }

    /// Is the store, until the process is killed: in this file, or in memory without one.
    ///
    /// # Errors
    ///
    /// If the port can't be had.
    #[tokio::main]
    pub(crate) async fn serve(arguments: &[String]) -> Result<(), Failure> {
        let file = arguments.first().map(Path::new);
        println!("{}", Engine::start(file, AccessKeyId::new(ANY_ACCESS_KEY_ID)).await?.endpoint());
        std::future::pending().await
    }
}

impl Drop for StoreProcess {
    fn drop(&mut self) {
        // It may be gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
