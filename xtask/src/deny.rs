//! Checks the dependencies against `deny.toml`.

use std::process::Stdio;

use crate::shell::{TaskError, cargo_tool, program, run};

const VERSION: &str = "0.20.2";

pub(crate) fn run_checks() -> Result<(), TaskError> {
    let deny = cargo_tool("cargo-deny", VERSION)?;
    run(&mut program(&deny, &["check", "licenses", "bans", "sources"]))?;

    // The advisories are in a separate repository, which a machine with only package registries can't reach. The check
    // then prints a warning. It is mandatory in the GitHub workflow, which can reach them.
    let fetched = program(&deny, &["fetch", "db"]).stderr(Stdio::null()).status();
    if fetched.is_ok_and(|status| status.success()) {
        run(&mut program(&deny, &["check", "advisories"]))
    } else if is_github() {
        Err(TaskError("the advisory database can't be had".to_owned()))
    } else {
        println!("cargo deny: NOT CHECKED: advisories. Their database can't be reached from this machine.");
        Ok(())
    }
}

/// Whether the database must be reachable: on GitHub, its absence is an error.
#[expect(clippy::disallowed_methods, reason = "how the workflow says that it is one")]
fn is_github() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some()
}
