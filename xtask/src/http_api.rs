//! The integration tests behind an HTTP API instead of a REST API: the same functions, the same tests.

use crate::shell::{TaskError, cargo, run};

pub(crate) fn run_tests() -> Result<(), TaskError> {
    run(cargo(&["test", "--package", "tests", "--locked"]).env("LATCHGATE_TEST_API", "http"))
}
