//! Other programs on this machine find the server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::running::{Folder, Running};

/// The file that the server publishes.
fn file_of(running: &Running) -> PathBuf {
    let port = running.text("url").rsplit_once(':').unwrap().1;
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("latchgate/local-{port}.json"))
}

#[test]
fn a_server_says_where_it_is_for_as_long_as_it_serves() {
    let mut running = Running::start(&[]);
    let file = file_of(&running);
    let said: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for name in ["url", "dynamodb_endpoint", "dynamodb_access_key_id"] {
        assert_eq!(said[name], running.line[name]);
    }
    assert_eq!(said["tables"]["ClientsTable"], "ClientsTable");
    assert_eq!(said["keyset_file"], Value::Null);
    assert_eq!(said["pid"], running.child.id());
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
        assert_eq!(mode & 0o777, 0o600, "the access key ID is its owner's alone");
    }

    assert!(Command::new("kill").arg(running.child.id().to_string()).status().unwrap().success());
    assert!(running.child.wait().unwrap().success());
    assert!(!file.exists());
}

#[tokio::test]
async fn the_port_file_names_the_keyset_file_that_the_functions_use() {
    let folder = Folder::new("keyset-file");
    let keyset = folder.0.join("keyset.json");
    let running = Running::start(&["--keyset", keyset.to_str().unwrap()]);
    let said: Value = serde_json::from_slice(&std::fs::read(file_of(&running)).unwrap()).unwrap();
    assert_eq!(said["keyset_file"], keyset.to_str().unwrap());
    let tokens = running.login().await;
    assert_eq!(running.call(&tokens).await, 200);
}
