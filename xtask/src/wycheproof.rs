//! Wycheproof's vectors, which are not in the project: they are had from <https://github.com/C2SP/wycheproof>.

use std::path::{Path, PathBuf, absolute};

use crate::shell::{TaskError, cargo, root, run};

/// Where they are looked for unless another folder is named.
const FOLDER: &str = "../shared/wycheproof";

/// The usual folder. A missing one is an error.
pub(crate) fn folder() -> Result<PathBuf, TaskError> {
    let folder = root().join(FOLDER);
    let missing = || TaskError(format!("there is no {FOLDER} here, with Wycheproof's testvectors_v1"));
    folder.exists().then_some(folder).ok_or_else(missing)
}

/// Those of the usual folder.
pub(crate) fn run_beside() -> Result<(), TaskError> {
    run_all(&folder()?)
}

/// Those of the usual folder, where there is one; elsewhere it says that nothing was shown.
pub(crate) fn run_if_there() -> Result<(), TaskError> {
    match folder() {
        Ok(folder) => run_all(&folder),
        Err(missing) => {
            println!("NOT RUN: {missing}. `cargo xtask wycheproof FOLDER` runs them");
            Ok(())
        }
    }
}

/// Those of a folder, which is what it is here, not at the root of the project.
pub(crate) fn run_all(folder: &Path) -> Result<(), TaskError> {
    let folder = absolute(folder).map_err(|e| TaskError(e.to_string()))?;
    let example = ["run", "--quiet", "--locked", "--package", "tests", "--example", "wycheproof", "--"];
    run(cargo(&example).arg(folder))
}
