//! The packages of the workspace and their crates, from `cargo metadata`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::module::Crate;

/// A package and the root files of its crates.
pub(super) struct Package {
    pub(super) name: String,
    workspace: PathBuf,
    /// The name of each crate, and its root file relative to the workspace.
    roots: Vec<(String, PathBuf)>,
}

/// The packages of the workspace.
pub(super) fn members() -> Vec<Package> {
    let arguments = ["metadata", "--offline", "--no-deps", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let workspace = Path::new(metadata["workspace_root"].as_str().unwrap());
    metadata["packages"].as_array().unwrap().iter().map(|package| Package::of(package, workspace)).collect()
}

impl Package {
    fn of(package: &Value, workspace: &Path) -> Self {
        let roots = package["targets"].as_array().unwrap().iter().map(|target| {
            let root = Path::new(target["src_path"].as_str().unwrap());
            let root = root.strip_prefix(workspace).unwrap().to_owned();
            (target["name"].as_str().unwrap().replace('-', "_"), root)
        });
        let name = package["name"].as_str().unwrap().to_owned();
        Self { name, workspace: workspace.to_owned(), roots: roots.collect() }
    }

    /// The crates of this package, with all their modules.
    pub(super) fn read(&self) -> Vec<Crate> {
        let read = |path: &Path| fs::read_to_string(self.workspace.join(path)).ok();
        self.roots.iter().map(|(name, root)| Crate::read(name, root, &read)).collect()
    }
}
