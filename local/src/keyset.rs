//! A keyset file that the first start creates, next to the database.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use keys::{GenerateError, KeyPlan};
use private_file::Lock;
use shared::{clock::Timestamp, keys::KeysetDocument, random::Random};
use tokio::time;

/// The interval at which a lock is tried again while another process holds it.
const INTERVAL: Duration = Duration::from_millis(50);

/// Errors from creating, reading or writing a keyset.
#[derive(Debug, thiserror::Error)]
pub enum KeysetFileError {
    /// The crypto library made no key.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The file can't be read or written.
    #[error("the keyset file {path} can't be read or written", path = .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// The keyset's path leads to a folder.
    #[error("the keyset file {path} is a folder: name a file in it, like {example}", path = .0.display(), example = .0.join("keyset.json").display())]
    Folder(PathBuf),
    /// The keyset's folder doesn't exist.
    #[error("the keyset file {path} can't be made, because the folder {folder} isn't there: make it with `mkdir -p {folder}`", path = .0.display(), folder = folder_of(.0).display())]
    NoFolder(PathBuf),
    /// A component of its folder's path is a file.
    #[error("the keyset file {path} can't be made, because {folder} is no folder: name another file", path = .0.display(), folder = folder_of(.0).display())]
    NotInFolder(PathBuf),
    /// The file isn't a keyset.
    #[error(
        "the keyset file {path} is not a keyset: put a copy of it back, or move it away and start with --new-keyset, \
         which ends all sessions",
        path = .0.display()
    )]
    Malformed(PathBuf),
    /// The file is gone, but the database that needs it exists.
    #[error(
        "the keyset file {path} is gone, and without it the sessions in the database can't be verified. Put a \
         copy of it back. Or start with --new-keyset: users and clients stay, but all users have to log in \
         again",
        path = .0.display()
    )]
    Gone(PathBuf),
}

/// What to do if the keyset file doesn't exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Create it.
    Create,
    /// Fail, because stored sessions depend on it.
    Refuse,
}

/// The keyset in this file. If the file doesn't exist, a new keyset is written there, if that is allowed. Of two
/// servers that start at the same time, one creates it.
///
/// # Errors
///
/// [`KeysetFileError`], if the file can't be read or written, or may not be created.
pub async fn load_or_create(
    path: &Path,
    missing: Missing,
    plan: &KeyPlan,
    now: Timestamp,
    random: &dyn Random,
) -> Result<KeysetDocument, KeysetFileError> {
    if missing == Missing::Refuse && is_gone(path) {
        return Err(KeysetFileError::Gone(path.to_owned()));
    }
    check_place(path)?;
    let _lock = lock(path).await?;
    if !is_gone(path) {
        return read(path);
    }
    let document = plan.first(now, random)?;
    private_file::replace(path, document.to_json().as_bytes())
        .map_err(|error| KeysetFileError::Io(path.to_owned(), error))?;
    Ok(document)
}

/// Refuses a path where no file can be, before a lock is created next to it.
fn check_place(path: &Path) -> Result<(), KeysetFileError> {
    let folder = folder_of(path);
    if path.is_dir() {
        Err(KeysetFileError::Folder(path.to_owned()))
    } else if is_gone(folder) {
        Err(KeysetFileError::NoFolder(path.to_owned()))
    } else if folder.is_file() || fs::metadata(folder).is_err_and(|e| e.kind() == ErrorKind::NotADirectory) {
        Err(KeysetFileError::NotInFolder(path.to_owned()))
    } else {
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether the path certainly doesn't exist. Other errors don't count.
fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The keyset in this file. The file has to be private: anyone who can read the keys can sign tokens.
///
/// # Errors
///
/// [`KeysetFileError`], if the file can't be read, or isn't a keyset.
pub fn read(path: &Path) -> Result<KeysetDocument, KeysetFileError> {
    let text = private_file::read(path).map_err(|error| KeysetFileError::Io(path.to_owned(), error))?;
    let document = String::from_utf8(text).ok().and_then(|text| KeysetDocument::parse(&text).ok());
    document.ok_or_else(|| KeysetFileError::Malformed(path.to_owned()))
}

/// Keeps rotations from replacing the file meanwhile. `None` if the file exists in a folder that this user can't write:
/// no process of this user can replace it there.
///
/// # Errors
///
/// If the lock can't be taken.
pub async fn lock(path: &Path) -> Result<Option<Lock>, KeysetFileError> {
    loop {
        match Lock::try_take(path) {
            Ok(Some(lock)) => return Ok(Some(lock)),
            Ok(None) => time::sleep(INTERVAL).await,
            Err(error)
                if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
                    && path.exists() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(KeysetFileError::Io(path.to_owned(), error)),
        }
    }
}
