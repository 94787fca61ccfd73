//! The page that lists the suites that catch each bug, from the bugs' descriptions.

use std::{fmt::Write, fs, path::PathBuf};

use super::{
    bug::{Bug, Expected},
    suite::{SUITES, Suite},
};
use crate::shell::{TaskError, root};

const PAGE: &str = "docs/evidence/seeded-bugs.md";
const INTRODUCTION: &str = "\
# Seeded bugs

A test that never turned red shows nothing. `cargo xtask mutants` changes operators and values and sees which tests turn red
([mutants](mutants.md)). It changes no DynamoDB condition, since that is a string, and no attribute or template. It leaves no check out,
swallows no failure, and swaps or adds no calls. The bugs on this page do.

Each is a section of `proofs/seeded_bugs.txt`: a text that stands exactly once in the project, and the text that replaces it.
`cargo xtask seeded-bugs` applies one after the other to a copy of the project, runs the suites, and fails unless every suite that is
named here turns red. It also prints which other suites turn red. `cargo xtask seeded-bugs NAME` tries one bug, `--named` runs only the suites
that are named, and `--check`, which is part of CI, makes sure that every bug still applies and that `--write` would write this very
page. A suite is a part of the tests: `xtask/src/seeded_bugs/suite.rs`.
";

/// Writes the page.
pub(crate) fn write(bugs: &[Bug]) -> Result<(), TaskError> {
    fs::write(path(), rendered(bugs)).map_err(|e| TaskError(format!("{}: {e}", path().display())))
}

/// Fails if the page differs from these bugs.
pub(crate) fn check(bugs: &[Bug]) -> Result<(), TaskError> {
    let page = fs::read_to_string(path()).map_err(|e| TaskError(format!("{}: {e}", path().display())))?;
    let stale = || TaskError(format!("{PAGE} differs from the bugs: cargo xtask seeded-bugs --write"));
    if page == rendered(bugs) { Ok(()) } else { Err(stale()) }
}

fn path() -> PathBuf {
    root().join(PAGE)
}

fn rendered(bugs: &[Bug]) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| bug | what is broken | what would be seen of it | caught by |\n|---|---|---|---|\n");
    for Bug { name, what, seen, expected, .. } in bugs {
        let caught_by = match expected {
            Expected::CaughtBy(suites) => names(suites),
            Expected::NotCaught(reason) => format!("nobody: {reason}"),
        };
        // Infallible: writing to a String can't fail.
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
