//! The programs to compare with, as `cargo xtask bench` installed them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::program::Failure;

/// The path of Node itself, not of a wrapper.
pub(crate) const NODE: &str = "LATCHGATE_BENCH_NODE";
/// The folder with `node_modules`, and the scripts of `bench/peers`, which find packages there.
pub(crate) const NODE_MODULES: &str = "LATCHGATE_BENCH_NODE_MODULES";
/// The Python of the environment with the packages.
pub(crate) const PYTHON: &str = "LATCHGATE_BENCH_PYTHON";

/// A path that the task sets in this variable.
///
/// # Errors
///
/// If the variable isn't set.
#[expect(clippy::disallowed_methods, reason = "the task that installs things says where they are")]
pub(crate) fn told(name: &str) -> Result<PathBuf, Failure> {
    Ok(std::env::var(name).map_err(|e| format!("{name}: {e} (run it by cargo xtask bench)"))?.into())
}

/// The version of an installed npm package.
///
/// # Errors
///
/// If it isn't installed.
pub(crate) fn npm_version(package: &str) -> Result<String, Failure> {
    let manifest = told(NODE_MODULES)?.join("node_modules").join(package).join("package.json");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(manifest)?)?;
    Ok(manifest["version"].as_str().ok_or("no version")?.to_owned())
}

/// The output of a program, trimmed.
///
/// # Errors
///
/// If it can't be run.
pub(crate) fn said_by(program: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program).args(arguments).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
