//! Packages of PyPI, npm and Debian that a task needs.

use std::path::{Path, PathBuf};

use crate::shell::{TaskError, program, run, tool_folder};

/// Packages of PyPI in a virtual environment below the folder of this tool; where their programs are.
pub(crate) fn python(tool: &str, packages: &[&str]) -> Result<PathBuf, TaskError> {
    let venv = tool_folder(tool)?.join("venv");
    unless_installed(&venv, packages, || {
        run(&mut program("python3", &["-m", "venv", "--clear", &venv.to_string_lossy()]))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        run(program(venv.join("bin/pip"), &pip).args(packages))
    })?;
    Ok(venv.join("bin"))
}

/// Packages of npm in the folder of this tool; scripts find them from there. What these would like beside them is not installed, nor
/// an obstacle: adapters for databases that nobody uses here.
pub(crate) fn npm(tool: &str, packages: &[&str]) -> Result<PathBuf, TaskError> {
    let folder = tool_folder(tool)?;
    unless_installed(&folder.join("node_modules"), packages, || {
        let below = folder.to_string_lossy();
        let npm = ["install", "--prefix", &below, "--ignore-scripts", "--legacy-peer-deps"];
        run(program("npm", &npm).args(["--no-audit", "--no-fund", "--silent"]).args(packages))
    })?;
    Ok(folder)
}

/// The folders of Debian's programs; a user's `PATH` may lack the first.
const PROGRAMS: [&str; 3] = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];

/// The path of an installed program.
pub(crate) fn path_of(name: &str) -> Result<PathBuf, TaskError> {
    let paths = PROGRAMS.iter().map(|folder| Path::new(folder).join(name));
    paths.into_iter().find(|path| path.exists()).ok_or_else(|| TaskError(format!("{name} is not installed")))
}

/// Installs Debian's packages, each unless a program or a file of it is there already.
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

/// Installs what the list names, unless the very same list has been installed there before.
fn unless_installed(
    folder: &Path,
    packages: &[&str],
    install: impl FnOnce() -> Result<(), TaskError>,
) -> Result<(), TaskError> {
    let (list, installed) = (packages.join("\n"), folder.join("installed"));
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == list) {
        return Ok(());
    }
    install()?;
    std::fs::write(&installed, list).map_err(|e| TaskError(format!("{}: {e}", installed.display())))
}
