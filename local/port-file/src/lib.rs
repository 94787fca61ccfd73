//! A file that tells the command line where the local server is.
//!
//! While it serves, the local server keeps a small file named by its port. This is a separate crate, so that a program
//! that only reads the file doesn't build the server.

mod error;
mod folder;
mod occupant;

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use self::{error::PortFileError, occupant::Occupant};

/// The description of a running local server. `Debug` doesn't show the access key ID.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct LocalServer {
    /// The URL of the API.
    pub url: String,
    /// The endpoint of its store.
    pub dynamodb_endpoint: String,
    /// The access key ID that its store accepts. `None` if the store is AWS.
    #[serde(default)]
    pub dynamodb_access_key_id: Option<String>,
    /// The names of the tables, by logical id.
    pub tables: BTreeMap<String, String>,
    /// The file that holds its keys. `None` if the keys are only in memory.
    pub keyset_file: Option<PathBuf>,
    /// Who may create an account: its parameter `SignUp`. `None` if the server is of an earlier release.
    #[serde(default)]
    pub sign_up: Option<String>,
    /// The sender of mails: its parameter `MailFrom`. `None` if the server is of an earlier release.
    #[serde(default)]
    pub mail_from: Option<String>,
    /// Its process ID.
    pub pid: u32,
}

impl fmt::Debug for LocalServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalServer").field("url", &self.url).field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// The file of a running server. Dropping this removes the file.
#[derive(Debug)]
pub struct Published {
    path: PathBuf,
    pid: u32,
}

impl LocalServer {
    /// The server on this port, if one has published its file.
    ///
    /// # Errors
    ///
    /// [`PortFileError`], if no folder is known or a file can't be read.
    pub fn find(port: u16) -> Result<Option<Self>, PortFileError> {
        Ok(Self::find_all(port)?.into_iter().next())
    }

    /// All servers whose files name this port. At most one is running; the others were killed and left their files.
    ///
    /// # Errors
    ///
    /// [`PortFileError`], if no folder is known or a file can't be read.
    pub fn find_all(port: u16) -> Result<Vec<Self>, PortFileError> {
        let read = |folder: PathBuf| Self::read(&folder.join(file_name(port))).transpose();
        Self::folders()?.into_iter().filter_map(read).collect()
    }

    /// The folders in which to look for servers.
    ///
    /// # Errors
    ///
    /// [`PortFileError::NoFolder`]
    pub fn folders() -> Result<Vec<PathBuf>, PortFileError> {
        folder::of_process()
    }

    /// Writes this server's file for this port. The file stays until the returned value is dropped.
    ///
    /// # Errors
    ///
    /// [`PortFileError`], if the file can't be written.
    pub fn publish(&self, port: u16) -> Result<Published, PortFileError> {
        let folder = Self::folders()?.into_iter().next().ok_or(PortFileError::NoFolder)?;
        let path = folder.join(file_name(port));
        self.write(&path).map_err(|source| PortFileError::Io { path: path.clone(), source })?;
        Ok(Published { path, pid: self.pid })
    }

    fn read(path: &Path) -> Result<Option<Self>, PortFileError> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|_| PortFileError::Malformed { path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(PortFileError::Io { path: path.to_owned(), source }),
        }
    }

    /// Writes a temporary file and renames it, so that a reader never sees half of it. This replaces the file of a
    /// killed server.
    fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            folder::create(folder)?;
        }
        private_file::replace(path, &serde_json::to_vec_pretty(self)?)
    }
}

/// Keeps the file if another server has taken the port meanwhile.
impl Drop for Published {
    fn drop(&mut self) {
        if let Ok(Some(server)) = LocalServer::read(&self.path)
            && server.pid == self.pid
        {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn file_name(port: u16) -> String {
    format!("local-{port}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(pid: u32) -> LocalServer {
        LocalServer {
            url: "http://127.0.0.1:8787".to_owned(),
            dynamodb_endpoint: "http://127.0.0.1:40123".to_owned(),
            dynamodb_access_key_id: Some("0123456789ABCDEF".to_owned()),
            tables: BTreeMap::from([("ClientsTable".to_owned(), "ClientsTable".to_owned())]),
            keyset_file: None,
            sign_up: Some("open".to_owned()),
            mail_from: Some("latchgate@localhost".to_owned()),
            pid,
        }
    }

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("latchgate-port-file-{}", std::process::id())).join(name)
    }

    #[test]
    fn a_port_file_round_trips_and_is_private() {
        let path = path("read.json");
        assert_eq!(LocalServer::read(&path).unwrap(), None);
        server(1).write(&path).unwrap();
        assert_eq!(LocalServer::read(&path).unwrap(), Some(server(1)));
        #[cfg(unix)]
        {
            let mode =
                |path: &Path| std::os::unix::fs::MetadataExt::mode(&fs::metadata(path).unwrap()) & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        fs::write(&path, "{}").unwrap();
        assert!(matches!(LocalServer::read(&path), Err(PortFileError::Malformed { .. })));
    }

    #[test]
    fn a_server_removes_only_its_own_file() {
        let path = path("drop.json");
        server(1).write(&path).unwrap();
        drop(Published { path: path.clone(), pid: 2 });
        assert!(path.exists());
        drop(Published { path: path.clone(), pid: 1 });
        assert!(!path.exists());
    }
}
