//! Selects the mutants of a run: of all files, of some, of a share, or of changes.

use std::collections::BTreeMap;

use super::mutant::file_of;
use crate::shell::{TaskError, output, program, tool_folder};

/// The code to mutate: the functions, their shared code, mails, passwords, and the commands that write.
pub(super) const EXAMINED: [&str; 8] = [
    "functions/*/src/**",
    "shared/src/**",
    "mails/src/**",
    "passwords/src/**",
    "admin/src/clients/**",
    "admin/src/keys/**",
    "admin/src/sessions/**",
    "admin/src/users/**",
];

/// The selection on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The selected files. Empty for all.
    files: Vec<String>,
    /// The revision to compare with, to select only changes.
    since: Option<String>,
    /// The selected share and the number of shares, both counted from one.
    shard: Option<(usize, usize)>,
}

impl Selection {
    /// Reads `[--diff REV] [--shard K/N] [FILE…]`.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, TaskError> {
        let mut selection = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| TaskError(format!("{argument} needs a value")));
            match *argument {
                "--diff" => selection.since = Some((*value()?).to_owned()),
                "--shard" => selection.shard = Some(shard(value()?)?),
                file => selection.files.push(file.to_owned()),
            }
        }
        Ok(selection)
    }

    /// The cargo-mutants option that selects the changed lines' mutants.
    pub(super) fn in_diff(&self) -> Result<Option<String>, TaskError> {
        let Some(revision) = &self.since else { return Ok(None) };
        let changed = output(&mut program("git", &["diff", revision, "--", "*.rs"]))?;
        let file = tool_folder("mutants")?.join("changed.diff");
        std::fs::write(&file, changed).map_err(|e| TaskError(format!("{}: {e}", file.display())))?;
        Ok(Some(format!("--in-diff={}", file.display())))
    }

    /// The selected files that have mutants.
    pub(super) fn files(&self, mutants: &[String]) -> Result<Vec<String>, TaskError> {
        let mut counts = BTreeMap::<&str, usize>::new();
        for mutant in mutants {
            *counts.entry(file_of(mutant)).or_default() += 1;
        }
        if let Some(unknown) = self.files.iter().find(|file| !counts.contains_key(file.as_str())) {
            return Err(TaskError(format!("{unknown} has no mutants")));
        }
        if !self.files.is_empty() {
            counts.retain(|file, _| self.files.iter().any(|wanted| wanted == file));
        }
        let Some((share, of)) = self.shard else {
            return Ok(counts.into_keys().map(str::to_owned).collect());
        };
        Ok(shares(&counts, of).swap_remove(share - 1))
    }

    /// Whether all mutants of each file are tried, so that each listed one has to survive.
    pub(super) fn takes_whole_files(&self) -> bool {
        self.since.is_none()
    }
}

fn shard(text: &str) -> Result<(usize, usize), TaskError> {
    let parts = text.split_once('/').and_then(|(share, of)| Some((share.parse().ok()?, of.parse().ok()?)));
    let is_one = |(share, of): &(usize, usize)| (1..=*of).contains(share);
    parts.filter(is_one).ok_or_else(|| TaskError(format!("{text:?} is no share: 1/16 to 16/16")))
}

/// Splits the files into shares with similar numbers of mutants. Files stay whole, because cargo-mutants would split an
/// earlier round's survivors differently.
fn shares(counts: &BTreeMap<&str, usize>, of: usize) -> Vec<Vec<String>> {
    let mut files: Vec<_> = counts.iter().collect();
    files.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut shares = vec![(0, Vec::new()); of];
    for (file, count) in files {
        if let Some((sum, share)) = shares.iter_mut().min_by_key(|(sum, _)| *sum) {
            *sum += count;
            share.push((*file).to_owned());
        }
    }
    shares.into_iter().map(|(_, share)| share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutants() -> Vec<String> {
        let counts = [("a.rs", 5), ("b.rs", 3), ("c.rs", 3), ("d.rs", 1)];
        counts.iter().flat_map(|(file, count)| (0..*count).map(move |i| format!("{file}:{i}:1: x"))).collect()
    }

    fn files(arguments: &[&str]) -> Vec<String> {
        Selection::parse(arguments).unwrap().files(&mutants()).unwrap()
    }

    #[test]
    fn the_shares_have_about_as_many_mutants_and_every_file_once() {
        assert_eq!(files(&[]), ["a.rs", "b.rs", "c.rs", "d.rs"]);
        assert_eq!(files(&["--shard", "1/2"]), ["a.rs", "d.rs"]);
        assert_eq!(files(&["--shard", "2/2"]), ["b.rs", "c.rs"]);
        assert_eq!(files(&["--shard", "1/2", "b.rs", "d.rs"]), ["b.rs"]);
        assert_eq!(files(&["c.rs"]), ["c.rs"]);
    }

    #[test]
    fn a_selection_that_makes_no_sense_is_refused() {
        for wrong in
            [&["--shard", "0/8"][..], &["--shard", "9/8"], &["--shard", "8"], &["--shard"], &["--diff"]]
        {
            assert!(Selection::parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(Selection::parse(&["e.rs"]).unwrap().files(&mutants()).is_err());
        assert!(!Selection::parse(&["--diff", "HEAD"]).unwrap().takes_whole_files());
    }
}
