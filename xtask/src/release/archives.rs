//! The files of a release: archives, their content and checksums.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{TaskError, output, program, root, run};

/// The version of a release, which is the workspace's and part of the archives' names.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder of the release's files.
fn folder() -> Result<PathBuf, TaskError> {
    let folder = root().join("target/package");
    fs::create_dir_all(&folder).map_err(|e| failure(&folder, &e))?;
    Ok(folder)
}

/// An empty folder for the content of the archive with this name.
pub(super) fn content_of(name: &str) -> Result<PathBuf, TaskError> {
    let content = folder()?.join("content").join(name);
    if content.exists() {
        fs::remove_dir_all(&content).map_err(|e| failure(&content, &e))?;
    }
    fs::create_dir_all(&content).map_err(|e| failure(&content, &e))?;
    Ok(content)
}

/// Packs a folder into an archive with this name and extension. Writes its SBOM and the checksums of both.
pub(super) fn publish(content: &Path, [name, ending]: [&str; 2], sbom: &str) -> Result<PathBuf, TaskError> {
    let file = |ending: &str| Ok(folder()?.join(format!("{name}.{ending}")));
    let (packed, listed, sums) = (file(ending)?, file("cdx.json")?, file("sha256")?);
    archive(&packed, &[(content, name)])?;
    write(&listed, sbom)?;
    let summed = output(archiver("sums", &packed).arg(&listed))?;
    write(&sums, &summed)?;
    println!("{}, with its SBOM and checksums beside it", packed.display());
    Ok(packed)
}

/// Writes an archive of these files and folders under the given names. Its bytes are reproducible.
pub(super) fn archive(archive: &Path, content: &[(&Path, &str)]) -> Result<(), TaskError> {
    let mut command = archiver("create", archive);
    for (path, name) in content {
        command.args([&*path.to_string_lossy(), name]);
    }
    run(&mut command)
}

/// The content of an archive, a line per file with mode and name.
pub(super) fn archived(archive: &Path) -> Result<String, TaskError> {
    output(&mut archiver("list", archive))
}

fn archiver(command: &str, file: &Path) -> Command {
    program("python3", &["xtask/src/release/archive.py", command, &file.to_string_lossy()])
}

/// Copies the tracked files at or below these paths into a folder, under the same names.
pub(super) fn copy_tracked(paths: &[&str], to: &Path) -> Result<(), TaskError> {
    let tracked = output(program("git", &["ls-files", "-z", "--"]).args(paths))?;
    let tracked: Vec<&str> = tracked.split('\0').filter(|path| !path.is_empty()).collect();
    let is_there = |path: &&&str| tracked.iter().any(|file| Path::new(file).starts_with(path));
    if let Some(path) = paths.iter().find(|path| !is_there(path)) {
        return Err(TaskError(format!("there is no {path}")));
    }
    tracked.iter().try_for_each(|path| copy(&root().join(path), &to.join(path)))
}

/// Copies a file with its mode, and creates missing folders.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), TaskError> {
    to.parent().map_or(Ok(()), fs::create_dir_all).map_err(|e| failure(to, &e))?;
    fs::copy(from, to).map(|_| ()).map_err(|e| failure(from, &e))
}

pub(super) fn read(path: &Path) -> Result<String, TaskError> {
    fs::read_to_string(path).map_err(|e| failure(path, &e))
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), TaskError> {
    fs::write(path, text).map_err(|e| failure(path, &e))
}

pub(super) fn failure(path: &Path, error: &std::io::Error) -> TaskError {
    TaskError(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_holds_executable_files_and_is_reproducible() {
        let folder = root().join("target/package-test");
        fs::create_dir_all(&folder).unwrap();
        let bootstrap = folder.join("bootstrap");
        fs::write(&bootstrap, "program").unwrap();
        for ending in ["zip", "tar.gz"] {
            let archives = ["a", "b"].map(|name| folder.join(format!("{name}.{ending}")));
            for path in &archives {
                archive(path, &[(&bootstrap, "bootstrap"), (&root().join("LICENSE-MIT"), "LICENSE-MIT")])
                    .unwrap();
            }
            assert_eq!(archived(&archives[0]).unwrap(), "755 bootstrap\n644 LICENSE-MIT\n");
            assert_eq!(fs::read(&archives[0]).unwrap(), fs::read(&archives[1]).unwrap());
        }
    }

    #[test]
    fn checksums_are_those_of_sha256sum() {
        let file = root().join("target/sums-test");
        fs::create_dir_all(root().join("target")).unwrap();
        fs::write(&file, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  sums-test\n";
        assert_eq!(output(&mut archiver("sums", &file)).unwrap(), expected);
    }

    #[test]
    fn only_tracked_files_are_copied_with_their_folders() {
        let copied = root().join("target/package-copy-test");
        copy_tracked(&["docs/guide", "README.md"], &copied).unwrap();
        for page in ["docs/guide/deployment.md", "README.md"] {
            assert_eq!(read(&copied.join(page)).unwrap(), read(&root().join(page)).unwrap());
        }
        assert!(copy_tracked(&["README.md", "no-such-page.md"], &copied).is_err());
    }
}
