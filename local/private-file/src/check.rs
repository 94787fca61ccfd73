//! Checks that a file is private to its owner.

use std::{
    fs::{self, Metadata, OpenOptions},
    io,
    path::Path,
};

/// Why an existing file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPrivate {
    /// Other users can read or write it.
    #[error(
        "others can read or write it (mode {0:o}): make it yours alone with `chmod 600`, or name another file"
    )]
    Mode(u32),
    /// It belongs to another user.
    #[error("it belongs to another user: name another file")]
    Owner,
    /// It has a second hard link. A reader of that other name may not expect the write.
    #[error("it has another name too (a hard link): name another file")]
    Linked,
    /// It is a symbolic link.
    #[error("it is a symbolic link, which is not followed: name the file itself")]
    Link,
    /// It is a folder, a named pipe or the like.
    #[error("it is no regular file: name another")]
    Kind,
}

impl From<NotPrivate> for io::Error {
    fn from(reason: NotPrivate) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, reason)
    }
}

/// New files have the mode 0600.
pub(crate) fn only_for_owner(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Opens without following symbolic links, except the system's own, and without waiting for the other end of a pipe.
pub(crate) fn without_following(options: &mut OpenOptions, path: &Path) {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = if is_of_system(path) { OFlags::empty() } else { OFlags::NOFOLLOW };
        let flags = i32::try_from((flags | OFlags::NONBLOCK).bits()).unwrap_or_default();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags);
    }
    #[cfg(not(unix))]
    let _ = (options, path);
}

/// Replaces the system's "too many levels" by an error that names the symbolic link.
pub(crate) fn explained(path: &Path, error: io::Error) -> io::Error {
    if path.is_symlink() && !is_of_system(path) { NotPrivate::Link.into() } else { error }
}

/// Whether only the system creates names in the path's folder.
fn is_of_system(path: &Path) -> bool {
    let folder = path.parent();
    ["/dev", "/dev/fd", "/proc/self/fd"].iter().any(|system| folder == Some(Path::new(system)))
}

/// Requires a regular file or a pipe to be private to this user; unnamed pipes are. A character device stores nothing,
/// and only the administrator can create one.
pub(crate) fn private(metadata: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let kind = metadata.file_type();
        if kind.is_char_device() {
            return Ok(());
        }
        if kind.is_fifo() {
            return own(metadata);
        }
        if !kind.is_file() {
            return Err(NotPrivate::Kind.into());
        }
        own(metadata)?;
        if metadata.nlink() > 1 {
            return Err(NotPrivate::Linked.into());
        }
    }
    #[cfg(not(unix))]
    let _ = metadata;
    Ok(())
}

#[cfg(unix)]
fn own(metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(NotPrivate::Owner.into());
    }
    let mode = metadata.mode() & 0o7777;
    let of_others = mode & 0o077;
    if of_others == 0 { Ok(()) } else { Err(NotPrivate::Mode(mode).into()) }
}

/// Requires the path to be free, or a regular file of this user.
pub(crate) fn replaceable(path: &Path) -> io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if metadata.file_type().is_symlink() {
        return Err(NotPrivate::Link.into());
    }
    if !metadata.file_type().is_file() {
        return Err(NotPrivate::Kind.into());
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::uid(&metadata) != rustix::process::geteuid().as_raw() {
        return Err(NotPrivate::Owner.into());
    }
    Ok(())
}

/// Checks standard output, which the shell opened or created before this process began.
pub(crate) fn stdout() -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let stdout = fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let metadata = stdout.metadata()?;
        if metadata.file_type().is_file() {
            own(&metadata)?;
        }
    }
    Ok(())
}
