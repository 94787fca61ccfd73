//! Mutants: cargo-mutants changes one operator or value at a time, and the tests have to notice.
//!
//! `docs/evidence/mutants.md` lists the surviving mutants with reasons. The mutants are made in a copy of the project,
//! which stays in `.tools/mutants` with its target folder.

mod mutant;
mod rounds;
mod selection;
mod survivors;

use std::{fs, path::PathBuf, time::Duration};

pub(crate) use self::selection::Selection;
use self::{
    mutant::{file_of, files_of},
    rounds::{ROUNDS, Round},
    selection::EXAMINED,
    survivors::Survivors,
};
use crate::{
    proofs,
    shell::{TaskError, cargo_tool, output, program},
    tree::Tree,
};

const VERSION: &str = "27.1.0";
const CONFIGURATION: &str = "--config=proofs/mutants.toml";

/// cargo-mutants, the copy that it changes, and the arguments of every call.
struct Mutants {
    tool: PathBuf,
    tree: Tree,
    common: Vec<String>,
}

/// Tries the selected mutants, and compares the survivors with the listed ones.
pub(crate) fn run(selection: &Selection) -> Result<(), TaskError> {
    let tree = Tree::of_task("mutants")?;
    tree.restore()?;
    let mut common = vec!["--workspace".to_owned(), CONFIGURATION.to_owned()];
    common.extend(selection.in_diff()?);
    let mutants = Mutants { tool: cargo_tool("cargo-mutants", VERSION)?, tree, common };
    let all = mutants.list()?;
    let files = selection.files(&all)?;
    let is_selected = |mutant: &&String| files.iter().any(|file| file == file_of(mutant));
    println!("{} mutants in {} files", all.iter().filter(is_selected).count(), files.len());
    if files.is_empty() {
        return Ok(());
    }
    mutants.empty_results()?;
    let mut missed = mutants.try_all(&files, &ROUNDS[0], None)?;
    for round in &ROUNDS[1..] {
        let files: Vec<String> = files_of(&missed).into_iter().filter(|file| round.is_about(file)).collect();
        if files.is_empty() {
            continue;
        }
        let limit = round.test(&mutants.tree)?;
        missed.retain(|mutant| !round.is_about(file_of(mutant)));
        missed.extend(mutants.try_all(&files, round, Some(limit))?);
    }
    mutants.tree.restore()?;
    let listed = Survivors::listed(&files)?;
    Survivors::of_run(&missed).compare(&listed, selection.takes_whole_files())
}

impl Mutants {
    /// All mutants, each as `PATH:LINE:COLUMN: CHANGE`.
    fn list(&self) -> Result<Vec<String>, TaskError> {
        let mut command = self.tree.inside(program(&self.tool, &["mutants", "--list", "--colors=never"]));
        command.args(&self.common).args(EXAMINED.map(|glob| format!("--file={glob}")));
        let listed = output(&mut command)?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// Empties the results folder, so that mutants of an earlier run don't count as noticed.
    fn empty_results(&self) -> Result<(), TaskError> {
        let folder = self.results();
        let failure = |e: std::io::Error| TaskError(format!("{}: {e}", folder.display()));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failure)?;
        }
        fs::create_dir_all(&folder).map_err(failure)
    }

    fn results(&self) -> PathBuf {
        self.tree.folder().with_file_name("results")
    }

    /// Tests these files' remaining mutants in one round, each for as long as `limit`. Returns the survivors.
    fn try_all(
        &self,
        files: &[String],
        round: &Round,
        limit: Option<Duration>,
    ) -> Result<Vec<String>, TaskError> {
        println!("\n=== {}", round.name);
        let always = ["mutants", "--in-place", "--no-shuffle", "--colors=never", "--output=../results"];
        let mut command = self.tree.inside(program(&self.tool, &always));
        command.args(&self.common).args(files.iter().map(|file| format!("--file={file}")));
        proofs::in_full(&mut command);
        let status = command.args(round.arguments(limit)).status();
        let status = status.map_err(|e| TaskError(format!("cargo-mutants: {e}")))?;
        // 0: all were noticed. 2: some weren't. 3: some made the tests hang, which also counts as noticed.
        if !matches!(status.code(), Some(0 | 2 | 3)) {
            return Err(TaskError(format!("cargo-mutants failed: {status}")));
        }
        for outcome in ["caught", "timeout", "unviable"] {
            println!("{:>6}  {outcome}", self.result(outcome)?.lines().count());
        }
        // The next round leaves out what was caught; what hung it would try again.
        let caught = self.result("caught")? + &self.result("timeout")?;
        fs::write(self.path_of("caught"), caught).map_err(|e| TaskError(format!("caught.txt: {e}")))?;
        Ok(self.result("missed")?.lines().map(str::to_owned).collect())
    }

    fn path_of(&self, outcome: &str) -> PathBuf {
        self.results().join("mutants.out").join(outcome).with_extension("txt")
    }

    /// The mutants with this outcome.
    fn result(&self, outcome: &str) -> Result<String, TaskError> {
        let path = self.path_of(outcome);
        fs::read_to_string(&path).map_err(|e| TaskError(format!("{}: {e}", path.display())))
    }
}
