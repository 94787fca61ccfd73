//! Failures to find or write the file.

use std::{io, path::PathBuf};

/// A local server can't be found, or can't say where it is.
#[derive(Debug, thiserror::Error)]
pub enum PortFileError {
    /// Neither variable that names a folder is set.
    #[error("neither XDG_RUNTIME_DIR nor HOME is set, so local servers have no folder for their files")]
    NoFolder,
    /// The file can't be read or written.
    #[error("{path} can't be read or written")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is of another version, or was changed.
    #[error(
        "{path} is not what a local server of this version writes: stop the server, remove the file, and start the server again"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}
