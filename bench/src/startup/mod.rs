//! Measures functions' start-up: the time to their first request for an invocation, to the first answer and to later
//! ones, with their processor time, memory and size.
//!
//! `bench startup [RUNS [RUNS_AT_A_SHARE]]`: the real bootstraps and others. Each run is a separate process, with a
//! Runtime API for invocations and a store behind TLS. `cargo xtask bench startup` builds and installs them all.

mod certificates;
mod findings;
mod goals;
mod method;
mod process;
mod report;
mod runtime_api;
mod share;
mod stage;
mod store;
mod subjects;
mod trial;

use crate::program::Failure;

use self::{
    findings::Findings,
    share::Share,
    stage::Stage,
    trial::{Trial, Watched},
};

/// Runs with full processors, unless the command line says otherwise.
const RUNS: usize = 15;
/// Runs at each share of a processor.
const RUNS_AT_A_SHARE: usize = 5;

#[tokio::main]
pub(crate) async fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut arguments = arguments.iter().map(|argument| argument.parse());
    let runs = arguments.next().transpose()?.unwrap_or(RUNS);
    let at_a_share = arguments.next().transpose()?.unwrap_or(RUNS_AT_A_SHARE);
    let stage = Box::pin(Stage::set_up()).await?;
    let mut findings = Findings::new(&stage.subjects);
    for share in Share::ALL {
        let limit = share.limit()?;
        let runs = if share == Share::Whole { runs } else { at_a_share };
        // The first run of each reads its files from disk, and doesn't count.
        for run in 0..=runs {
            for (place, subject) in stage.subjects.iter().enumerate() {
                let watched: Watched = Trial { stage: &stage, subject, limit: &limit }.run().await?;
                if run > 0 {
                    findings.add(share, place, watched);
                }
            }
        }
    }
    findings.report(&stage.subjects)?.publish()?;
    Ok(())
}
