//! Copies of the project that are put to the test with something broken in them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{TaskError, cargo, output, program, root, tool_folder};

/// A copy of what git tracks, as it is in the working tree, below `.tools`. It stays there with its target folder, so that
/// the next run builds only what changed.
#[derive(Debug)]
pub(crate) struct Tree {
    folder: PathBuf,
    target: PathBuf,
}

impl Tree {
    /// The copy of the task with this name.
    pub(crate) fn of_task(name: &str) -> Result<Self, TaskError> {
        Ok(Self {
            folder: tool_folder(&format!("{name}/tree"))?,
            target: tool_folder(&format!("{name}/target"))?,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// `cargo` in the tree.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.inside(cargo(arguments))
    }

    /// A program, to be run in the tree, with a target folder that is its own.
    pub(crate) fn inside(&self, mut program: Command) -> Command {
        program.current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target);
        program
    }

    /// Makes it the project again. Only what differs is written, so that only what changed is built.
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

/// All files in a folder and its folders.
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
