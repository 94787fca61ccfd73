//! A seeded bug: a plain description, and the edits that make it.
//!
//! ```text
//! === NAME
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

use std::{collections::BTreeSet, fs, path::Path};

use super::{edit::Edit, suite::Suite};
use crate::shell::{TaskError, root};

/// The file of the bugs.
const FILE: &str = "proofs/seeded_bugs.txt";
/// The prefix of a bug's heading, before its name.
const HEADING: &str = "=== ";
const WHAT: &str = "What";
const SEEN: &str = "Seen";
const CAUGHT_BY: &str = "Caught by";
const NOT_CAUGHT: &str = "Not caught";

/// The description of a bug, and its edits.
#[derive(Debug)]
pub(crate) struct Bug {
    pub(crate) name: String,
    pub(crate) what: String,
    pub(crate) seen: String,
    pub(crate) expected: Expected,
    edits: Vec<Edit>,
}

/// The suites that should notice it.
#[derive(Debug)]
pub(crate) enum Expected {
    /// Each of these suites.
    CaughtBy(Vec<&'static Suite>),
    /// No suite, for this reason.
    NotCaught(String),
}

impl Bug {
    /// All bugs, in the order of the file.
    pub(crate) fn all() -> Result<Vec<Self>, TaskError> {
        let text = fs::read_to_string(root().join(FILE)).map_err(|e| TaskError(format!("{FILE}: {e}")))?;
        Self::all_of(&text).map_err(|e| TaskError(format!("{FILE}: {e}")))
    }

    fn all_of(text: &str) -> Result<Vec<Self>, TaskError> {
        let first =
            text.strip_prefix(HEADING).ok_or_else(|| TaskError(format!("no {HEADING:?} at the start")))?;
        let bugs: Vec<_> = first.split(&format!("\n{HEADING}")).map(Self::of).collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        match bugs.iter().find(|bug| !names.insert(&bug.name)) {
            Some(twice) => Err(TaskError(format!("{} stands there twice", twice.name))),
            None => Ok(bugs),
        }
    }

    /// The bugs with these names. Without names, all.
    pub(crate) fn named(names: &[&str]) -> Result<Vec<Self>, TaskError> {
        let all = Self::all()?;
        if let Some(unknown) = names.iter().find(|name| !all.iter().any(|bug| bug.name == **name)) {
            return Err(TaskError(format!("there is no {unknown} in {FILE}")));
        }
        Ok(all.into_iter().filter(|bug| names.is_empty() || names.contains(&&*bug.name)).collect())
    }

    /// The bug in a section: its name, and the text below.
    fn of(section: &str) -> Result<Self, TaskError> {
        let (name, text) = section.split_once('\n').unwrap_or((section, ""));
        let bad = |reason: &str| TaskError(format!("{name}: {reason}"));
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
        Ok(Self {
            name: name.to_owned(),
            what: field(WHAT).ok_or_else(|| bad("it doesn't say what is broken"))?,
            seen: field(SEEN).ok_or_else(|| bad("it doesn't say what would be seen of it"))?,
            expected,
            edits: Edit::all_of(edits).map_err(|e| bad(&e.to_string()))?,
        })
    }

    /// Whether this suite should notice it.
    pub(crate) fn is_caught_by(&self, suite: &Suite) -> bool {
        matches!(&self.expected, Expected::CaughtBy(suites) if suites.iter().any(|s| s.name == suite.name))
    }

    /// Fails unless every text to be replaced occurs exactly once in this folder.
    pub(crate) fn applies_to(&self, folder: &Path) -> Result<(), TaskError> {
        let found = self.edits.iter().try_for_each(|edit| edit.find(folder).map(drop));
        found.map_err(|e| TaskError(format!("{}: {e}", self.name)))
    }

    /// Applies the edits in this folder.
    pub(crate) fn apply(&self, folder: &Path) -> Result<(), TaskError> {
        let applied = self.edits.iter().try_for_each(|edit| edit.apply(folder));
        applied.map_err(|e| TaskError(format!("{}: {e}", self.name)))
    }
}

/// The text of a field, which may span several lines.
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

    #[test]
    fn a_file_holds_bugs_of_different_names() {
        let bug = "What: a\nSeen: b\nNot caught: c\n\nIn: d\nReplace:\ne\nWith:\nf\n";
        let names = |text: &str| {
            let bugs = Bug::all_of(text)?;
            Ok::<_, TaskError>(bugs.into_iter().map(|bug| bug.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&format!("=== one\n{bug}\n=== two\n{bug}")).unwrap(), ["one", "two"]);
        for wrong in [String::new(), bug.to_owned(), format!("=== one\n{bug}\n=== one\n{bug}")] {
            assert!(names(&wrong).is_err(), "{wrong}");
        }
    }
}
