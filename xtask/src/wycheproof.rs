//! Wycheproof's vectors, which are not in the project: they are had from <https://github.com/C2SP/wycheproof>.

use std::path::{Path, absolute};

use crate::shell::{TaskError, cargo, root, run};

/// Where they are looked for unless another folder is named.
const FOLDER: &str = "../shared/wycheproof";

/// Those of the usual folder. A missing one fails.
pub(crate) fn run_beside() -> Result<(), TaskError> {
    run_all(&root().join(FOLDER))
}

/// Those of the usual folder, where there is one; elsewhere it says that nothing was shown.
pub(crate) fn run_if_there() -> Result<(), TaskError> {
    if root().join(FOLDER).exists() {
        return run_beside();
    }
    println!("NOT RUN: there is no {FOLDER} here. `cargo xtask wycheproof FOLDER` runs them");
    Ok(())
}

/// Those of a folder, which is what it is here, not at the root of the project.
pub(crate) fn run_all(folder: &Path) -> Result<(), TaskError> {
    let folder = absolute(folder).map_err(|e| TaskError(e.to_string()))?;
    let example = ["run", "--quiet", "--locked", "--package", "tests", "--example", "wycheproof", "--"];
    run(cargo(&example).arg(folder))
}
