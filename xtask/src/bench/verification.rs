//! What else verifies access tokens.

use super::peers::{self, Told};
use crate::{packages, shell::TaskError};

pub(super) fn install() -> Result<Told, TaskError> {
    let modules = packages::npm("bench-verification")?;
    peers::script(&modules, "verification.mjs")?;
    let python = packages::python("bench-verification")?.join("python");
    Ok(vec![peers::node()?, ("LATCHGATE_BENCH_NODE_MODULES", modules), ("LATCHGATE_BENCH_PYTHON", python)])
}
