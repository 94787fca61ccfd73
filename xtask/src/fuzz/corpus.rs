//! The kept inputs of a fuzzer: one tar archive in `proofs/fuzz/corpus`.
//!
//! The same inputs always give the same bytes: entries are sorted by name, without times or owners. The archive isn't
//! compressed, because git compresses several versions of it better.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::shell::{TaskError, root};

/// The archive of a fuzzer.
pub(super) struct Corpus(PathBuf);

impl Corpus {
    pub(super) fn of(target: &str) -> Self {
        Self(root().join(format!("proofs/fuzz/corpus/{target}.tar")))
    }

    /// Empties this folder, and unpacks the inputs into it.
    pub(super) fn unpack(&self, folder: &Path) -> Result<(), TaskError> {
        let unpacked = fs::remove_dir_all(folder)
            .and_then(|()| fs::create_dir_all(folder))
            .and_then(|()| fs::File::open(&self.0))
            .and_then(|file| tar::Archive::new(file).unpack(folder));
        unpacked.map_err(|e| self.failure(&e))
    }

    /// Replaces the archive with the inputs in this folder. Returns their number.
    pub(super) fn pack(&self, folder: &Path) -> Result<usize, TaskError> {
        let packed = packed(folder).and_then(|(bytes, count)| fs::write(&self.0, bytes).map(|()| count));
        packed.map_err(|e| self.failure(&e))
    }

    fn failure(&self, error: &io::Error) -> TaskError {
        TaskError(format!("{}: {error}", self.0.display()))
    }
}

/// The bytes of an archive with this folder's files, and the number of files.
fn packed(folder: &Path) -> io::Result<(Vec<u8>, usize)> {
    let mut names: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    names.sort();
    let mut archive = tar::Builder::new(Vec::new());
    for name in &names {
        let content = fs::read(folder.join(name))?;
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, name, content.as_slice())?;
    }
    Ok((archive.into_inner()?, names.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::tool_folder;

    #[test]
    fn packing_the_inputs_of_a_kept_archive_gives_the_same_archive() {
        let archives = fs::read_dir(root().join("proofs/fuzz/corpus")).unwrap();
        let archives: Vec<PathBuf> = archives.map(|entry| entry.unwrap().path()).collect();
        assert!(!archives.is_empty());
        for archive in archives {
            let target = archive.file_stem().unwrap().to_str().unwrap();
            let folder = tool_folder(&format!("fuzz/repacked/{target}")).unwrap();
            Corpus::of(target).unpack(&folder).unwrap();
            let (bytes, count) = packed(&folder).unwrap();
            assert!(count > 0, "{target} is empty");
            assert!(bytes == fs::read(&archive).unwrap(), "{target}: cargo xtask fuzz --keep {target}");
        }
    }
}
