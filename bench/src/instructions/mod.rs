//! How many instructions it takes to parse, verify, issue and decide: counted by callgrind, which counts the same of the same
//! program, whatever else the machine does. What is kept of it shows what a change costs.
//!
//! `bench instructions [RUNS]`. `cargo xtask bench instructions` installs callgrind.

mod count;
mod findings;
mod fixed;
mod issue;
mod operation;
mod sample;

use crate::program::Failure;

use self::{findings::Findings, operation::Operation, sample::Sample};

/// Runs, unless the command line says otherwise: all are alike but for what is random, as in a signature of ES256.
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
