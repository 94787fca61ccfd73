//! A keyset of one's own: made at the first start, kept beside the database.

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

/// How often a lock is tried that another process holds.
const INTERVAL: Duration = Duration::from_millis(50);

/// A keyset can't be made, read or kept.
#[derive(Debug, thiserror::Error)]
pub enum KeysetFileError {
    /// The crypto library made no key.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The file can't be read or written.
    #[error("the keyset file {path} can't be read or written", path = .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// The file is not a keyset.
    #[error(
        "the keyset file {path} is not a keyset: put a copy of it back, or move it away and start with --new-keyset, \
         which ends all sessions",
        path = .0.display()
    )]
    Malformed(PathBuf),
    /// The file is gone, and the database that it belongs to is there.
    #[error(
        "the keyset file {path} is gone, and without it the sessions in the database can't be verified. Put a copy of \
         it back. Or start with --new-keyset: users and clients stay, and everybody logs in again",
        path = .0.display()
    )]
    Gone(PathBuf),
}

/// Whether a keyset may be made where the file isn't there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is made.
    Create,
    /// It is an error: something that is kept depends on it.
    Refuse,
}

/// The keyset in this file; a new one, if there is no such file yet and one may be made. Of two servers that start at the same
/// time one makes it.
///
/// # Errors
///
/// [`KeysetFileError`], if the file can't be read or written, or is gone.
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
    let _lock = lock(path).await?;
    if !is_gone(path) {
        return read(path);
    }
    let document = plan.first(now, random)?;
    private_file::replace(path, document.to_json().as_bytes())
        .map_err(|error| KeysetFileError::Io(path.to_owned(), error))?;
    Ok(document)
}

/// Only what certainly isn't there is gone.
fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The keyset in this file, which has to be its owner's alone: whoever reads the keys signs tokens.
///
/// # Errors
///
/// [`KeysetFileError`], if the file can't be read, or is no keyset.
pub fn read(path: &Path) -> Result<KeysetDocument, KeysetFileError> {
    let text = private_file::read(path).map_err(|error| KeysetFileError::Io(path.to_owned(), error))?;
    let document = String::from_utf8(text).ok().and_then(|text| KeysetDocument::parse(&text).ok());
    document.ok_or_else(|| KeysetFileError::Malformed(path.to_owned()))
}

/// Keeps rotations from replacing the file meanwhile; nothing, where the file is there and its folder can't be written:
/// nobody like this user replaces it there.
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
