//! Runs the integration tests behind an HTTP API instead of a REST API.

use crate::shell::{TaskError, built_tests, program, run};

/// Tests that don't depend on the gateway, because they only concern what is behind the functions or happens before a
/// request. They take most of the time.
const BEHIND_THE_FUNCTIONS: [&str; 27] = [
    "admin_binding::",
    "admin_doctor::",
    "admin_keys::",
    "alarms::",
    "architecture::",
    "decisions::",
    "documents::",
    "fault_matrix::",
    "forged_signatures::",
    "forgeries::",
    "freeze::",
    "guesses::",
    "imports::",
    "key_rotation::",
    "keys_at_once::",
    "keyset_secret::",
    "model::",
    "password_overlaps::",
    "properties::",
    "races::",
    "rotation_load::",
    "scenarios::",
    "side_by_side::",
    "stored_items::",
    "template::",
    "threats::",
    "workspace::",
];

/// Runs all tests.
pub(crate) fn run_tests() -> Result<(), TaskError> {
    test(&[])
}

/// Runs the tests that depend on the gateway.
pub(crate) fn run_tests_of_the_gateway() -> Result<(), TaskError> {
    println!("left out, since CI has run them already: {}", BEHIND_THE_FUNCTIONS.join(" "));
    test(&BEHIND_THE_FUNCTIONS.map(|name| ["--skip", name]).concat())
}

fn test(arguments: &[&str]) -> Result<(), TaskError> {
    run(program(built_tests("latchgate")?, arguments).env("LATCHGATE_TEST_API", "http"))
}
