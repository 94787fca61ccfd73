//! Runs Wycheproof's vectors. They aren't in the project; they come from <https://github.com/C2SP/wycheproof>.

use std::path::{Path, PathBuf, absolute};

use crate::shell::{TaskError, built_example, program, root, run};

/// The folder of the vectors, unless another is named.
const FOLDER: &str = "../shared/wycheproof";

/// The usual folder. It is an error if it doesn't exist.
pub(crate) fn folder() -> Result<PathBuf, TaskError> {
    let folder = root().join(FOLDER);
    let missing = || TaskError(format!("there is no {FOLDER} here, with Wycheproof's testvectors_v1"));
    folder.exists().then_some(folder).ok_or_else(missing)
}

/// Runs the vectors in the usual folder.
pub(crate) fn run_beside() -> Result<(), TaskError> {
    run_all(&folder()?)
}

/// Runs the vectors in the usual folder if it exists. Otherwise it prints that nothing was tested.
pub(crate) fn run_if_there() -> Result<(), TaskError> {
    match folder() {
        Ok(folder) => run_all(&folder),
        Err(missing) => {
            println!("NOT RUN: {missing}. `cargo xtask wycheproof FOLDER` runs them");
            Ok(())
        }
    }
}

/// Runs the vectors in this folder, relative to the working directory instead of the project's root.
pub(crate) fn run_all(folder: &Path) -> Result<(), TaskError> {
    let folder = absolute(folder).map_err(|e| TaskError(e.to_string()))?;
    run(program(built_example("wycheproof")?, &[]).arg(folder))
}
