//! Checks the database file before anything is written, so that another program's file stays as it is.

use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The tables that every database of the engine has.
const OF_ENGINE: [&str; 2] = ["_tables", "_config"];
/// How many tables of another program an error names.
const NAMED: usize = 3;

/// The state of the database file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseFile {
    /// There is no file, or an empty one.
    New,
    /// A database of the engine.
    Existing,
}

/// Why the file can't be the database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseFileError {
    /// It is a folder.
    #[error("the database {path} is a folder: name a file in it, like {example}", path = .0.display(), example = .0.join("latchgate.db").display())]
    Folder(PathBuf),
    /// It is a device, a pipe or the like.
    #[error("the database {path} is no regular file: name another with --db, or leave it out to keep everything in memory", path = .0.display())]
    Special(PathBuf),
    /// A component of its folder's path is a file.
    #[error("the database {path} can't be made, because {folder} is no folder: name another file with --db", path = .0.display(), folder = folder_of(.0).display())]
    NotInFolder(PathBuf),
    /// Its folder doesn't exist.
    #[error("the database {path} can't be made, because the folder {folder} isn't there: make it with `mkdir -p {folder}`", path = .0.display(), folder = folder_of(.0).display())]
    NoFolder(PathBuf),
    /// The system refused.
    #[error("the database {path} can't be opened", path = .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// It isn't SQLite.
    #[error("{path} is not a database but some other file, and was left as it is: name another file with --db", path = .0.display())]
    NotDatabase(PathBuf),
    /// It is an SQLite database of another program.
    #[error("{path} is another program's database (with the tables {tables}), and was left as it is: name another file with --db", path = .0.display(), tables = .1)]
    Foreign(PathBuf, String),
    /// Another process has locked it.
    #[error("the database {path} is locked by another process: stop it, or name another file with --db", path = .0.display())]
    Locked(PathBuf),
    /// It is damaged.
    #[error("the database {path} is damaged ({detail}): put a copy of it back, or name another file with --db to start over", path = .0.display(), detail = .1)]
    Damaged(PathBuf, String),
    /// A later version of the engine wrote it, or it can't be upgraded.
    #[error("the database {path} can't be used by this version: {detail}; use the version that wrote it, or name another file with --db to start over", path = .0.display(), detail = .1)]
    Version(PathBuf, String),
}

impl DatabaseFile {
    /// Checks the file, and creates an empty one if there is none. New files are private to their owner.
    ///
    /// # Errors
    ///
    /// [`DatabaseFileError`], if it can't be the database.
    pub fn inspect(path: &Path) -> Result<Self, DatabaseFileError> {
        if path.is_dir() {
            return Err(DatabaseFileError::Folder(path.to_owned()));
        }
        if path.exists() && !path.is_file() {
            return Err(DatabaseFileError::Special(path.to_owned()));
        }
        let io = |error| DatabaseFileError::Io(path.to_owned(), error);
        match private_file::append(path) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound && !folder_of(path).exists() => {
                return Err(DatabaseFileError::NoFolder(path.to_owned()));
            }
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(DatabaseFileError::NotInFolder(path.to_owned()));
            }
            Err(error) => return Err(io(error)),
        }
        let mut head = Vec::new();
        File::open(path).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut head)).map_err(io)?;
        match head.as_slice() {
            [] => Ok(Self::New),
            head if head == MAGIC => look_inside(path),
            _ => Err(DatabaseFileError::NotDatabase(path.to_owned())),
        }
    }
}

/// Looks at the tables, without writing.
fn look_inside(path: &Path) -> Result<DatabaseFile, DatabaseFileError> {
    let said = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            DatabaseFileError::Locked(path.to_owned())
        }
        _ => DatabaseFileError::Damaged(path.to_owned(), error.to_string()),
    };
    let tables = || -> rusqlite::Result<(Vec<String>, String)> {
        let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut select =
            database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let tables = select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok((tables, database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?))
    };
    let (tables, check) = tables().map_err(said)?;
    if check != "ok" {
        let detail = check.lines().last().unwrap_or_default().to_owned();
        return Err(DatabaseFileError::Damaged(path.to_owned(), detail));
    }
    if tables.is_empty() {
        return Ok(DatabaseFile::New);
    }
    if OF_ENGINE.iter().all(|name| tables.iter().any(|table| table == name)) {
        return Ok(DatabaseFile::Existing);
    }
    let more = if tables.len() > NAMED { " and others" } else { "" };
    let named: Vec<_> = tables.into_iter().take(NAMED).collect();
    Err(DatabaseFileError::Foreign(path.to_owned(), named.join(", ") + more))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
