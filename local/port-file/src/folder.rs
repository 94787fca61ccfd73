//! The folders that hold the files of local servers.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use crate::error::PortFileError;

/// The folders of this process's user. A server writes its file to the first; readers look in all of them.
#[expect(clippy::disallowed_methods, reason = "the one home of the variables that name the folder")]
pub(crate) fn of_process() -> Result<Vec<PathBuf>, PortFileError> {
    of(std::env::var_os("XDG_RUNTIME_DIR"), of_session(), std::env::var_os("HOME"))
}

/// The runtime folder disappears at logout, and so do servers. Without a runtime folder, the cache serves.
/// `XDG_RUNTIME_DIR` may be set in one terminal and not in another, as after `su`.
fn of(
    runtime: Option<OsString>,
    session: Option<PathBuf>,
    home: Option<OsString>,
) -> Result<Vec<PathBuf>, PortFileError> {
    let set = |folder: Option<OsString>| folder.filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let runtime = set(runtime).or(session).map(|runtime| runtime.join("latchgate"));
    let home = set(home).map(|home| home.join(".cache/latchgate"));
    let folders: Vec<_> = runtime.into_iter().chain(home).collect();
    if folders.is_empty() { Err(PortFileError::NoFolder) } else { Ok(folders) }
}

/// systemd's runtime folder for this process's user.
fn of_session() -> Option<PathBuf> {
    #[cfg(unix)]
    {
        let user = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").ok()?);
        Some(PathBuf::from(format!("/run/user/{user}"))).filter(|folder| folder.is_dir())
    }
    #[cfg(not(unix))]
    None
}

/// Creates a folder that only its owner can enter.
pub(crate) fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_folder_comes_before_the_home_folder() {
        let of = |runtime: &str, session: Option<&str>, home: &str| {
            of(Some(runtime.into()), session.map(PathBuf::from), Some(home.into()))
        };
        let folders = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let cache = "/home/ada/.cache/latchgate";
        assert_eq!(of("/run/1", Some("/x"), "/home/ada").unwrap(), folders(&["/run/1/latchgate", cache]));
        assert_eq!(of("", Some("/run/2"), "/home/ada").unwrap(), folders(&["/run/2/latchgate", cache]));
        assert_eq!(of("", None, "/home/ada").unwrap(), folders(&[cache]));
        assert!(matches!(of("", None, ""), Err(PortFileError::NoFolder)));
    }
}
