//! Tests the verification against Wycheproof's vectors of JSON Web Signatures and Keys. `cargo xtask wycheproof` runs
//! it.
//!
//! It is an example rather than a test, because its files aren't in the project. `cargo test` and clippy compile it,
//! but it only runs with the files. A missing file is a failure.
//!
//! Every vector goes through the code that verifies access tokens, once for each layer. If a layer and a vector
//! disagree, [`expected`] has to name the vector and the reason. A named vector that agrees is a failure too.

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
