//! A keyset of one's own: made at the first start, kept beside the database.

use std::{fs, io::Write, path::Path};

use keys::{GenerateError, KeyPlan};
use shared::{clock::Timestamp, keys::KeysetDocument, random::Random};

/// A keyset can't be made, read or kept.
#[derive(Debug, thiserror::Error)]
pub enum KeysetFileError {
    /// The crypto library made no key.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The file can't be read or written.
    #[error("the keyset file can't be read or written")]
    Io(#[from] std::io::Error),
    /// The file is not a keyset.
    #[error("the keyset file is not a keyset")]
    Json,
}

/// The keyset in this file; a new one, if there is no such file yet.
///
/// # Errors
///
/// [`KeysetFileError`], if the file can't be read or written.
pub fn load_or_create(
    path: &Path,
    plan: &KeyPlan,
    now: Timestamp,
    random: &dyn Random,
) -> Result<KeysetDocument, KeysetFileError> {
    match fs::read_to_string(path) {
        Ok(text) => KeysetDocument::parse(&text).map_err(|_| KeysetFileError::Json),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let document = plan.first(now, random)?;
            write_private(path, &document.to_json())?;
            Ok(document)
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes a file that only its owner reads, and that is not there yet.
fn write_private(path: &Path, content: &str) -> Result<(), std::io::Error> {
    let mut options = fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(content.as_bytes())
}
