//! The functions in the start-up benchmark: Latchgate's as `sam build` builds them, and others.

use std::env::consts::ARCH;

use super::peers::{self, Told};
use crate::{
    packages,
    sam::Tools,
    shell::{TaskError, cargo, root, run},
};

const OURS: [&str; 3] = ["authorizer", "login", "refresh"];
const PEERS: &str = "bench/peers/functions/Cargo.toml";
pub(super) fn install() -> Result<Told, TaskError> {
    let architecture = if ARCH == "aarch64" { "--arm64" } else { "--x86-64" };
    let mut ours =
        Tools::installed()?.program("cargo-lambda", &["lambda", "build", "--release", architecture]);
    for package in OURS {
        ours.args(["--package", package]);
    }
    run(&mut ours)?;
    let target = root().join("target/peers");
    let mut peers = cargo(&["build", "--quiet", "--release", "--locked", "--manifest-path", PEERS]);
    // The default, which this workspace's configuration overrides.
    peers.arg("--target-dir").arg(&target).env("AWS_LC_SYS_NO_JITTER_ENTROPY", "0");
    run(&mut peers)?;
    let modules = packages::npm("bench")?;
    peers::script(&modules, "function.mjs")?;
    Ok(vec![
        ("LATCHGATE_BENCH_FUNCTIONS", root().join("target/lambda")),
        ("LATCHGATE_BENCH_PEERS", target.join("release")),
        peers::node()?,
        ("LATCHGATE_BENCH_NODE_MODULES", modules),
        ("LATCHGATE_BENCH_PYTHON", packages::python("bench")?.join("python")),
    ])
}
