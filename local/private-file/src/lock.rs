//! A file lock between processes.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use crate::{append, beside};

/// A lock on a file, which one process at a time can hold. It ends when it is dropped or the process ends.
///
/// The lock is the system's, on an empty file `NAME.lock` in the same folder, which stays. The file itself can't carry
/// the lock, since [`crate::replace`] replaces it.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock ends with the file")] File);

impl Lock {
    /// Takes the lock, and waits until it is free.
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
