//! The integration tests behind an HTTP API instead of a REST API: the same functions, the same tests.

use crate::shell::{TaskError, cargo, run};

/// What takes place between a function and its store, whatever gateway stands before it: half of the time that all take.
const BEHIND_THE_FUNCTIONS: [&str; 2] = ["fault_matrix::", "races::"];

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
