//! Bad lines, kept as they are: nothing that was to be imported is lost.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::error::AdminError;

/// Where bad lines go.
#[derive(Debug)]
pub(crate) struct Rejects {
    /// Nowhere, where nothing is to be written.
    file: Option<(File, PathBuf)>,
    /// Whether what was written last ended its line.
    ends_line: bool,
}

impl Rejects {
    /// Added to this file, which is its owner's alone: the lines may have passwords. Opened before anything is imported.
    pub(crate) fn open(path: PathBuf) -> Result<Self, AdminError> {
        let file = private_file::append(&path).map_err(AdminError::io(path.display().to_string()))?;
        Ok(Self { file: Some((file, path)), ends_line: true })
    }

    /// Added nowhere, but refused where they couldn't be added to this file.
    pub(crate) fn nowhere(path: &Path) -> Result<Self, AdminError> {
        private_file::check_append(path).map_err(AdminError::io(path.display().to_string()))?;
        Ok(Self { file: None, ends_line: true })
    }

    /// Whether what was added last ended its line: otherwise more of it may come.
    pub(crate) fn ends_line(&self) -> bool {
        self.ends_line
    }

    /// Adds a line, or the beginning of one.
    pub(crate) fn add(&mut self, line: &[u8]) -> Result<(), AdminError> {
        if !self.ends_line {
            self.write(b"\n")?;
        }
        self.write(line)
    }

    /// Adds more of the line that was added last.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), AdminError> {
        if let Some((file, path)) = &mut self.file {
            file.write_all(bytes).map_err(|e| AdminError::io(path.display().to_string())(e))?;
        }
        self.ends_line = bytes.ends_with(b"\n");
        Ok(())
    }

    /// Ends the last line, and takes the file away if there is nothing in it. Returns what it is called.
    pub(crate) fn finish(mut self) -> Result<String, AdminError> {
        if !self.ends_line {
            self.write(b"\n")?;
        }
        let Some((file, path)) = self.file else { return Ok(String::new()) };
        let name = path.display().to_string();
        let tidy = || -> io::Result<()> {
            // Something else that takes lines, /dev/null or a pipe, is nobody's to take away.
            let metadata = file.metadata()?;
            if metadata.is_file() && metadata.len() == 0 { fs::remove_file(&path) } else { Ok(()) }
        };
        tidy().map_err(|e| AdminError::io(name.clone())(e))?;
        Ok(name)
    }
}
