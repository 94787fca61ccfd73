//! A seeded bug: in plain words what it breaks, and the edits that break it.
//!
//! ```text
//! What: …                   what is broken
//! Seen: …                   what an attacker gains, or a user notices
//! Caught by: SUITE, SUITE   the suites that have to notice
//! Not caught: …             or why none of them can
//!
//! In: PATH                  an edit; there may be several
//! Replace:
//! …
//! With:
//! …
//! ```

use std::{fs, path::Path};

use super::{edit::Edit, suite::Suite};
use crate::shell::{TaskError, root};

/// The folder of the bugs.
const FOLDER: &str = "proofs/seeded_bugs";
const WHAT: &str = "What";
const SEEN: &str = "Seen";
const CAUGHT_BY: &str = "Caught by";
const NOT_CAUGHT: &str = "Not caught";

/// A description, and the edits.
#[derive(Debug)]
pub(crate) struct Bug {
    pub(crate) name: String,
    pub(crate) what: String,
    pub(crate) seen: String,
    pub(crate) expected: Expected,
    edits: Vec<Edit>,
}

/// Who has to notice it.
#[derive(Debug)]
pub(crate) enum Expected {
    /// Each of these.
    CaughtBy(Vec<&'static Suite>),
    /// Nobody, for this reason.
    NotCaught(String),
}

impl Bug {
    /// All of them, in the order of their names.
    pub(crate) fn all() -> Result<Vec<Self>, TaskError> {
        let folder = root().join(FOLDER);
        let entries = fs::read_dir(&folder).map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == "txt")).collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Those with these names; without names, all.
    pub(crate) fn named(names: &[&str]) -> Result<Vec<Self>, TaskError> {
        let all = Self::all()?;
        if let Some(unknown) = names.iter().find(|name| !all.iter().any(|bug| bug.name == **name)) {
            return Err(TaskError(format!("there is no {FOLDER}/{unknown}.txt")));
        }
        Ok(all.into_iter().filter(|bug| names.is_empty() || names.contains(&&*bug.name)).collect())
    }

    fn read(path: &Path) -> Result<Self, TaskError> {
        let bad = |reason: &str| TaskError(format!("{}: {reason}", path.display()));
        let text = fs::read_to_string(path).map_err(|e| bad(&e.to_string()))?;
        let (header, edits) = text.split_once("\n\n").ok_or_else(|| bad("it has no edits"))?;
        let field = |name| field(header, name);
        let expected = match (field(CAUGHT_BY), field(NOT_CAUGHT)) {
            (Some(names), None) => {
                let suite = |name: &str| Suite::named(name).ok_or_else(|| bad(&format!("no suite {name}")));
                Expected::CaughtBy(names.split(", ").map(suite).collect::<Result<_, _>>()?)
            }
            (None, Some(reason)) => Expected::NotCaught(reason),
            _ => return Err(bad("it says neither or both of who catches it and why nobody can")),
        };
        let name = path.file_stem().and_then(|name| name.to_str()).ok_or_else(|| bad("no name"))?;
        Ok(Self {
            name: name.to_owned(),
            what: field(WHAT).ok_or_else(|| bad("it doesn't say what is broken"))?,
            seen: field(SEEN).ok_or_else(|| bad("it doesn't say what would be seen of it"))?,
            expected,
            edits: Edit::all_of(edits).map_err(|e| bad(&e.to_string()))?,
        })
    }

    /// Whether this suite has to notice it.
    pub(crate) fn is_caught_by(&self, suite: &Suite) -> bool {
        matches!(&self.expected, Expected::CaughtBy(suites) if suites.iter().any(|s| s.name == suite.name))
    }

    /// Fails unless every text that is to be replaced stands exactly once in this folder.
    pub(crate) fn applies_to(&self, folder: &Path) -> Result<(), TaskError> {
        let found = self.edits.iter().try_for_each(|edit| edit.find(folder).map(drop));
        found.map_err(|e| TaskError(format!("{}: {e}", self.name)))
    }

    /// Breaks what is in this folder.
    pub(crate) fn apply(&self, folder: &Path) -> Result<(), TaskError> {
        let applied = self.edits.iter().try_for_each(|edit| edit.apply(folder));
        applied.map_err(|e| TaskError(format!("{}: {e}", self.name)))
    }
}

/// The text after a name, over as many lines as it takes.
fn field(header: &str, name: &str) -> Option<String> {
    let names = [WHAT, SEEN, CAUGHT_BY, NOT_CAUGHT].map(|name| format!("{name}: "));
    let mut lines = header.lines().skip_while(|line| !line.starts_with(&format!("{name}: ")));
    let first = lines.next()?.split_once(": ")?.1;
    let more = lines.take_while(|line| !names.iter().any(|name| line.starts_with(name)));
    let words = std::iter::once(first).chain(more).flat_map(str::split_whitespace);
    Some(words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read_over_its_lines() {
        let text = "What: one\n  thing\nSeen: much\nCaught by: unit, races";
        assert_eq!(field(text, WHAT).as_deref(), Some("one thing"));
        assert_eq!(field(text, SEEN).as_deref(), Some("much"));
        assert_eq!(field(text, CAUGHT_BY).as_deref(), Some("unit, races"));
        assert_eq!(field(text, NOT_CAUGHT), None);
    }
}
