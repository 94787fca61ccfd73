//! The long form of the integration tests that try a sample in `cargo test`.

use std::process::Command;

use crate::shell::{TaskError, cargo, run};

/// The modules with matrices, properties and walks. The races are a task by themselves.
const MODULES: [&str; 5] = ["fault_matrix::", "model::", "properties::", "rotation_load::", "stored_items::"];

/// Inputs for each property, and walks through the model and the functions, side by side.
const VARIABLES: [(&str, &str); 3] =
    [("LATCHGATE_TEST_EVERY_CELL", "1"), ("LATCHGATE_TEST_CASES", "640"), ("LATCHGATE_TEST_WALKS", "600")];

pub(crate) fn run_all() -> Result<(), TaskError> {
    let test = ["test", "--locked", "--profile", "races", "--package", "tests", "--test", "latchgate", "--"];
    run(cargo(&test).args(MODULES).envs(VARIABLES))
}

/// Has the tests that this starts try every cell of their matrices, as where it counts whether any of them notices.
pub(crate) fn in_full(command: &mut Command) {
    command.env("LATCHGATE_TEST_EVERY_CELL", "1");
}
