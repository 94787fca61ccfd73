//! The benchmarks, optimised as a release is.

use crate::shell::{TaskError, cargo, run};

/// By their names on the command line.
pub(crate) const PARTS: [&str; 4] = ["denylist", "growth", "login", "login-timing"];

pub(crate) fn run_all() -> Result<(), TaskError> {
    PARTS.into_iter().try_for_each(run_part)
}

/// A part's program is named as it is, but for the one that would be named as a function is.
pub(crate) fn run_part(part: &str) -> Result<(), TaskError> {
    let program = if part == "login" { "login-cost" } else { part };
    // Refused logins are told apart more easily where all but the hash is slow.
    let profile = if part == "login-timing" { "dev" } else { "measured" };
    run(&mut cargo(&["run", "--quiet", "--profile", profile, "--package", "bench", "--bin", program]))
}
