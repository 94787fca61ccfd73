//! `latchgate users import`: users from where they were before, a line of JSON each.

mod lines;
mod progress;
mod record;
mod rejects;
mod run;
mod worker;

use std::{fs, path::PathBuf};

use clap::Args;

use self::{lines::Source, progress::Progress, rejects::Rejects, run::Run, worker::Worker};
use crate::{audit::AuditLog, context::Context, error::AdminError};

pub(super) const HELP: &str = "\
Examples:
  latchgate users import users.jsonl --dry-run
  latchgate users import users.jsonl
  latchgate users import users.jsonl --from-line 40001
  gunzip -c users.jsonl.gz | latchgate users import - --rejects users.rejected

Each line is an object:
  {\"username\": …, \"user_id\"?: …, \"claims\"?: {…}, \"password_hash\" or \"password\": …,
   \"disabled\"?: bool, \"must_change\"?: bool}

Hashes may be argon2, scrypt or PBKDF2 as PHC strings, bcrypt, and scrypt or PBKDF2 as passlib, Django and
Werkzeug write them. A user who is there already is left alone, so that a file can be imported again. Bad
lines are reported by their number and go to the rejects as they are.";

/// `users import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the lines, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave out the lines before this one
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from_line: u64,
    /// Where bad lines are added [default: FILE.rejected; import.rejected for standard input]
    #[arg(long, value_name = "PATH")]
    rejects: Option<PathBuf>,
}

const LINES: &[&str] = &["imported", "there_already", "rejected"];

pub(super) async fn import(context: &Context, command: Import) -> Result<(), AdminError> {
    let is_stdin = command.file.as_os_str() == "-";
    let source = if is_stdin { Source::Stdin } else { Source::open(&command.file)? };
    let path = command.rejects.clone().unwrap_or_else(|| default_rejects(&command.file, is_stdin));
    if !is_stdin && is_same(&command.file, &path) {
        return Err(AdminError::Usage("bad lines can't be added to the file that is imported"));
    }
    let rejects = if command.dry_run { Rejects::nowhere() } else { Rejects::open(path)? };
    let audit: Option<AuditLog> = if command.dry_run { None } else { Some(context.audit_log().await?) };
    let worker = Worker::new(&context.deployment, command.dry_run)?;
    let progress = Progress::new(source.len());
    let mut run = Run::new(worker, rejects, audit, progress);
    let result = run.all(lines::read(source, command.from_line), command.from_line).await;
    let (counts, name) = run.finish()?;
    context.console.print_one(LINES, &counts)?;
    result?;
    match counts.rejected {
        0 => Ok(()),
        count if command.dry_run => Err(AdminError::WouldReject(count)),
        count => Err(AdminError::Rejected { count, rejects: name }),
    }
}

fn default_rejects(file: &std::path::Path, is_stdin: bool) -> PathBuf {
    if is_stdin {
        return PathBuf::from("import.rejected");
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".rejected");
    PathBuf::from(name)
}

fn is_same(one: &std::path::Path, other: &std::path::Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}
