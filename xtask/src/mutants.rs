//! Mutants: an operator or a value changed, one at a time, by `cargo-mutants`, in the code that decides who may go on.
//!
//! Those that no test notices stand in `docs/evidence/mutants.md`, each with the reason why none can. What is mutated, and what is
//! not, says `.cargo/mutants.toml`. The mutants are put into a copy of the project, which stays in `.tools/mutants` with its
//! target folder.

mod survivors;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::survivors::Survivors;
use crate::{
    shell::{self, TaskError, cargo_tool, program},
    tree::Tree,
};

const VERSION: &str = "27.1.0";
/// The tests beside the code, which are built and run in seconds.
const BESIDE: [&str; 1] = ["--cargo-arg=--lib"];
/// What those did not notice is put to the integration tests, for which everything is built anew.
const INTEGRATION: [&str; 6] = [
    "--iterate",
    "--test-package=tests",
    "--cargo-arg=--test=latchgate",
    // `cargo-mutants` would try the wrong package; see `require_green`.
    "--baseline=skip",
    "--timeout=300",
    "--",
];
/// Those of them that look closest at this code; the others take as long as all of these, or longer.
const MODULES: [&str; 21] = [
    "access_tokens::",
    "admin_tokens::",
    "audit::",
    "authorizer_events::",
    "authorizer_policy::",
    "claims::",
    "client_authentication::",
    "costs::",
    "decisions::",
    "faults::",
    "forged_signatures::",
    "forgeries::",
    "logout_flow::",
    "password_expired::",
    "refresh_flow::",
    "request_bodies::",
    "revocation_modes::",
    "scope_rules::",
    "start::",
    "threats::",
    "time_bounds::",
];

/// Tries all mutants, or those of these files, and holds the survivors against those that are listed.
pub(crate) fn run(files: &[&str]) -> Result<(), TaskError> {
    let mutants = cargo_tool("cargo-mutants", VERSION)?;
    let tree = Tree::of_task("mutants")?;
    tree.restore()?;
    empty_results(&tree)?;
    let mut missed = try_all(&tree, &mutants, files, &BESIDE)?;
    if !missed.is_empty() {
        require_green(&tree)?;
        missed = try_all(&tree, &mutants, files, &[&INTEGRATION[..], &MODULES].concat())?;
    }
    tree.restore()?;
    Survivors::of_run(&missed).compare(&Survivors::listed(files)?)
}

/// An empty folder for the results: else the mutants of an earlier run would count as noticed.
fn empty_results(tree: &Tree) -> Result<(), TaskError> {
    let folder = results(tree);
    let failure = |e: std::io::Error| TaskError(format!("{}: {e}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failure)?;
    }
    fs::create_dir_all(&folder).map_err(failure)
}

fn results(tree: &Tree) -> PathBuf {
    tree.folder().with_file_name("results")
}

/// Integration tests that are red without a mutant would notice each.
fn require_green(tree: &Tree) -> Result<(), TaskError> {
    let tests = ["test", "--quiet", "--locked", "--package=tests", "--test=latchgate", "--"];
    shell::run(tree.cargo(&tests).args(MODULES))
}

/// Tries the mutants that have not been noticed yet; those that still are not, a line each.
fn try_all(tree: &Tree, mutants: &Path, files: &[&str], arguments: &[&str]) -> Result<String, TaskError> {
    let always =
        ["mutants", "--workspace", "--in-place", "--no-shuffle", "--colors=never", "--output=../results"];
    let mut command = tree.inside(program(mutants, &always));
    command.args(files.iter().map(|file| format!("--re=^{}:", file.replace('.', "\\."))));
    let status = command.args(arguments).status();
    let status = status.map_err(|e| TaskError(format!("cargo-mutants: {e}")))?;
    // All were noticed; some were not; some made the tests hang, which is to be noticed as well.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        return Err(TaskError(format!("cargo-mutants failed: {status}")));
    }
    for outcome in ["caught", "timeout", "unviable"] {
        println!("{:>6}  {outcome}", result(tree, outcome)?.lines().count());
    }
    result(tree, "missed")
}

/// The mutants that came to this.
fn result(tree: &Tree, outcome: &str) -> Result<String, TaskError> {
    let path = results(tree).join("mutants.out").join(outcome).with_extension("txt");
    fs::read_to_string(&path).map_err(|e| TaskError(format!("{}: {e}", path.display())))
}
