//! What imports of users and of clients share: files of JSON Lines, the lines that are rejected, and the progress.

pub(crate) mod fields;
pub(crate) mod lines;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod rejects;
pub(crate) mod seen;

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use self::{lines::Source, rejects::Rejects};
use crate::error::AdminError;

/// Which file is imported, and how.
#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the lines against each other and against what is there, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change those who are there already as the lines say, instead of leaving them alone
    #[arg(long)]
    pub(crate) update: bool,
    /// Afterwards, disable those who are not in the file; not if a line was rejected
    #[arg(long, requires = "update", conflicts_with = "from_line")]
    pub(crate) disable_missing: bool,
    /// Leave out the lines before this one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) from_line: u64,
    /// Where bad lines are added [default: FILE.rejected; import.rejected for standard input]
    #[arg(long, value_name = "PATH")]
    rejects: Option<PathBuf>,
}

impl ImportOptions {
    /// Opens the file, and the one for the lines that are rejected: before anything is imported.
    pub(crate) fn open(&self) -> Result<(Source, Rejects), AdminError> {
        let is_stdin = self.file.as_os_str() == "-";
        let source = if is_stdin { Source::Stdin } else { Source::open(&self.file)? };
        let path = self.rejects.clone().unwrap_or_else(|| default_rejects(&self.file, is_stdin));
        if !is_stdin && is_same(&self.file, &path) {
            return Err(AdminError::Usage("--rejects names the file that is imported: name another file"));
        }
        let rejects = if self.dry_run { Rejects::nowhere(&path)? } else { Rejects::open(path)? };
        Ok((source, rejects))
    }

    /// What the exit code says of the lines that were rejected.
    pub(crate) fn result(&self, rejected: u64, rejects: String) -> Result<(), AdminError> {
        match rejected {
            0 => Ok(()),
            count if self.dry_run => Err(AdminError::WouldReject(count)),
            count => Err(AdminError::Rejected { count, rejects }),
        }
    }
}

fn default_rejects(file: &Path, is_stdin: bool) -> PathBuf {
    if is_stdin {
        return PathBuf::from("import.rejected");
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".rejected");
    PathBuf::from(name)
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}
