//! Runs the full proofs of which the tests only try a sample: the model, the races, the matrices and the properties.

use std::process::Command;

use crate::shell::{TaskError, cargo, run};

/// The rounds of a race, enough to reach rare outcomes.
pub(crate) const ROUNDS: &str = "10000";
pub(crate) const SEED: &str = "7";

/// The modules with matrices, properties and walks. The races are a separate task.
const LONG: [&str; 5] = ["fault_matrix::", "model::", "properties::", "rotation_load::", "stored_items::"];

/// Settings for every cell, and for the numbers of inputs and walks.
const VARIABLES: [(&str, &str); 3] =
    [("LATCHGATE_TEST_EVERY_CELL", "1"), ("LATCHGATE_TEST_CASES", "640"), ("LATCHGATE_TEST_WALKS", "600")];

/// Explores the model of the protocol with larger bounds than the tests.
pub(crate) fn run_model() -> Result<(), TaskError> {
    run(&mut cargo(&["run", "--quiet", "--locked", "--bin", "model"]))
}

/// Runs the races one after the other, so that each has the machine to itself.
pub(crate) fn run_races(rounds: &str, seed: &str) -> Result<(), TaskError> {
    println!("{rounds} rounds, seed {seed}");
    let test = ["test", "--profile", "races", "--test", "latchgate"];
    run(cargo(&test)
        .args(["races::", "--", "--nocapture", "--test-threads=1"])
        .env("LATCHGATE_TEST_ROUNDS", rounds)
        .env("LATCHGATE_TEST_SEED", seed))
}

/// Runs in full the integration tests that only try a sample in `cargo test`.
pub(crate) fn run_long_tests() -> Result<(), TaskError> {
    let test = ["test", "--locked", "--profile", "races", "--test", "latchgate", "--"];
    run(cargo(&test).args(LONG).envs(VARIABLES))
}

/// Makes the started tests try every cell of their matrices, for tasks where any test may notice a change.
pub(crate) fn in_full(command: &mut Command) {
    command.env("LATCHGATE_TEST_EVERY_CELL", "1");
}
