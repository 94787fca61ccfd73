//! What the benchmarks compare with, installed, and what a benchmark is told of it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::shell::{TaskError, output, program, root};

/// What a program is told of what was installed, in its environment.
pub(super) type Told = Vec<(&'static str, PathBuf)>;

/// The program itself: a wrapper of it would be counted with it.
pub(super) fn node() -> Result<(&'static str, PathBuf), TaskError> {
    let path = output(&mut program("node", &["-p", "process.execPath"]))?;
    Ok(("LATCHGATE_BENCH_NODE", path.trim().into()))
}

/// Puts a script of `bench/peers` where it finds its packages.
pub(super) fn script(modules: &Path, name: &str) -> Result<(), TaskError> {
    let copied = fs::copy(root().join("bench/peers").join(name), modules.join(name));
    copied.map(drop).map_err(|e| TaskError(format!("{name}: {e}")))
}
