//! What else verifies access tokens.

use super::peers::{self, Told};
use crate::{packages, shell::TaskError};

const NPM_PACKAGES: [&str; 3] = ["aws-jwt-verify@5.2.1", "fast-jwt@6.3.6", "jose@6.2.17"];
const PYPI_PACKAGES: [&str; 1] = ["pyjwt[crypto]==2.15.1"];

pub(super) fn install() -> Result<Told, TaskError> {
    let modules = packages::npm("bench-verification", &NPM_PACKAGES)?;
    peers::script(&modules, "verification.mjs")?;
    let python = packages::python("bench-verification", &PYPI_PACKAGES)?.join("python");
    Ok(vec![peers::node()?, ("LATCHGATE_BENCH_NODE_MODULES", modules), ("LATCHGATE_BENCH_PYTHON", python)])
}
