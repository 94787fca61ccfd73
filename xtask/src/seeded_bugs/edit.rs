//! One edit of a seeded bug: a text that occurs exactly once in a file or folder, and its replacement.
//!
//! An edit doesn't mention the lines around it, so it survives renames and moves while its own words stay.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{shell::TaskError, tree::files_below};

/// `In: PATH`, `Replace:` and `With:`, each with its exact text, without the last line break.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    place: PathBuf,
    replace: String,
    with: String,
}

impl Edit {
    /// The edits in the text below a bug's description.
    pub(crate) fn all_of(text: &str) -> Result<Vec<Self>, TaskError> {
        let edits =
            text.trim_start().strip_prefix("In: ").ok_or_else(|| TaskError("it edits nothing".to_owned()))?;
        edits.split("\nIn: ").map(Self::of).collect()
    }

    fn of(text: &str) -> Result<Self, TaskError> {
        let parts = || {
            let (place, texts) = text.split_once("\nReplace:\n")?;
            let (replace, with) = texts.split_once("\nWith:\n")?;
            Some((place, replace, with.strip_suffix('\n').unwrap_or(with)))
        };
        let (place, replace, with) =
            parts().ok_or_else(|| TaskError("an edit lacks Replace: or With:".to_owned()))?;
        Ok(Self { place: place.into(), replace: replace.to_owned(), with: with.to_owned() })
    }

    /// The file with the text, and its content.
    pub(crate) fn find(&self, root: &Path) -> Result<(PathBuf, String), TaskError> {
        let place = root.join(&self.place);
        let files = if place.is_dir() { files_below(&place)? } else { vec![place] };
        let mut found = Vec::new();
        for file in files {
            let content = fs::read(&file).map_err(|e| TaskError(format!("{}: {e}", file.display())))?;
            let content = String::from_utf8_lossy(&content).into_owned();
            let count = content.matches(&self.replace).count();
            found.extend(std::iter::repeat_n((file, content), count));
        }
        match (found.pop(), found.len()) {
            (Some(only), 0) => Ok(only),
            (None, _) => Err(TaskError(format!("not in {}: {}", self.place.display(), self.replace))),
            _ => Err(TaskError(format!("more than once in {}: {}", self.place.display(), self.replace))),
        }
    }

    /// Makes the replacement.
    pub(crate) fn apply(&self, root: &Path) -> Result<(), TaskError> {
        let (file, content) = self.find(root)?;
        let written = fs::write(&file, content.replacen(&self.replace, &self.with, 1));
        written.map_err(|e| TaskError(format!("{}: {e}", file.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::tool_folder;

    #[test]
    fn an_edit_replaces_a_text_that_stands_exactly_once() {
        let folder = tool_folder("seeded-bugs/edited/a").unwrap();
        let root = folder.parent().unwrap();
        let (one, other) = (folder.join("one.rs"), folder.join("other.rs"));
        let edit = |text: &str| Edit::all_of(text).unwrap().remove(0);
        fs::write(&one, "x\n  AND y\nz\n").unwrap();
        fs::write(&other, "z\n").unwrap();

        edit("In: a\nReplace:\n  AND y\nz\nWith:\n\n").apply(root).unwrap();
        assert_eq!(fs::read_to_string(&one).unwrap(), "x\n\n");

        fs::write(&one, "z\n").unwrap();
        edit("In: a/one.rs\nReplace:\nz\nWith:\ny\n").find(root).unwrap();
        for text in ["In: a\nReplace:\nz\nWith:\ny\n", "In: a\nReplace:\nw\nWith:\ny\n"] {
            assert!(edit(text).apply(root).is_err(), "{text}");
        }
        assert_eq!(fs::read_to_string(&one).unwrap(), "z\n");
    }

    #[test]
    fn a_bug_has_one_edit_or_several() {
        let text = "In: a\nReplace:\nb\nWith:\nc\n\nIn: d\nReplace:\ne\nWith:\n";
        let edits = Edit::all_of(text).unwrap();
        let edit = |place: &str, replace: &str, with: &str| Edit {
            place: place.into(),
            replace: replace.to_owned(),
            with: with.to_owned(),
        };
        assert_eq!(edits, [edit("a", "b", "c"), edit("d", "e", "")]);
        assert!(Edit::all_of("").is_err());
        assert!(Edit::all_of("In: a\nReplace:\nb\n").is_err());
    }
}
