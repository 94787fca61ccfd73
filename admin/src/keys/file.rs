//! A keyset in a file, as the local server has it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use shared::environment::variable;

use crate::{deployment::Deployment, error::AdminError};

/// The file.
pub(crate) struct KeysetFile(PathBuf);

impl KeysetFile {
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, AdminError> {
        let path = deployment.environment.optional(variable::KEYSET_FILE);
        path.map(|path| Self(path.into())).ok_or(AdminError::NoKeyset)
    }

    pub(crate) fn read(&self) -> Result<String, AdminError> {
        fs::read_to_string(&self.0).map_err(AdminError::io(self.0.display().to_string()))
    }

    /// Replaces it as a whole: whoever reads it meanwhile has the old one or the new one.
    pub(crate) fn replace(&self, text: &str) -> Result<(), AdminError> {
        let beside = self.0.with_extension("new");
        write_private(&beside, text)
            .and_then(|()| fs::rename(&beside, &self.0))
            .map_err(AdminError::io(self.0.display().to_string()))
    }
}

/// What is left of an earlier attempt is nobody's keyset.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
