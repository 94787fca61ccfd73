//! The key of the links and codes in mails, and the file that keeps it across restarts.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use private_file::Lock;
use secrecy::{ExposeSecret, SecretString};
use shared::random::{self, Random};

/// The length of a key, in bytes.
const KEY_LEN: usize = 32;

/// Errors from reading or making the file.
#[derive(Debug, thiserror::Error)]
pub enum MailKeyFileError {
    /// The file can't be read or written.
    #[error("the file {path} with the key of mails can't be read or written", path = .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// The file has no key.
    #[error(
        "the file {path} is not a key of mails: move it away, and the next start makes another. Links and codes of the \
         last hour are void then",
        path = .0.display()
    )]
    Malformed(PathBuf),
}

/// A new key, in base64url.
pub fn generate(random: &dyn Random) -> SecretString {
    URL_SAFE_NO_PAD.encode(random::bytes::<KEY_LEN>(random)).into()
}

/// The key in this file, which is made if it doesn't exist. Nothing older than an hour depends on a key, so a lost one
/// is no error.
///
/// # Errors
///
/// [`MailKeyFileError`], if the file can't be read or written, or has no key.
pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<SecretString, MailKeyFileError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    let failed = |error| MailKeyFileError::Io(path.to_owned(), error);
    let _lock = Lock::take(path).map_err(failed)?;
    // Meanwhile another server that started at the same time may have made it.
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    let key = generate(random);
    private_file::replace(path, key.expose_secret().as_bytes()).map_err(failed)?;
    Ok(key)
}

fn read(path: &Path) -> Result<Option<SecretString>, MailKeyFileError> {
    let content = match private_file::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(MailKeyFileError::Io(path.to_owned(), error)),
    };
    let is_key = URL_SAFE_NO_PAD.decode(&content).is_ok_and(|key| key.len() == KEY_LEN);
    let text = String::from_utf8(content).ok().filter(|_| is_key);
    text.map(|text| Some(text.into())).ok_or_else(|| MailKeyFileError::Malformed(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use shared::random::SystemRandom;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_a_damaged_file_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("latchgate-mail-key-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (path, random) = (folder.join("mail-key"), SystemRandom::new());
        let first = load_or_create(&path, &random).unwrap();
        let again = load_or_create(&path, &random).unwrap();
        assert_eq!(first.expose_secret(), again.expose_secret());
        assert_ne!(first.expose_secret(), generate(&random).expose_secret());

        private_file::replace(&path, b"nonsense").unwrap();
        let refused = load_or_create(&path, &random).unwrap_err();
        assert!(matches!(refused, MailKeyFileError::Malformed(_)), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"nonsense");
        fs::remove_dir_all(&folder).unwrap();
    }
}
