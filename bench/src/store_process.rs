//! The embedded store, separate from the measured process.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use local::engine::{ANY_ACCESS_KEY_ID, AccessKeyId, Engine};

use crate::program::{Failure, itself};

/// The embedded store in a separate process, so that its memory and time don't count.
#[derive(Debug)]
pub(crate) struct StoreProcess {
    child: Child,
    /// The endpoint of the store.
    pub(crate) endpoint: String,
}

impl StoreProcess {
    /// The argument that makes this program the store.
    pub(crate) const PART: &str = "store";

    /// Starts this program again as a store in memory.
    ///
    /// # Errors
    ///
    /// If it can't be started.
    pub(crate) fn start() -> Result<Self, Failure> {
        Self::start_in(None)
    }

    /// Starts this program again as a store in this file, or in memory without one.
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

    /// Runs the store until the process is killed, in this file or in memory.
    ///
    /// # Errors
    ///
    /// If no port is available.
    #[tokio::main]
    pub(crate) async fn serve(arguments: &[String]) -> Result<(), Failure> {
        let file = arguments.first().map(Path::new);
        println!("{}", Engine::start(file, AccessKeyId::new(ANY_ACCESS_KEY_ID)).await?.endpoint());
        std::future::pending().await
    }
}

impl Drop for StoreProcess {
    fn drop(&mut self) {
        // It may have ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
