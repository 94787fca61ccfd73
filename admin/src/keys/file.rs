//! A keyset in a file, as the local server has it.

use std::{fs, path::PathBuf, time::Duration};

use private_file::Lock;
use shared::environment::variable;
use tokio::time;

use crate::{deployment::Deployment, error::AdminError};

/// How long is waited for somebody else who replaces it, and how often that is looked at.
const PATIENCE: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(50);

/// The file.
pub(crate) struct KeysetFile(PathBuf);

impl KeysetFile {
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        let path = deployment.environment.optional(variable::KEYSET_FILE);
        path.map(|path| Self(path.into())).ok_or(AdminError::NoKeyset)
    }

    pub(crate) fn read(&self) -> Result<String, AdminError> {
        fs::read_to_string(&self.0).map_err(AdminError::io(self.name()))
    }

    /// Keeps everybody else from replacing it, until what is returned is dropped: from before it is read until all that
    /// follows from it is done.
    pub(crate) async fn lock(&self) -> Result<Lock, AdminError> {
        let mut waited = Duration::ZERO;
        while waited < PATIENCE {
            if let Some(lock) = Lock::try_take(&self.0).map_err(AdminError::io(self.name()))? {
                return Ok(lock);
            }
            time::sleep(INTERVAL).await;
            waited += INTERVAL;
        }
        Err(AdminError::Refused("somebody else rotates these keys: try again when that is over"))
    }

    /// Replaces it as a whole: whoever reads it meanwhile has the old one or the new one.
    pub(crate) fn replace(&self, text: &str) -> Result<(), AdminError> {
        private_file::replace(&self.0, text.as_bytes()).map_err(AdminError::io(self.name()))
    }

    fn name(&self) -> String {
        self.0.display().to_string()
    }
}
