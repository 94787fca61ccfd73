//! The common parts of commands that read files, such as the imports of users and clients: lines, rejected
//! lines, and progress.

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

use self::{
    lines::Source,
    rejects::{Rejects, before},
};
use crate::{console::Console, error::AdminError};

/// The note that an empty file disables no one, since it probably comes from a failed export.
pub(crate) const EMPTY: &str = "the file is empty, so nobody was disabled for not being in it";

/// The options of an import.
#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the lines against each other and the tables, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change existing ones to match their lines, instead of leaving them unchanged
    #[arg(long)]
    pub(crate) update: bool,
    /// Afterwards, disable those who are missing in the file, unless a line was rejected
    #[arg(long, requires = "update", conflicts_with = "from_line")]
    pub(crate) disable_missing: bool,
    /// Skip the lines before this one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) from_line: u64,
    /// The file for rejected lines [default: FILE.rejected; import.rejected for standard input]. An earlier
    /// import's file is renamed to PATH.before; with --from-line, it is appended to
    #[arg(long, value_name = "PATH")]
    rejects: Option<PathBuf>,
}

impl ImportOptions {
    /// The options for importing records that don't come from a file.
    pub(crate) fn updating(dry_run: bool) -> Self {
        Self {
            file: PathBuf::new(),
            dry_run,
            update: true,
            disable_missing: false,
            from_line: 1,
            rejects: None,
        }
    }

    /// Opens the file, and the file for rejected lines, before anything is imported.
    pub(crate) fn open(&self) -> Result<(Source, Rejects), AdminError> {
        open(&self.file, self.rejects.as_deref(), self.from_line, self.dry_run)
    }

    /// Notes that the file was empty.
    pub(crate) fn note_empty(&self, console: &Console) {
        note_empty(console, self.from_line);
    }

    /// The command's result, by the number of rejected lines.
    pub(crate) fn result(&self, rejected: u64, rejects: String) -> Result<(), AdminError> {
        result(rejected, rejects, self.dry_run)
    }
}

/// Opens a file of lines, and the file for rejected ones, before anything is written.
pub(crate) fn open(
    file: &Path,
    rejects: Option<&Path>,
    from_line: u64,
    dry_run: bool,
) -> Result<(Source, Rejects), AdminError> {
    let is_stdin = file.as_os_str() == "-";
    let source = if is_stdin { Source::Stdin } else { Source::open(file)? };
    let path = rejects.map_or_else(|| default_rejects(file, is_stdin), Path::to_owned);
    let is_read = |path: &Path| !is_stdin && is_same(file, path);
    if is_read(&path) || is_read(&before(&path)) {
        return Err(AdminError::Usage(
            "the rejects would overwrite the imported file: name another file with --rejects",
        ));
    }
    let rejects = if dry_run {
        Rejects::nowhere(&path)?
    } else if from_line > 1 {
        Rejects::add_to(path)?
    } else {
        Rejects::begin(path)?
    };
    Ok((source, rejects))
}

/// Notes that a file was empty. The program that writes its lines may have failed.
pub(crate) fn note_empty(console: &Console, from_line: u64) {
    console.note(&match from_line {
        1 => "There was no line.".to_owned(),
        from => format!("There was no line from line {from} on."),
    });
}

/// A command's result, by the number of rejected lines.
pub(crate) fn result(rejected: u64, rejects: String, dry_run: bool) -> Result<(), AdminError> {
    match rejected {
        0 => Ok(()),
        count if dry_run => Err(AdminError::WouldReject(count)),
        count => Err(AdminError::Rejected { count, rejects }),
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
