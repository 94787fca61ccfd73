//! What `cargo xtask bench` installed to compare with.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::program::Failure;

/// Node itself, not a wrapper of it.
pub(crate) const NODE: &str = "LATCHGATE_BENCH_NODE";
/// The folder with `node_modules` and the scripts of `bench/peers` that find packages there.
pub(crate) const NODE_MODULES: &str = "LATCHGATE_BENCH_NODE_MODULES";
/// Python of an environment with the packages.
pub(crate) const PYTHON: &str = "LATCHGATE_BENCH_PYTHON";

/// A path that the task says in this variable.
///
/// # Errors
///
/// If it doesn't.
#[expect(clippy::disallowed_methods, reason = "the task that installs things says where they are")]
pub(crate) fn told(name: &str) -> Result<PathBuf, Failure> {
    Ok(std::env::var(name).map_err(|e| format!("{name}: {e} (run it by cargo xtask bench)"))?.into())
}

/// The version of a package of npm that is installed.
///
/// # Errors
///
/// If it isn't.
pub(crate) fn npm_version(package: &str) -> Result<String, Failure> {
    let manifest = told(NODE_MODULES)?.join("node_modules").join(package).join("package.json");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(manifest)?)?;
    Ok(manifest["version"].as_str().ok_or("no version")?.to_owned())
}

/// What a program prints, without the line's end.
///
/// # Errors
///
/// If it can't be run.
pub(crate) fn said_by(program: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program).args(arguments).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
