//! A seeded bug: a patch, and above it in plain words what it breaks.
//!
//! ```text
//! What: …                   what is broken
//! Seen: …                   what an attacker gains, or a user notices
//! Caught by: SUITE, SUITE   the suites that have to notice
//! Not caught: …             or why none of them can
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::suite::Suite;
use crate::{
    shell::{TaskError, output, root},
    tree::Tree,
};

const WHAT: &str = "What";
const SEEN: &str = "Seen";
const CAUGHT_BY: &str = "Caught by";
const NOT_CAUGHT: &str = "Not caught";

/// A patch and its description.
#[derive(Debug)]
pub(crate) struct Bug {
    pub(crate) name: String,
    pub(crate) what: String,
    pub(crate) seen: String,
    pub(crate) expected: Expected,
    path: PathBuf,
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
        let folder = root().join("proofs/seeded_bugs");
        let entries = fs::read_dir(&folder).map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == "patch")).collect();
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }

    /// Those with these names; without names, all.
    pub(crate) fn named(names: &[&str]) -> Result<Vec<Self>, TaskError> {
        let all = Self::all()?;
        if let Some(unknown) = names.iter().find(|name| !all.iter().any(|bug| bug.name == **name)) {
            return Err(TaskError(format!("there is no proofs/seeded_bugs/{unknown}.patch")));
        }
        Ok(all.into_iter().filter(|bug| names.is_empty() || names.contains(&&*bug.name)).collect())
    }

    fn read(path: PathBuf) -> Result<Self, TaskError> {
        let bad = |reason: &str| TaskError(format!("{}: {reason}", path.display()));
        let text = fs::read_to_string(&path).map_err(|e| bad(&e.to_string()))?;
        let field = |name| field(&text, name);
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
            path,
        })
    }

    /// Whether this suite has to notice it.
    pub(crate) fn is_caught_by(&self, suite: &Suite) -> bool {
        matches!(&self.expected, Expected::CaughtBy(suites) if suites.iter().any(|s| s.name == suite.name))
    }

    /// Fails if the patch doesn't apply to what is in this folder.
    pub(crate) fn applies_to(&self, folder: &Path) -> Result<(), TaskError> {
        output(self.git_apply(folder).arg("--check")).map(drop)
    }

    pub(crate) fn apply(&self, tree: &Tree) -> Result<(), TaskError> {
        output(&mut self.git_apply(tree.folder())).map(drop)
    }

    fn git_apply(&self, folder: &Path) -> Command {
        let mut git = Command::new("git");
        git.arg("apply").arg(&self.path).current_dir(folder);
        // A tree below a repository is not its own: without this, git looks for the files in the repository's root.
        git.env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder));
        git
    }
}

/// What follows a name, over as many lines as it takes, above the patch.
fn field(text: &str, name: &str) -> Option<String> {
    let names = [WHAT, SEEN, CAUGHT_BY, NOT_CAUGHT].map(|name| format!("{name}: "));
    let (header, _) = text.split_once("\n--- a/")?;
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
    fn a_description_is_read_over_its_lines_and_not_beyond_the_patch() {
        let text =
            "What: one\n  thing\nSeen: much\nCaught by: unit, races\n\n--- a/x\n+++ b/x\nNot caught: y\n";
        assert_eq!(field(text, WHAT).as_deref(), Some("one thing"));
        assert_eq!(field(text, SEEN).as_deref(), Some("much"));
        assert_eq!(field(text, CAUGHT_BY).as_deref(), Some("unit, races"));
        assert_eq!(field(text, NOT_CAUGHT), None);
    }
}
