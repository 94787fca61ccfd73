//! The model of the protocol, played through within larger bounds than the tests have time for.

use crate::shell::{TaskError, cargo, run};

pub(crate) fn run_all() -> Result<(), TaskError> {
    run(&mut cargo(&["run", "--quiet", "--locked", "--package", "model"]))
}
