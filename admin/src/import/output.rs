//! The output of an export: a new file that only its owner can read, or standard output.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use serde::Serialize;

use crate::error::{AdminError, STDOUT};

/// The destination of an export.
#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    /// A new file that only you can read [default: standard output]
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

/// The open file, or standard output. An unfinished file is deleted, so that it can't pass for a complete
/// one.
pub(crate) struct Output {
    writer: BufWriter<Box<dyn Write + Send>>,
    /// The name of the output.
    name: String,
    /// The file, unless this is standard output.
    file: Option<(File, PathBuf)>,
}

impl ExportOptions {
    /// Opens the output. Hashes don't go to standard output if that is a file that others can read.
    pub(crate) fn open(&self, has_hashes: bool) -> Result<Output, AdminError> {
        let Some(path) = &self.file else {
            if has_hashes {
                private_file::check_stdout().map_err(AdminError::OpenOutput)?;
            }
            let writer: Box<dyn Write + Send> = Box::new(io::stdout());
            return Ok(Output { writer: BufWriter::new(writer), name: STDOUT.to_owned(), file: None });
        };
        let name = path.display().to_string();
        let file = private_file::create(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => AdminError::FileExists(name.clone()),
            _ => AdminError::io(name.clone())(error),
        })?;
        let writer: Box<dyn Write + Send> = Box::new(file.try_clone().map_err(AdminError::io(name.clone()))?);
        Ok(Output { writer: BufWriter::new(writer), name, file: Some((file, path.clone())) })
    }
}

impl Output {
    /// Writes a line.
    pub(crate) fn line(&mut self, line: &impl Serialize) -> Result<(), AdminError> {
        let written = serde_json::to_writer(&mut self.writer, line).map_err(io::Error::from);
        let written = written.and_then(|()| self.writer.write_all(b"\n"));
        written.map_err(AdminError::io(self.name.clone()))
    }

    /// Makes sure that everything is written.
    pub(crate) fn finish(mut self) -> Result<(), AdminError> {
        let written = self.writer.flush();
        let synced = written.and_then(|()| self.file.as_ref().map_or(Ok(()), |(file, _)| file.sync_all()));
        synced.map_err(AdminError::io(self.name.clone()))?;
        self.file = None;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.file {
            let _ = fs::remove_file(path);
        }
    }
}
