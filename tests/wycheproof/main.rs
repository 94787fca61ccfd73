//! Wycheproof's vectors of JSON Web Signatures and Keys against our verification: `cargo xtask wycheproof` runs it.
//!
//! An example rather than a test, since its files are not in the project: `cargo test` compiles it and clippy reads it,
//! but it runs where the files are. A file that is missing fails.
//!
//! Every vector goes through the code that verifies access tokens, once a layer. Where a layer and a vector disagree,
//! [`expected`] has to name the vector and the reason; it fails as well if a vector that is named there agrees.

mod expected;
mod layers;
mod report;
mod vectors;

use std::{path::Path, process::ExitCode};

use self::{layers::Layer, report::Report};

const SIGNATURES: &str = "json_web_signature_test.json";
const KEYS: &str = "json_web_key_test.json";

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("which folder holds {SIGNATURES} and {KEYS}?");
        return ExitCode::from(2);
    };
    match run(Path::new(&folder)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every layer judges every vector as expected.
fn run(folder: &Path) -> Result<bool, String> {
    let signatures = vectors::read(folder, SIGNATURES)?;
    let keys = vectors::read(folder, KEYS)?;
    let reports = [
        Report::new(SIGNATURES, Layer::AccessToken, &signatures, expected::NO_ACCESS_TOKEN),
        Report::new(SIGNATURES, Layer::OurKeys, &signatures, expected::SIGNATURES_OF_OUR_KEYS),
        Report::new(SIGNATURES, Layer::AnyAlgorithm, &signatures, expected::SIGNATURES_OF_ANY_ALGORITHM),
        Report::new(KEYS, Layer::OurKeys, &keys, expected::OUR_KEYS),
    ];
    for report in &reports {
        println!("{report}");
    }
    Ok(reports.iter().all(Report::is_as_expected))
}
