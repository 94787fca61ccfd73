//! The command `sam local`.

use std::{path::Path, process::Command};

use super::docker::Docker;
use crate::{
    sam::{self, Tools},
    shell::TaskError,
};

/// With nothing but the architecture beside what samconfig.toml says: what the README has.
pub(super) fn sam_local(
    docker: &Docker,
    scratch: &Path,
    command: &str,
    arguments: &[&str],
) -> Result<Command, TaskError> {
    let mut sam = Tools::installed()?.program("sam", &["local", command]);
    let architecture = format!("Architecture={}", sam::ARCHITECTURE);
    sam.args(arguments).args(["--parameter-overrides", &architecture]);
    sam.env("DOCKER_HOST", docker.host()).env("TMPDIR", scratch);
    Ok(sam)
}
