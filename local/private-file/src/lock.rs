//! One process at a time.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use crate::{append, beside};

/// A lock on a file, held by one process at a time and given back when it is dropped or the process ends.
///
/// It is the system's lock on an empty file beside it, `NAME.lock`, which stays: the file itself can't carry the lock,
/// since [`crate::replace`] puts another in its place.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock ends with the file")] File);

impl Lock {
    /// Takes the lock, and waits for it as long as it takes.
    ///
    /// # Errors
    ///
    /// As [`crate::append`].
    pub fn take(path: &Path) -> io::Result<Self> {
        let file = append(&beside(path, ".lock"))?;
        file.lock()?;
        Ok(Self(file))
    }

    /// Takes the lock; `None`, if another process holds it.
    ///
    /// # Errors
    ///
    /// As [`crate::append`].
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let file = append(&beside(path, ".lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
