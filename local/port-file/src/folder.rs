//! Where local servers leave their files.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use crate::error::PortFileError;

/// The folder of whoever runs this process.
#[expect(clippy::disallowed_methods, reason = "the one home of the variables that name the folder")]
pub(crate) fn of_process() -> Result<PathBuf, PortFileError> {
    of(std::env::var_os("XDG_RUNTIME_DIR"), std::env::var_os("HOME"))
}

/// The runtime folder goes when its owner logs out, as servers do; where there is none, the cache.
fn of(runtime: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, PortFileError> {
    let set = |folder: Option<OsString>| folder.filter(|folder| !folder.is_empty()).map(PathBuf::from);
    match (set(runtime), set(home)) {
        (Some(runtime), _) => Ok(runtime.join("latchgate")),
        (None, Some(home)) => Ok(home.join(".cache/latchgate")),
        (None, None) => Err(PortFileError::NoFolder),
    }
}

/// Creates it, its owner's alone.
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
        let of = |runtime: &str, home: &str| of(Some(runtime.into()), Some(home.into()));
        assert_eq!(of("/run/user/1", "/home/ada").unwrap(), Path::new("/run/user/1/latchgate"));
        assert_eq!(of("", "/home/ada").unwrap(), Path::new("/home/ada/.cache/latchgate"));
        assert!(matches!(of("", ""), Err(PortFileError::NoFolder)));
    }
}
