//! The imports among files, and the cycles in them.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

/// The files that each file imports, each with a path by which it does.
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
    fn cycle_through<'a>(&'a self, file: &'a Path) -> Option<Vec<PathBuf>> {
        let mut previous = BTreeMap::new();
        let mut next = VecDeque::from([file]);
        while let Some(from) = next.pop_front() {
            for to in self.0.get(from).into_iter().flat_map(BTreeMap::keys) {
                if to == file {
                    let step = |at: &&'a Path| previous.get(at).copied();
                    let cycle: Vec<_> = std::iter::successors(Some(from), step).collect();
                    return Some(cycle.into_iter().rev().map(Path::to_owned).collect());
                }
                if !previous.contains_key(to.as_path()) {
                    previous.insert(to.as_path(), from);
                    next.push_back(to);
                }
            }
        }
        None
    }

    /// Removes the imports of a cycle, and returns them as lines.
    fn take(&mut self, cycle: &[PathBuf]) -> String {
        let next = cycle.iter().cycle().skip(1);
        let mut take = |(from, to): (&PathBuf, &PathBuf)| {
            let path = self.0.get_mut(from).and_then(|targets| targets.remove(to));
            line(from, to, &path.unwrap_or_default())
        };
        cycle.iter().zip(next).map(&mut take).collect()
    }
}

/// An import as a line.
pub(super) fn line(from: &Path, to: &Path, path: &str) -> String {
    format!("  {} -> {} by `{path}`\n", from.display(), to.display())
}

/// The cycles, the shortest through each file. No import is in two of them, so that a wrong import is reported once.
pub(super) fn all(mut imports: Imports) -> Vec<String> {
    let files: Vec<_> = imports.0.keys().cloned().collect();
    let mut cycles = Vec::new();
    for file in files {
        while let Some(cycle) = imports.cycle_through(&file) {
            cycles.push(imports.take(&cycle));
        }
    }
    cycles
}
