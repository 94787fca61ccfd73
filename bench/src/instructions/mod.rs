//! Counts the instructions for parsing, verifying, issuing and deciding. callgrind counts the same for the same
//! program, whatever else the machine does, so the recorded counts show the cost of a change.
//!
//! `bench instructions [RUNS]`. `cargo xtask bench instructions` installs callgrind.

mod count;
mod findings;
mod fixed;
mod issue;
mod operation;
mod proof;
mod sample;

use crate::program::Failure;

use self::{findings::Findings, operation::Operation, sample::Sample};

/// Runs, unless the command line says otherwise. They only differ by randomness, as in ES256 signatures.
const RUNS: usize = 3;

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let [operation, calls, file] = arguments {
        let sample: Sample = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        return Operation::parse(operation)?.perform(calls.parse()?, &sample);
    }
    let runs = arguments.first().map_or(Ok(RUNS), |runs| runs.parse())?;
    let mut findings = Findings::default();
    for operation in Operation::all() {
        let sample = Sample::make(operation.algorithm())?;
        for _ in 0..runs {
            findings.add(operation, count::of_a_call(operation, &sample)?);
        }
    }
    findings.report()?.publish()?;
    Ok(())
}
