//! The command `sam local`.

use std::{path::Path, process::Command};

use super::docker::Docker;
use crate::{
    sam::{self, Tools},
    shell::{TaskError, root},
};

/// `sam local` for the functions of a build.
pub(super) struct SamLocal<'a> {
    pub(super) docker: &'a Docker,
    /// The folder of the build.
    pub(super) build: &'a Path,
    pub(super) scratch: &'a Path,
}

impl SamLocal<'_> {
    /// A `sam local` command with the options of samconfig.toml that the guide names, the architecture, and these further
    /// parameters of the stack.
    pub(super) fn program(
        &self,
        command: &str,
        arguments: &[&str],
        parameters: &[&str],
    ) -> Result<Command, TaskError> {
        let mut sam = Tools::installed()?.program("sam", &["local", command]);
        let architecture = format!("Architecture={}", sam::ARCHITECTURE);
        sam.args(arguments).args(["--parameter-overrides", &architecture]).args(parameters);
        // SAM looks for its configuration next to the template.
        sam.arg("--template").arg(self.build.join("template.yaml"));
        sam.arg("--config-file").arg(root().join("samconfig.toml"));
        sam.env("DOCKER_HOST", self.docker.host()).env("TMPDIR", self.scratch);
        Ok(sam)
    }
}
