//! The imports among files, and the cycles in them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// For each file, the files that it imports, each with a path that does.
#[derive(Default)]
pub(super) struct Imports(BTreeMap<PathBuf, BTreeMap<PathBuf, String>>);

impl Imports {
    pub(super) fn add(&mut self, from: &Path, to: &Path, path: &str) {
        if from != to {
            let targets = self.0.entry(from.to_owned()).or_default();
            targets.entry(to.to_owned()).or_insert_with(|| path.to_owned());
        }
    }

    /// Each import: the file, the file that it imports, and the path by which it does.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &Path, &str)> {
        self.0.iter().flat_map(|(from, targets)| {
            targets.iter().map(move |(to, path)| (from.as_path(), to.as_path(), path.as_str()))
        })
    }

    /// The shortest way from `file` back to itself.
    fn cycle_through<'a>(&'a self, file: &'a Path) -> Option<Vec<&'a Path>> {
        let mut previous = BTreeMap::new();
        let mut next = VecDeque::from([file]);
        while let Some(from) = next.pop_front() {
            for to in self.0.get(from).into_iter().flat_map(BTreeMap::keys) {
                if to == file {
                    let step = |at: &&'a Path| previous.get(at).copied();
                    let mut cycle: Vec<_> = std::iter::successors(Some(from), step).collect();
                    cycle.reverse();
                    return Some(cycle);
                }
                if !previous.contains_key(to.as_path()) {
                    previous.insert(to.as_path(), from);
                    next.push_back(to);
                }
            }
        }
        None
    }

    /// A cycle as lines, one an import.
    fn describe(&self, cycle: &[&Path]) -> String {
        let next = cycle.iter().cycle().skip(1);
        let lines = cycle.iter().zip(next).map(|(from, to)| line(from, to, &self.0[*from][*to]));
        lines.collect()
    }
}

/// An import as a line.
pub(super) fn line(from: &Path, to: &Path, path: &str) -> String {
    format!("  {} -> {} by `{path}`\n", from.display(), to.display())
}

/// The cycles, each described: the shortest through each file that none of the others already names.
pub(super) fn all(imports: &Imports) -> Vec<String> {
    let mut named = BTreeSet::new();
    let mut cycles = Vec::new();
    for file in imports.0.keys() {
        if !named.contains(file.as_path())
            && let Some(cycle) = imports.cycle_through(file)
        {
            cycles.push(imports.describe(&cycle));
            named.extend(cycle);
        }
    }
    cycles
}
