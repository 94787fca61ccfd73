//! The mutants that no test notices: those of a run, and those that are known.

use std::{collections::BTreeSet, fs};

use crate::shell::{TaskError, root};

const PAGE: &str = "docs/evidence/mutants.md";

/// Mutants, each as `PATH: WHAT IS REPLACED`: the line would change with every line above it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Survivors(BTreeSet<String>);

impl Survivors {
    /// Those of a run: `PATH:LINE:COLUMN: WHAT`, a line each.
    pub(super) fn of_run(text: &str) -> Self {
        let survivor = |line: &str| {
            let (place, what) = line.split_once(": ")?;
            Some(format!("{}: {what}", place.split(':').next()?))
        };
        Self(text.lines().filter_map(survivor).collect())
    }

    /// Those of the page that are of these files; all, without files.
    pub(super) fn listed(files: &[&str]) -> Result<Self, TaskError> {
        let page = fs::read_to_string(root().join(PAGE)).map_err(|e| TaskError(format!("{PAGE}: {e}")))?;
        let is_wanted = |name: &String| {
            files.is_empty() || files.iter().any(|file| name.starts_with(&format!("{file}: ")))
        };
        Ok(Self(of_page(&page).filter(is_wanted).collect()))
    }

    /// Fails unless these are the listed ones.
    pub(super) fn compare(&self, listed: &Self) -> Result<(), TaskError> {
        for name in self.0.difference(&listed.0) {
            println!("SURVIVES, and is not in {PAGE}: {name}");
        }
        for name in listed.0.difference(&self.0) {
            println!("DOES NOT SURVIVE, although it is in {PAGE}: {name}");
        }
        println!("{:>6}  survive", self.0.len());
        if self == listed { Ok(()) } else { Err(TaskError(format!("the survivors are not those of {PAGE}"))) }
    }
}

/// Those of the page: ``- `PATH: WHAT`: REASON``.
fn of_page(page: &str) -> impl Iterator<Item = String> {
    let item = |line: &str| Some(line.strip_prefix("- `")?.split_once("`: ")?.0.to_owned());
    page.lines().filter_map(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survivor_is_the_same_wherever_its_line_has_moved() {
        let run = "a/src/b.rs:10:5: replace || with && in f\na/src/b.rs:20:5: replace < with == in g\n";
        let page = "# Mutants\n\n- `a/src/b.rs: replace || with && in f`: why\n- `a/src/b.rs: replace < with == in g`: why\n";
        let listed = Survivors(of_page(page).collect());
        assert_eq!(Survivors::of_run(run), listed);
        assert!(Survivors::of_run(run).compare(&listed).is_ok());
        assert!(Survivors::of_run("").compare(&listed).is_err());
        assert!(Survivors::of_run("a/src/c.rs:1:1: replace + with - in h").compare(&listed).is_err());
    }
}
