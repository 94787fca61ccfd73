//! Reads the recorded reports.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::figures::Report;

impl Report {
    /// The recorded reports of all parts, by name.
    ///
    /// # Errors
    ///
    /// If a report can't be read.
    pub(crate) fn kept() -> io::Result<Vec<Self>> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder())?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        files.iter().map(|file| Ok(serde_json::from_str(&fs::read_to_string(file)?)?)).collect()
    }
}

/// The path of the page with all parts.
pub(crate) fn path_of_page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evidence/performance.md")
}

/// The folder of the figures and plots.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evidence/performance")
}
