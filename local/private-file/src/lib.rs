//! Files that only their owner can read, because they hold passwords, hashes or keys.
//!
//! A new file is created exclusively, with the mode 0600 from the start. An existing file is appended to or read only
//! if it is a regular file of this user and no other user can read or write it. Symbolic links are never followed: in a
//! folder that others can write, they may lead anywhere. The exceptions are the system's own links to files that this
//! process has open, such as `/dev/stderr`.

mod check;
mod lock;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

pub use self::{check::NotPrivate, lock::Lock};

/// Creates a file. It fails if the name is taken, even by a symbolic link.
///
/// # Errors
///
/// The system's error.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    check::only_for_owner(&mut options);
    options.open(path)
}

/// Opens a file for appending, and creates it if it doesn't exist.
///
/// # Errors
///
/// [`NotPrivate`] inside, if the existing file isn't private; otherwise the system's error.
pub fn append(path: &Path) -> io::Result<File> {
    loop {
        let mut options = OpenOptions::new();
        options.create_new(true).append(true);
        check::only_for_owner(&mut options);
        match options.open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened,
        }
        match append_existing(path) {
            // The file was removed in between.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {}
            opened => return opened,
        }
    }
}

/// The content of a file, which has to be private to this user as for [`append`].
///
/// # Errors
///
/// [`NotPrivate`] inside, if the existing file isn't private; otherwise the system's error.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    check::without_following(&mut options, path);
    let mut file = options.open(path).map_err(|error| check::explained(path, error))?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(NotPrivate::Kind.into());
    }
    check::private(&metadata)?;
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// Predicts whether [`append`] would succeed, without creating anything.
///
/// # Errors
///
/// As [`append`].
pub fn check_append(path: &Path) -> io::Result<()> {
    match append_existing(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            fs::metadata(folder.unwrap_or(Path::new("."))).map(drop)
        }
        opened => opened.map(drop),
    }
}

/// Replaces a file as a whole, or creates it. A concurrent reader gets the old content or the new. An existing file has
/// to be this user's own regular file, of whatever mode; the new one has the mode 0600.
///
/// Two processes must not replace the same file at the same time: take its [`Lock`] first.
///
/// # Errors
///
/// [`NotPrivate`] inside, if the name belongs to anything else; otherwise the system's error.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    check::replaceable(path)?;
    let beside = beside(path, ".new");
    // An interrupted attempt may have left this file, which no process uses.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create(&beside)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    written.and_then(|()| fs::rename(&beside, path)).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })?;
    sync_folder(path)
}

/// Refuses standard output if it is a regular file that other users own, can read or can write.
///
/// # Errors
///
/// [`NotPrivate`] inside; otherwise the system's error.
pub fn check_stdout() -> io::Result<()> {
    check::stdout()
}

fn append_existing(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true);
    check::without_following(&mut options, path);
    let file = options.open(path).map_err(|error| check::explained(path, error))?;
    check::private(&file.metadata()?)?;
    Ok(file)
}

