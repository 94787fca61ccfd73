//! The place of the sessions.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{program::Failure, store_process::StoreProcess};

/// In memory, or in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kept {
    Memory,
    File,
}

impl Kept {
    pub(crate) const ALL: [Self; 2] = [Self::Memory, Self::File];

    /// The name on a command line.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::File => "file",
        }
    }

    pub(crate) fn parse(argument: &str) -> Result<Self, Failure> {
        Self::ALL.into_iter().find(|kept| kept.argument() == argument).ok_or_else(|| "no such store".into())
    }

    /// The name in a title.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "store in memory",
            Self::File => "store in a file",
        }
    }
}

/// The embedded store in a separate process. Dropping this ends it and removes its files.
#[derive(Debug)]
pub(crate) struct Store {
    // Dropped before the folder is removed.
    _process: StoreProcess,
    _folder: Option<Folder>,
    pub(crate) endpoint: String,
}

impl Store {
    pub(crate) fn start(kept: Kept) -> Result<Self, Failure> {
        let folder = match kept {
            Kept::Memory => None,
            Kept::File => Some(Folder::new()?),
        };
        let file = folder.as_ref().map(|folder| folder.path().join("store.db"));
        let process = StoreProcess::start_in(file.as_deref())?;
        Ok(Self { endpoint: process.endpoint.clone(), _process: process, _folder: folder })
    }
}

/// A new temporary folder. Dropping this removes it with its content.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Result<Self, Failure> {
        let random = shared::random::identifier(&shared::random::SystemRandom::new());
        let folder = std::env::temp_dir().join(format!("latchgate-bench-{random}"));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Anything left is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
