//! The spelling of everything that is tracked: `_typos.toml`.

use crate::{
    packages,
    shell::{TaskError, program, run},
};

/// Its wheel has the program in it.
const PYPI_PACKAGES: [&str; 1] = ["typos==1.52.0"];

pub(crate) fn check() -> Result<(), TaskError> {
    let typos = packages::python("spelling", &PYPI_PACKAGES)?.join("typos");
    run(&mut program(typos, &["--format", "brief"]))
}
