//! The spelling of everything that is tracked: `_typos.toml`.

use crate::{
    packages,
    shell::{TaskError, program, run},
};

pub(crate) fn check() -> Result<(), TaskError> {
    let typos = packages::python("spelling")?.join("typos");
    run(&mut program(typos, &["--format", "brief"]))
}
