//! Errors from finding or writing the file.

use std::{io, path::PathBuf};

/// The local server can't be found, or its file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum PortFileError {
    /// Neither `XDG_RUNTIME_DIR` nor `HOME` is set.
    #[error("neither XDG_RUNTIME_DIR nor HOME is set, so local servers have no folder for their files")]
    NoFolder,
    /// The file can't be read or written.
    #[error("{path} can't be read or written")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The file is from another version, or was edited.
    #[error(
        "{path} is not what a local server of this version writes: stop the server, remove the file, and start the server again"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}
