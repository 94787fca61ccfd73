//! A keyset of one's own: made at the first start, kept beside the database.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
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
    #[error("the keyset file can't be read or written")]
    Io(#[from] io::Error),
    /// The file is not a keyset.
    #[error("the keyset file is not a keyset")]
    Json,
}

/// The keyset in this file; a new one, if there is no such file yet. Of two servers that start at the same time one makes
/// it.
///
/// # Errors
///
/// [`KeysetFileError`], if the file can't be read or written.
pub async fn load_or_create(
    path: &Path,
    plan: &KeyPlan,
    now: Timestamp,
    random: &dyn Random,
) -> Result<KeysetDocument, KeysetFileError> {
    let _lock = lock(path).await?;
    match read(path) {
        Err(KeysetFileError::Io(error)) if error.kind() == ErrorKind::NotFound => {
            let document = plan.first(now, random)?;
            private_file::replace(path, document.to_json().as_bytes())?;
            Ok(document)
        }
        read => read,
    }
}

/// The keyset in this file.
///
/// # Errors
///
/// [`KeysetFileError`], if the file can't be read, or is no keyset.
pub fn read(path: &Path) -> Result<KeysetDocument, KeysetFileError> {
    KeysetDocument::parse(&fs::read_to_string(path)?).map_err(|_| KeysetFileError::Json)
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
            Err(error) => return Err(error.into()),
        }
    }
}
