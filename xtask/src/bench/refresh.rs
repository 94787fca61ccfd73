//! The other servers that replace refresh tokens.

use std::path::PathBuf;

use super::peers::{self, Told};
use crate::{
    packages,
    shell::{TaskError, cargo, optimised_cargo_tool, program, root, run},
};

const SCRIPTS: [&str; 7] = [
    "authorized.mjs",
    "better-auth.mjs",
    "glewlwyd.mjs",
    "node-oauth.mjs",
    "oauth2-test-server.mjs",
    "oidc-provider.mjs",
    "ready.mjs",
];
const GLEWLWYD: &str = "/usr/bin/glewlwyd";

pub(super) fn install() -> Result<Told, TaskError> {
    packages::debian(&[(GLEWLWYD, "glewlwyd")])?;
    let oauth2_test_server = optimised_cargo_tool("oauth2-test-server", "0.2.3")?;
    let modules = packages::npm("bench")?;
    // This package needs its install script, which brings the engine.
    run(program("npm", &["rebuild", "--silent", "better-sqlite3"]).current_dir(&modules))?;
    for name in SCRIPTS {
        peers::script(&modules, name)?;
    }
    Ok(vec![
        peers::node()?,
        ("LATCHGATE_BENCH_NODE_MODULES", modules),
        ("LATCHGATE_BENCH_GLEWLWYD", GLEWLWYD.into()),
        ("LATCHGATE_BENCH_OAUTH2_TEST_SERVER", oauth2_test_server),
        ("LATCHGATE_BENCH_LOCAL", local()?),
    ])
}

/// Builds the program that `cargo run` starts, along with the benchmark, which has the same dependencies.
fn local() -> Result<PathBuf, TaskError> {
    run(&mut cargo(&[
        "build",
        "--quiet",
        "--profile",
        "measured",
        "--package",
        "bench",
        "--package",
        "local",
    ]))?;
    Ok(root().join("target/measured/latchgate-local"))
}
