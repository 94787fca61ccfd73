//! The page that says which suite catches which bug: `docs/evidence/seeded-bugs.md`, from what the patches say of themselves.

use std::{fmt::Write, fs, path::PathBuf};

use super::{
    bug::{Bug, Expected},
    suite::{SUITES, Suite},
};
use crate::shell::{TaskError, root};

const INTRODUCTION: &str = "\
# Seeded bugs

A test that never turned red shows nothing. `proofs/seeded_bugs` has a patch for each of these slips; `cargo xtask seeded-bugs` puts
one after the other into a copy of the project, runs the suites, and fails unless each bug is caught by all suites that are named
here. It prints which others catch it too. `cargo xtask seeded-bugs NAME` tries one, `--named` runs only the suites that are named,
and `--check` (in CI) sees to it that all patches still apply and that this page, which `--write` writes, is theirs. A suite is a part
of the tests: `xtask/src/seeded_bugs/suite.rs`.
";

/// Writes the page.
pub(crate) fn write(bugs: &[Bug]) -> Result<(), TaskError> {
    fs::write(path(), rendered(bugs)).map_err(|e| TaskError(format!("{}: {e}", path().display())))
}

/// Fails if the page is not that of these bugs.
pub(crate) fn check(bugs: &[Bug]) -> Result<(), TaskError> {
    let page = fs::read_to_string(path()).map_err(|e| TaskError(format!("{}: {e}", path().display())))?;
    let stale = "docs/evidence/seeded-bugs.md is not what the patches say: cargo xtask seeded-bugs --write";
    if page == rendered(bugs) { Ok(()) } else { Err(TaskError(stale.to_owned())) }
}

fn path() -> PathBuf {
    root().join("docs/evidence/seeded-bugs.md")
}

fn rendered(bugs: &[Bug]) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| bug | what is broken | what would be seen of it | caught by |\n|---|---|---|---|\n");
    for Bug { name, what, seen, expected, .. } in bugs {
        let caught_by = match expected {
            Expected::CaughtBy(suites) => names(suites),
            Expected::NotCaught(reason) => format!("nobody: {reason}"),
        };
        // Infallible: a String takes whatever it is given.
        let _ = writeln!(page, "| `{name}` | {what} | {seen} | {caught_by} |");
    }
    page.push_str("\n| suite | bugs that it is known to catch |\n|---|---|\n");
    for suite in SUITES {
        let caught = bugs.iter().filter(|bug| bug.is_caught_by(suite)).count();
        let _ = writeln!(page, "| {} | {caught} |", suite.name);
    }
    page
}

fn names(suites: &[&Suite]) -> String {
    suites.iter().map(|suite| suite.name).collect::<Vec<_>>().join(", ")
}
