//! A keyset in a file, as local servers use it.

use std::{fs, path::PathBuf, time::Duration};

use private_file::Lock;
use shared::environment::variable;
use tokio::time;

use crate::{deployment::Deployment, error::AdminError};

/// How long to wait for another process that replaces the file, and how often to check.
const PATIENCE: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(50);

/// The file with the keyset.
pub(crate) struct KeysetFile(PathBuf);

impl KeysetFile {
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        let path = deployment.environment.optional(variable::KEYSET_FILE);
        path.map(|path| Self(path.into())).ok_or(AdminError::NoKeyset)
    }

    pub(crate) fn read(&self) -> Result<String, AdminError> {
        fs::read_to_string(&self.0).map_err(AdminError::io(self.name()))
    }

    /// Locks the file until the lock is dropped, so that no other process replaces it. Lock before reading,
    /// and hold the lock until all dependent work is done.
    pub(crate) async fn lock(&self) -> Result<Lock, AdminError> {
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            if let Some(lock) = Lock::try_take(&self.0).map_err(AdminError::io(self.name()))? {
                return Ok(lock);
            }
            time::sleep(INTERVAL).await;
            waited += INTERVAL;
        }
        Err(AdminError::Refused("another rotation of these keys is running: try again when it is finished"))
    }

    /// Replaces the whole file: readers see either the old keyset or the new one.
    pub(crate) fn replace(&self, text: &str) -> Result<(), AdminError> {
        private_file::replace(&self.0, text.as_bytes()).map_err(AdminError::io(self.name()))
    }

    fn name(&self) -> String {
        self.0.display().to_string()
    }
}