/// The path with a suffix, in the same folder.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Syncs the folder: a new name survives a loss of power only once its folder is on disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    /// A temporary folder for one test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("private-file-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, mode: u32) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, "before\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn text(path: &Path) -> String {
        let mut text = String::new();
        File::open(path).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn reason(result: io::Result<impl Sized>) -> NotPrivate {
        let Err(error) = result else { panic!("it was used") };
        *error.get_ref().unwrap().downcast_ref::<NotPrivate>().unwrap()
    }

    #[test]
    fn a_new_file_is_private_and_a_private_one_is_appended_to() {
        let folder = Folder::new("append");
        let path = folder.0.join("new");
        check_append(&path).unwrap();
        assert!(!path.exists(), "a check creates nothing");
        append(&path).unwrap().write_all(b"one\n").unwrap();
        append(&path).unwrap().write_all(b"two\n").unwrap();
        assert_eq!((text(&path).as_str(), mode(&path)), ("one\ntwo\n", 0o600));
        assert_eq!(create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(check_append(&folder.0.join("nowhere/new")).is_err());
    }

    #[test]
    fn a_shared_file_is_not_appended_to() {
        let folder = Folder::new("others");
        for mode in [0o644, 0o620, 0o604, 0o660] {
            let path = folder.file("others", mode);
            assert_eq!(reason(append(&path)), NotPrivate::Mode(mode));
            assert_eq!(reason(check_append(&path)), NotPrivate::Mode(mode));
            assert_eq!((text(&path).as_str(), super::tests::mode(&path)), ("before\n", mode));
        }
        let path = folder.file("own", 0o600);
        fs::hard_link(&path, folder.0.join("second name")).unwrap();
        assert_eq!(reason(append(&path)), NotPrivate::Linked);
        fs::create_dir(folder.0.join("folder")).unwrap();
        assert!(append(&folder.0.join("folder")).is_err());
    }

    #[test]
    fn a_symbolic_link_is_never_followed() {
        let folder = Folder::new("link");
        let (target, link) = (folder.file("target", 0o600), folder.0.join("link"));
        symlink(&target, &link).unwrap();
        let dangling = folder.0.join("dangling");
        symlink(folder.0.join("not there"), &dangling).unwrap();
        for link in [&link, &dangling] {
            assert_eq!(reason(append(link)), NotPrivate::Link);
            assert_eq!(reason(check_append(link)), NotPrivate::Link);
            assert_eq!(reason(replace(link, b"after")), NotPrivate::Link);
            assert!(create(link).is_err());
        }
        assert_eq!(text(&target), "before\n");
        assert!(!folder.0.join("not there").exists());
        // An attacker may have put a link at the temporary name.
        let path = folder.file("replaced", 0o600);
        symlink(&target, folder.0.join("replaced.new")).unwrap();
        replace(&path, b"after").unwrap();
        assert_eq!((text(&target).as_str(), text(&path).as_str()), ("before\n", "after"));
    }

    #[test]
    fn a_replaced_file_becomes_private_and_leaves_no_temporary_file() {
        let folder = Folder::new("replace");
        let path = folder.file("keys", 0o644);
        replace(&path, b"after").unwrap();
        assert_eq!((text(&path).as_str(), mode(&path)), ("after", 0o600));
        replace(&folder.0.join("new"), b"first").unwrap();
        let names: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }

    #[test]
    fn a_file_is_read_only_if_it_is_private_to_this_user() {
        let folder = Folder::new("read");
        let path = folder.file("own", 0o600);
        assert_eq!(read(&path).unwrap(), b"before\n");
        for mode in [0o644, 0o620, 0o604, 0o660] {
            assert_eq!(reason(read(&folder.file("others", mode))), NotPrivate::Mode(mode));
        }
        let link = folder.0.join("link");
        symlink(&path, &link).unwrap();
        assert_eq!(reason(read(&link)), NotPrivate::Link);
        assert_eq!(reason(read(&folder.0)), NotPrivate::Kind);
        assert_eq!(reason(read(Path::new("/dev/null"))), NotPrivate::Kind);
        fs::hard_link(&path, folder.0.join("second name")).unwrap();
        assert_eq!(reason(read(&path)), NotPrivate::Linked);
        assert_eq!(read(&folder.0.join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_device_that_discards_bytes_is_accepted() {
        append(Path::new("/dev/null")).unwrap().write_all(b"gone").unwrap();
    }

    #[test]
    fn a_lock_is_held_by_one() {
        let folder = Folder::new("lock");
        let path = folder.0.join("keys");
        let held = Lock::try_take(&path).unwrap().unwrap();
        assert!(Lock::try_take(&path).unwrap().is_none());
        drop(held);
        let again = Lock::take(&path).unwrap();
        assert_eq!(mode(&folder.0.join("keys.lock")), 0o600);
        drop(again);
    }
}
