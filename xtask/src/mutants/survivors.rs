//! The mutants that no test notices, in a run and on the page.

use std::{collections::BTreeSet, fs};

use crate::shell::{TaskError, root};

const PAGE: &str = "docs/evidence/mutants.md";

/// Mutants as `PATH: CHANGE`. Their lines are left out, because they shift with every edit above.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Survivors(BTreeSet<String>);

impl Survivors {
    /// The survivors of a run, from lines of `PATH:LINE:COLUMN: CHANGE`.
    pub(super) fn of_run(mutants: &[String]) -> Self {
        let survivor = |line: &String| {
            let (place, what) = line.split_once(": ")?;
            Some(format!("{}: {what}", place.split(':').next()?))
        };
        Self(mutants.iter().filter_map(survivor).collect())
    }

    /// The page's mutants in these files.
    pub(super) fn listed(files: &[String]) -> Result<Self, TaskError> {
        let page = fs::read_to_string(root().join(PAGE)).map_err(|e| TaskError(format!("{PAGE}: {e}")))?;
        let is_wanted = |name: &String| files.iter().any(|file| name.starts_with(&format!("{file}: ")));
        Ok(Self(of_page(&page).filter(is_wanted).collect()))
    }

    /// Fails if one of these isn't listed, or, after a run over `whole` files, if a listed one isn't among these.
    pub(super) fn compare(&self, listed: &Self, whole: bool) -> Result<(), TaskError> {
        let unlisted: Vec<_> = self.0.difference(&listed.0).collect();
        let gone: Vec<_> = listed.0.difference(&self.0).filter(|_| whole).collect();
        for name in &unlisted {
            println!("SURVIVES, and is not in {PAGE}: {name}");
        }
        for name in &gone {
            println!("DOES NOT SURVIVE, although it is in {PAGE}: {name}");
        }
        println!("{:>6}  survive", self.0.len());
        if unlisted.is_empty() && gone.is_empty() {
            Ok(())
        } else {
            Err(TaskError(format!("the survivors are not those of {PAGE}")))
        }
    }
}

/// The page's mutants, from lines like ``- `PATH: CHANGE`: REASON``.
fn of_page(page: &str) -> impl Iterator<Item = String> {
    let item = |line: &str| Some(line.strip_prefix("- `")?.split_once("`: ")?.0.to_owned());
    page.lines().filter_map(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survivor_is_the_same_wherever_its_line_has_moved() {
        let run = ["a/src/b.rs:10:5: replace || with && in f", "a/src/b.rs:20:5: replace < with == in g"];
        let run = run.map(str::to_owned);
        let page = "# Mutants\n\n- `a/src/b.rs: replace || with && in f`: why\n- `a/src/b.rs: replace < with == in g`: why\n";
        let listed = Survivors(of_page(page).collect());
        assert_eq!(Survivors::of_run(&run), listed);
        assert!(Survivors::of_run(&run).compare(&listed, true).is_ok());
        assert!(Survivors::of_run(&run[..1]).compare(&listed, true).is_err());
        assert!(Survivors::of_run(&run[..1]).compare(&listed, false).is_ok());
        let other = "a/src/c.rs:1:1: replace + with - in h".to_owned();
        assert!(Survivors::of_run(&[other]).compare(&listed, false).is_err());
    }
}
