//! The integration tests behind an HTTP API instead of a REST API: the same functions, the same tests.

use crate::shell::{TaskError, cargo, run};

/// What takes place behind the functions, or before the tokens reach any: it takes most of the time, and no gateway makes a
/// difference to it.
const BEHIND_THE_FUNCTIONS: [&str; 10] = [
    "fault_matrix::",
    "forged_signatures::",
    "forgeries::",
    "model::",
    "properties::",
    "races::",
    "rotation_load::",
    "scenarios::",
    "stored_items::",
    "threats::",
];

/// All of them.
pub(crate) fn run_tests() -> Result<(), TaskError> {
    test(&[])
}

/// All but those to which a gateway makes no difference.
pub(crate) fn run_tests_of_the_gateway() -> Result<(), TaskError> {
    println!("left out, since CI has run them already: {}", BEHIND_THE_FUNCTIONS.join(" "));
    test(&BEHIND_THE_FUNCTIONS.map(|name| ["--skip", name]).concat())
}

fn test(arguments: &[&str]) -> Result<(), TaskError> {
    let tests = ["test", "--package", "tests", "--locked", "--"];
    run(cargo(&tests).args(arguments).env("LATCHGATE_TEST_API", "http"))
}
