//! The lines that an import rejects, unchanged. The operator corrects them and imports them again.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{console::harmless, error::AdminError};

/// The new name for earlier rejects.
pub(crate) fn before(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".before");
    PathBuf::from(name)
}

/// The file of rejected lines.
#[derive(Debug)]
pub(crate) struct Rejects {
    /// `None` in a dry run, which writes nothing.
    file: Option<(File, PathBuf)>,
    /// Whether the last bytes written ended their line.
    ends_line: bool,
}

impl Rejects {
    /// Starts an empty file. An earlier file is renamed, not overwritten, since someone may have corrected
    /// its lines. An import that reads the earlier file continues to read it.
    pub(crate) fn begin(path: PathBuf) -> Result<Self, AdminError> {
        let aside = before(&path);
        let set_aside = || -> io::Result<bool> {
            private_file::check_append(&path)?;
            let is_left = fs::symlink_metadata(&path).is_ok_and(|left| left.is_file() && left.len() > 0);
            if is_left {
                fs::rename(&path, &aside)?;
            }
            Ok(is_left)
        };
        if set_aside().map_err(AdminError::io(path.display().to_string()))? {
            let (path, aside) = (path.display(), aside.display());
            eprintln!("{}", harmless(&format!("The earlier rejects in {path} were moved to {aside}.")));
        }
        Self::add_to(path)
    }

    /// Appends to a file that only its owner can read, since lines may contain passwords. It opens the file
    /// before anything is imported.
    pub(crate) fn add_to(path: PathBuf) -> Result<Self, AdminError> {
        let file = private_file::append(&path).map_err(AdminError::io(path.display().to_string()))?;
        Ok(Self { file: Some((file, path)), ends_line: true })
    }

    /// Writes nothing, but refuses a path that can't be written.
    pub(crate) fn nowhere(path: &Path) -> Result<Self, AdminError> {
        private_file::check_append(path).map_err(AdminError::io(path.display().to_string()))?;
        Ok(Self { file: None, ends_line: true })
    }

    /// Whether the last line is complete.
    pub(crate) fn ends_line(&self) -> bool {
        self.ends_line
    }

    /// Adds a line, or the start of one.
    pub(crate) fn add(&mut self, line: &[u8]) -> Result<(), AdminError> {
        if !self.ends_line {
            self.write(b"\n")?;
        }
        self.write(line)
    }

    /// Adds more of the last line.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), AdminError> {
        if let Some((file, path)) = &mut self.file {
            file.write_all(bytes).map_err(|e| AdminError::io(path.display().to_string())(e))?;
        }
        self.ends_line = bytes.ends_with(b"\n");
        Ok(())
    }

    /// Ends the last line, and deletes the file if it is empty. Returns its name.
    pub(crate) fn finish(mut self) -> Result<String, AdminError> {
        if !self.ends_line {
            self.write(b"\n")?;
        }
        let Some((file, path)) = self.file else { return Ok(String::new()) };
        let name = path.display().to_string();
        let tidy = || -> io::Result<()> {
            // Only an empty file is removed: /dev/null and pipes stay.
            let metadata = file.metadata()?;
            if metadata.is_file() && metadata.len() == 0 { fs::remove_file(&path) } else { Ok(()) }
        };
        tidy().map_err(|e| AdminError::io(name.clone())(e))?;
        Ok(name)
    }
}
