//! Copies of the project, for tests with something broken in them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{TaskError, cargo, output, program, root, tool_folder};

/// A copy of the tracked files, as in the working tree, below `.tools`. It stays there with its target folder, so that
/// the next run only builds the changes.
#[derive(Debug)]
pub(crate) struct Tree {
    folder: PathBuf,
    target: PathBuf,
}

impl Tree {
    /// The copy for the task with this name.
    pub(crate) fn of_task(name: &str) -> Result<Self, TaskError> {
        Ok(Self {
            folder: tool_folder(&format!("{name}/tree"))?,
            target: tool_folder(&format!("{name}/target"))?,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A `cargo` command in the copy.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.inside(cargo(arguments))
    }

    /// Makes a program run in the copy, with a separate target folder.
    pub(crate) fn inside(&self, mut program: Command) -> Command {
        program.current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target);
        program
    }

    /// Restores the copy. Only differing files are written, so that only the changes are built.
    pub(crate) fn restore(&self) -> Result<(), TaskError> {
        let tracked = output(&mut program("git", &["ls-files", "-z"]))?;
        let tracked = tracked.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from);
        let tracked: BTreeSet<PathBuf> = tracked.filter(|path| root().join(path).is_file()).collect();
        for path in files_below(&self.folder)? {
            let is_tracked = path.strip_prefix(&self.folder).is_ok_and(|path| tracked.contains(path));
            if !is_tracked {
                fs::remove_file(&path).map_err(|e| failure(&path, &e))?;
            }
        }
        tracked.iter().try_for_each(|path| self.copy(path))
    }

    fn copy(&self, path: &Path) -> Result<(), TaskError> {
        let (from, to) = (root().join(path), self.folder.join(path));
        let content = fs::read(&from).map_err(|e| failure(&from, &e))?;
        if fs::read(&to).is_ok_and(|there| there == content) {
            return Ok(());
        }
        let folder = to.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).and_then(|()| fs::write(&to, content)).map_err(|e| failure(&to, &e))
    }
}

/// All files in a folder and its subfolders.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, TaskError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| failure(folder, &e))? {
        let path = entry.map_err(|e| failure(folder, &e))?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

fn failure(path: &Path, error: &std::io::Error) -> TaskError {
    TaskError(format!("{}: {error}", path.display()))
}
