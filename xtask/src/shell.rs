//! Runs programs.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// The reason why a task failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TaskError(pub(crate) String);

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    // Unwrap safety: the manifest of this package is one folder below the root.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace")
}

/// A folder for a tool, created if it isn't there.
pub(crate) fn tool_folder(name: &str) -> Result<PathBuf, TaskError> {
    let folder = root().join(".tools").join(name);
    std::fs::create_dir_all(&folder).map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
    Ok(folder)
}

/// A program that runs at the root of the project.
pub(crate) fn program(path: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(path.as_ref());
    command.args(arguments).current_dir(root());
    command
}

/// The `cargo` that runs this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(option_env!("CARGO").unwrap_or("cargo"), arguments)
}

/// A program from crates.io, built below `.tools` if it doesn't exist.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Result<PathBuf, TaskError> {
    // A debug build takes half the time and works as well. Omitting debug information saves another quarter.
    cargo_installed(name, version, &["--debug"])
}

/// A program from crates.io, built with optimisations because it is measured.
pub(crate) fn optimised_cargo_tool(name: &str, version: &str) -> Result<PathBuf, TaskError> {
    cargo_installed(name, version, &[])
}

fn cargo_installed(name: &str, version: &str, options: &[&str]) -> Result<PathBuf, TaskError> {
    let folder = tool_folder(name)?;
    let tool = folder.join("bin").join(name);
    if !tool.exists() {
        let below = folder.to_string_lossy();
        println!("building {name} {version}, once, which takes minutes");
        let install = ["install", name, "--version", version, "--locked", "--quiet", "--root", &below];
        run(cargo(&install).args(options).env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    Ok(tool)
}

/// Runs a program whose output goes to this process's output.
pub(crate) fn run(command: &mut Command) -> Result<(), TaskError> {
    let status = command.status().map_err(|e| TaskError(format!("{}: {e}", shown(command))))?;
    if status.success() { Ok(()) } else { Err(TaskError(format!("{} failed: {status}", shown(command)))) }
}

/// Runs a program. Its output is part of the error, and otherwise lost.
pub(crate) fn run_quietly(command: &mut Command) -> Result<(), TaskError> {
    let output = command.output().map_err(|e| TaskError(format!("{}: {e}", shown(command))))?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    Err(TaskError(format!("{} failed: {}\n{}", shown(command), output.status, printed.join("\n"))))
}

/// The standard output of a program.
pub(crate) fn output(command: &mut Command) -> Result<String, TaskError> {
    let output = command.output().map_err(|e| TaskError(format!("{}: {e}", shown(command))))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(TaskError(format!("{} failed: {}\n{errors}", shown(command), output.status)))
    }
}

/// Builds the integration tests with this name. Returns the program's path.
pub(crate) fn built_tests(name: &str) -> Result<String, TaskError> {
    built(&["test", "--no-run", "--test", name], name)
}

/// Builds the example with this name. Returns the program's path.
pub(crate) fn built_example(name: &str) -> Result<String, TaskError> {
    built(&["build", "--example", name], name)
}

fn built(arguments: &[&str], name: &str) -> Result<String, TaskError> {
    // Builds the whole workspace: for one package, cargo would rebuild most dependencies with fewer features.
    let workspace = ["--workspace", "--locked", "--message-format", "json"];
    let messages = output(cargo(arguments).args(workspace).stderr(Stdio::inherit()))?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(str::to_owned))
        .ok_or_else(|| TaskError(format!("cargo built nothing of the name {name}")))
}

/// Whether a program exists and works.
pub(crate) fn works(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

/// Prints a claim that holds. Otherwise fails with the value that was found.
pub(crate) fn hold(claim: &str, holds: bool, found: &Value) -> Result<(), TaskError> {
    if !holds {
        return Err(TaskError(format!("this does not hold: {claim}; found {found}")));
    }
    println!("  {claim}");
    Ok(())
}

/// The current time, to measure durations.
#[expect(clippy::disallowed_methods, reason = "how long a step takes is all that is asked here")]
pub(crate) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

fn shown(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    words.join(" ")
}
