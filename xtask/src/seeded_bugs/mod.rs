//! Seeded bugs: small edits that break the project, and the test suites that notice each.
//!
//! They are mistakes that `cargo xtask mutants` can't make. It changes operators and values, but no string, attribute
//! or template, and it neither removes a check nor adds a call. Each bug of `proofs/seeded_bugs.txt` is applied to a
//! copy of the project, which is built and tested, and the suites that it names have to notice. The copy and its target
//! folder stay in `.tools/seeded-bugs`, so that only the bug's changes are rebuilt.

mod bug;
mod edit;
mod outcome;
mod page;
mod suite;

use self::{
    bug::{Bug, Expected},
    outcome::{Outcome, Verdict},
    suite::{Binaries, SUITES, Suite},
};
use crate::{
    shell::{TaskError, now, root},
    tree::Tree,
};

/// Checks quickly that each bug still applies and is on the page, and that each suite has a bug that it notices.
pub(crate) fn check() -> Result<(), TaskError> {
    let bugs = Bug::all()?;
    bugs.iter().try_for_each(|bug| bug.applies_to(root()))?;
    if let Some(suite) = SUITES.iter().find(|suite| !bugs.iter().any(|bug| bug.is_caught_by(suite))) {
        return Err(TaskError(format!("no seeded bug is known to turn the suite {} red", suite.name)));
    }
    page::check(&bugs)?;
    println!("{} seeded bugs apply", bugs.len());
    Ok(())
}

/// Writes the page.
pub(crate) fn write() -> Result<(), TaskError> {
    page::write(&Bug::all()?)
}

/// The suites of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All suites.
    All,
    /// Only the suites that a bug names.
    Named,
}

impl Reach {
    fn suites(self, bug: &Bug) -> Vec<&'static Suite> {
        match (self, &bug.expected) {
            (Self::Named, Expected::CaughtBy(suites)) => suites.clone(),
            (Self::All, _) | (_, Expected::NotCaught(_)) => SUITES.iter().collect(),
        }
    }
}

/// Runs the suites against these bugs, or all.
pub(crate) fn run(names: &[&str], reach: Reach) -> Result<(), TaskError> {
    let bugs = Bug::named(names)?;
    let tree = Tree::of_task("seeded-bugs")?;
    require_green(&tree, |suite| {
        bugs.iter().any(|bug| reach.suites(bug).iter().any(|s| s.name == suite.name))
    })?;

    let mut outcomes = Vec::new();
    for bug in bugs {
        let suites = reach.suites(&bug);
        let outcome = try_bug(&tree, bug, &suites)?;
        print!("{outcome}");
        outcomes.push(outcome);
    }
    tree.restore()?;
    let wrong = outcomes.iter().filter(|outcome| outcome.verdict() != Verdict::AsExpected);
    let wrong: Vec<&str> = wrong.map(|outcome| outcome.bug.name.as_str()).collect();
    println!("\n{} seeded bugs, {} not as expected", outcomes.len(), wrong.len());
    if wrong.is_empty() { Ok(()) } else { Err(TaskError(format!("not as expected: {}", wrong.join(", ")))) }
}

/// Fails if a suite fails without a bug: it would seem to notice all of them.
fn require_green(tree: &Tree, is_wanted: impl Fn(&Suite) -> bool) -> Result<(), TaskError> {
    tree.restore()?;
    let started = now();
    let binaries = Binaries::build(tree)?.map_err(TaskError)?;
    println!("built without a bug: {} s", started.elapsed().as_secs());
    for suite in SUITES.iter().filter(|suite| is_wanted(suite)) {
        let started = now();
        let failed = suite.run(&binaries)?;
        println!("{:>6} s  {}", started.elapsed().as_secs(), suite.name);
        if failed > 0 {
            return Err(TaskError(format!("{} is red without a bug", suite.name)));
        }
    }
    Ok(())
}

fn try_bug(tree: &Tree, bug: Bug, suites: &[&'static Suite]) -> Result<Outcome, TaskError> {
    tree.restore()?;
    bug.apply(tree.folder())?;
    let started = now();
    let built = Binaries::build(tree)?;
    let build_time = started.elapsed();
    let (mut caught, mut errors) = (Vec::new(), None);
    match built {
        Ok(binaries) => {
            for suite in suites {
                let failed = suite.run(&binaries)?;
                if failed > 0 {
                    caught.push((*suite, failed));
                }
            }
        }
        Err(said) => errors = Some(said),
    }
    let test_time = started.elapsed().saturating_sub(build_time);
    Ok(Outcome { bug, caught, errors, build_time, test_time })
}
