//! Installs programs to compare with, and tells the benchmarks where they are.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::shell::{TaskError, output, program, root};

/// Variables that tell a program where the installed programs are.
pub(super) type Told = Vec<(&'static str, PathBuf)>;

/// The path of Node itself: a wrapper's time would count too.
pub(super) fn node() -> Result<(&'static str, PathBuf), TaskError> {
    let path = output(&mut program("node", &["-p", "process.execPath"]))?;
    Ok(("LATCHGATE_BENCH_NODE", path.trim().into()))
}

/// Copies a script of `bench/peers` to a folder where it finds its packages.
pub(super) fn script(modules: &Path, name: &str) -> Result<(), TaskError> {
    let copied = fs::copy(root().join("bench/peers").join(name), modules.join(name));
    copied.map(drop).map_err(|e| TaskError(format!("{name}: {e}")))
}
