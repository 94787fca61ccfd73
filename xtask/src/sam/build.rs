//! The functions, built as `sam build` builds them for a deployment.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Tools;
use crate::shell::{TaskError, root, run};

const FOLDER: &str = ".aws-sam/build";

/// What was built.
pub(crate) struct Built {
    /// The bootstraps, each with the logical id of its function.
    bootstraps: Vec<(String, PathBuf)>,
}

/// Builds all of them, with the optimisation of a release.
pub(crate) fn build(tools: &Tools, architecture: &str) -> Result<Built, TaskError> {
    let parameter = format!("Architecture={architecture}");
    run(&mut tools.program("sam", &["build", "--build-dir", FOLDER, "--parameter-overrides", &parameter]))?;
    Built::last()
}

impl Built {
    /// What `sam build` has left.
    pub(crate) fn last() -> Result<Self, TaskError> {
        let folder = root().join(FOLDER);
        let failed = |e: std::io::Error| TaskError(format!("{}: {e}", folder.display()));
        let mut bootstraps = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let bootstrap = entry.path().join("bootstrap");
            if bootstrap.exists() {
                bootstraps.push((entry.file_name().to_string_lossy().into_owned(), bootstrap));
            }
        }
        bootstraps.sort();
        Ok(Self { bootstraps })
    }

    /// That of the function with this logical id.
    pub(crate) fn bootstrap(&self, id: &str) -> Result<&Path, TaskError> {
        let bootstrap = self.bootstraps.iter().find(|(built, _)| built == id);
        bootstrap.map(|(_, path)| path.as_path()).ok_or_else(|| TaskError(format!("{id} was not built")))
    }
}
