//! Installs packages from PyPI, npm and Debian for tasks.

use std::path::{Path, PathBuf};

use crate::shell::{TaskError, program, root, run, tool_folder};

/// Installs the PyPI packages in `xtask/python/TOOL.txt` in a virtual environment. Returns the folder of their
/// programs. The list is complete and has every package's hash, so nothing else is installed or built.
pub(crate) fn python(tool: &str) -> Result<PathBuf, TaskError> {
    let list = root().join("xtask/python").join(format!("{tool}.txt"));
    let venv = tool_folder(tool)?.join("venv");
    unless_installed(&venv, &list, || {
        run(&mut program("python3", &["-m", "venv", "--clear", &venv.to_string_lossy()]))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        let exactly = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement"];
        run(program(venv.join("bin/pip"), &pip).args(exactly).arg(&list))?;
        // Reports packages that are missing from the list now rather than at their use.
        run(&mut program(venv.join("bin/pip"), &["--disable-pip-version-check", "check"]))
    })?;
    Ok(venv.join("bin"))
}

/// Installs the npm packages that `xtask/npm/TOOL` locks, with their hashes. Returns the folder, from which scripts
/// find them. Peer dependencies are neither installed nor required: they are adapters for databases that aren't used
/// here.
pub(crate) fn npm(tool: &str) -> Result<PathBuf, TaskError> {
    npm_of(&root().join("xtask/npm").join(tool), tool)
}

/// Installs the packages of a lockfile in another folder.
pub(crate) fn npm_of(from: &Path, tool: &str) -> Result<PathBuf, TaskError> {
    let folder = tool_folder(tool)?;
    unless_installed(&folder.join("node_modules"), &from.join("package-lock.json"), || {
        for name in ["package.json", "package-lock.json"] {
            let copied = std::fs::copy(from.join(name), folder.join(name));
            copied.map_err(|e| TaskError(format!("{}: {e}", from.join(name).display())))?;
        }
        let npm = ["ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--silent"];
        run(program("npm", &npm).current_dir(&folder))
    })?;
    Ok(folder)
}

/// The folders of Debian's programs. A user's `PATH` may lack the first.
const PROGRAMS: [&str; 3] = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];

/// The path of an installed program.
pub(crate) fn path_of(name: &str) -> Result<PathBuf, TaskError> {
    let paths = PROGRAMS.iter().map(|folder| Path::new(folder).join(name));
    paths.into_iter().find(|path| path.exists()).ok_or_else(|| TaskError(format!("{name} is not installed")))
}

/// Installs these Debian packages, unless a program or file of theirs already exists.
pub(crate) fn debian(wanted: &[(&str, &str)]) -> Result<(), TaskError> {
    let is_there = |file: &str| Path::new(file).is_absolute() && Path::new(file).exists();
    let missing = wanted.iter().filter(|(file, _)| !is_there(file) && path_of(file).is_err());
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    run(&mut program("apt-get", &["update", "--quiet"]))?;
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    run(program("apt-get", &install).args(missing).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Runs `install`, unless the same list has already been installed there.
fn unless_installed(
    folder: &Path,
    list: &Path,
    install: impl FnOnce() -> Result<(), TaskError>,
) -> Result<(), TaskError> {
    let failed = |e: std::io::Error| TaskError(format!("{}: {e}", list.display()));
    let (list, installed) = (std::fs::read_to_string(list).map_err(failed)?, folder.join("installed"));
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == list) {
        return Ok(());
    }
    install()?;
    std::fs::write(&installed, list).map_err(|e| TaskError(format!("{}: {e}", installed.display())))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use serde_json::Value;

    use super::*;

    /// The names, without extension, and texts of the files in this folder of xtask with this extension.
    fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
        let entries = fs::read_dir(root().join("xtask").join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let paths = paths.filter(|path| path.extension().is_some_and(|e| e == ending));
        let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        paths.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
    }

    /// The lines without comments and blank ones, with continuation lines joined.
    fn requirements(text: &str) -> Vec<String> {
        let text = text.replace("\\\n", " ");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn every_package_of_pypi_has_one_version_and_hashes() {
        let (wanted, locked) = (files("python", "in"), files("python", "txt"));
        let names =
            |files: &[(String, String)]| files.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
        assert_eq!(names(&wanted), names(&locked));
        for (tool, text) in &locked {
            let requirements = requirements(text);
            assert!(!requirements.is_empty(), "{tool}");
            for requirement in requirements {
                let (package, hashes) = requirement
                    .split_once(" --hash=sha256:")
                    .unwrap_or_else(|| panic!("{tool}: {requirement}"));
                assert!(package.contains("==") && !package.contains('@'), "{tool}: {package}");
                assert!(
                    hashes.split(" --hash=sha256:").all(|hash| hash.trim().len() == 64),
                    "{tool}: {package}"
                );
            }
        }
        for (tool, text) in wanted {
            let (_, locked) = locked.iter().find(|(name, _)| *name == tool).unwrap();
            for requirement in requirements(&text) {
                let (name, version) = requirement.split_once("==").unwrap();
                let line = format!("{}=={version} ", name.split('[').next().unwrap());
                assert!(locked.lines().any(|l| format!("{l} ").starts_with(&line)), "{tool}: {line}");
            }
        }
    }

    #[test]
    fn every_package_of_npm_has_one_version_and_a_hash() {
        let mut count = 0;
        let ours = fs::read_dir(root().join("xtask/npm")).unwrap().map(|entry| entry.unwrap().path());
        for folder in
            ours.chain(["examples/consumer/cdk", "examples/mcp/server"].map(|path| root().join(path)))
        {
            let read = |name: &str| -> Value {
                serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
            };
            let (package, lock) = (read("package.json"), read("package-lock.json"));
            assert_eq!(package["dependencies"], lock["packages"][""]["dependencies"], "{}", folder.display());
            for (path, locked) in
                lock["packages"].as_object().unwrap().iter().filter(|(path, _)| !path.is_empty())
            {
                let integrity = locked["integrity"].as_str().unwrap_or_default();
                assert!(integrity.starts_with("sha512-") || locked["inBundle"] == true, "{path}");
                count += 1;
            }
        }
        assert!(count > 100, "{count}");
    }
}
