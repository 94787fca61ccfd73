//! Measures the verification of an access token, compared with other verifiers, and a whole request to an authorizer.
//!
//! `bench verification [RUNS [MILLISECONDS]]`: the number and length of each subject's runs. Each run is a separate
//! process that verifies for this time. `cargo xtask bench verification` installs the others.

mod findings;
mod method;
mod ours;
mod sample;
mod subjects;

use crate::program::Failure;

use self::{
    findings::Findings,
    method::{MILLISECONDS, RUNS},
    sample::{ALGORITHMS, Sample},
    subjects::Subject,
};

#[tokio::main]
pub(crate) async fn run(arguments: &[String]) -> Result<(), Failure> {
    if let [role, file, milliseconds] = arguments {
        return ours::play(role, file, milliseconds.parse()?).await;
    }
    let runs = arguments.first().map_or(Ok(RUNS), |runs| runs.parse())?;
    let milliseconds = arguments.get(1).map_or(Ok(MILLISECONDS), |number| number.parse())?;
    let mut samples = Vec::new();
    for algorithm in ALGORITHMS {
        samples.push(Box::pin(Sample::make(algorithm)).await?);
    }
    let subjects = Subject::all()?;
    let mut findings = Findings::new(&subjects);
    for _ in 0..runs {
        for sample in &samples {
            for (place, subject) in subjects.iter().enumerate() {
                findings.add(sample.algorithm, place, subject.run(sample, milliseconds)?);
            }
        }
    }
    findings.report(&subjects)?.publish()?;
    Ok(())
}
