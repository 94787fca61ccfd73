//! Measures a whole login compared with its bare password hash, a process's first login compared with later ones, and
//! the memory of many concurrent logins.
//!
//! `bench login [RUNS]`: the number of runs for each of the three. Every run is a separate process, which starts as the
//! function does in Lambda, over a store in another process.

mod bare;
mod cost;
mod findings;
mod function;
mod memory;
mod method;
mod role;
mod stage;

use crate::program::Failure;

use self::{
    findings::Findings,
    method::{CROWD, ROUNDS, RUNS},
    role::{FIRST_LOGINS, Role, many_threads},
    stage::Stage,
};

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    match Role::parse(arguments)? {
        Some(role) => role.runtime()?.block_on(Box::pin(role.play())),
        None => many_threads()?.block_on(Box::pin(measure(arguments))),
    }
}

async fn measure(arguments: &[String]) -> Result<(), Failure> {
    let runs = arguments.first().map_or(Ok(RUNS), |runs| runs.parse())?;
    let (stage, mut findings) = (Box::pin(Stage::set_up()).await?, Findings::default());
    let processors = std::thread::available_parallelism()?.get();
    for _ in 0..runs {
        findings.beside.push(stage.run(Role::Beside(ROUNDS))?);
        findings.first.push(stage.run(Role::First(FIRST_LOGINS))?);
        findings.first_bare.push(stage.run(Role::FirstBare(FIRST_LOGINS))?);
        findings.in_turn.push(stage.run(Role::InTurn(CROWD))?);
        for (at_once, found) in [1, processors, CROWD].into_iter().zip(&mut findings.at_once) {
            found.push(stage.run(Role::AtOnce(at_once))?);
        }
    }
    findings.report(runs, processors)?.publish()?;
    Ok(())
}
