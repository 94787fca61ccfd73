//! The races of the integration tests, with as many rounds as it takes to meet what is rare.

use crate::shell::{TaskError, cargo, run};

pub(crate) const ROUNDS: &str = "10000";
pub(crate) const SEED: &str = "7";

/// One race after the other: what takes part in one has the machine to itself.
pub(crate) fn run_all(rounds: &str, seed: &str) -> Result<(), TaskError> {
    println!("{rounds} rounds, seed {seed}");
    let test = ["test", "--profile", "races", "--package", "tests", "--test", "latchgate"];
    run(cargo(&test)
        .args(["races::", "--", "--nocapture", "--test-threads=1"])
        .env("LATCHGATE_TEST_ROUNDS", rounds)
        .env("LATCHGATE_TEST_SEED", seed))
}
