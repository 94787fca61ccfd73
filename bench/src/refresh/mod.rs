//! Measures refreshes under load: chains over HTTP, compared with other servers that replace refresh tokens, and with
//! the store's own rate.
//!
//! `bench refresh [RUNS [MILLISECONDS]]`: the number and length of runs with each number of connections.
//! `cargo xtask bench refresh` installs the others.

mod ceiling;
mod chain;
mod findings;
mod function;
mod goals;
mod method;
mod program;
mod report;
mod role;
mod server;
mod store;
mod subjects;

use crate::program::Failure;
use tokio::runtime::Builder;

use self::{
    findings::Findings,
    method::{CONNECTIONS, MILLISECONDS, RUNS},
    role::Role,
    subjects::Subjects,
};

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some(role) = Role::parse(arguments)? {
        return role.play();
    }
    let runs = arguments.first().map_or(Ok(RUNS), |runs| runs.parse())?;
    let milliseconds = arguments.get(1).map_or(Ok(MILLISECONDS), |number| number.parse())?;
    Builder::new_current_thread().enable_all().build()?.block_on(measure(runs, milliseconds))
}

/// Measures the subjects in turn, so that other load on the machine affects them equally.
async fn measure(runs: usize, milliseconds: u64) -> Result<(), Failure> {
    let mut subjects = Subjects::start()?;
    let mut findings = Findings::default();
    for _ in 0..runs {
        for connections in CONNECTIONS {
            subjects.run(connections, milliseconds, &mut findings).await?;
        }
    }
    subjects.hold_that_tokens_are_good_once().await?;
    findings.report(&subjects.others(), milliseconds)?.publish()?;
    Ok(())
}
