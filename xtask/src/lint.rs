//! Lints for files that no compiler reads: the spelling of all tracked files, the scripts, and the GitHub workflows of
//! the project and `examples/pipeline`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_yaml_ng::Value;

use crate::{
    packages,
    shell::{TaskError, output, program, root, run, tool_folder},
};

/// The folder of the linters.
fn installed() -> Result<PathBuf, TaskError> {
    packages::python("lint")
}

/// Looks for misspelled words, except those that `_typos.toml` allows.
pub(crate) fn check_spelling() -> Result<(), TaskError> {
    run(&mut program(installed()?.join("typos"), &["--format", "brief"]))
}

/// Checks workflows for unsafe features with zizmor, and their commands and every script with shellcheck.
pub(crate) fn check_workflows() -> Result<(), TaskError> {
    let tools = installed()?;
    let workflows = tracked(&[".github/workflows/*.yml", "examples/pipeline/*.yml"])?;
    // Offline, zizmor only reads the files and asks GitHub nothing.
    run(program(tools.join("zizmor"), &["--offline", "--no-progress"]).args(&workflows))?;
    let mut scripts = tracked(&["*.sh", ".ci/run"])?;
    for workflow in &workflows {
        scripts.extend(commands(workflow)?);
    }
    println!("{} workflows, {} scripts", workflows.len(), scripts.len());
    run(program(tools.join("shellcheck"), &["--shell=bash"]).args(scripts))
}

fn tracked(patterns: &[&str]) -> Result<Vec<String>, TaskError> {
    let paths = output(program("git", &["ls-files", "--"]).args(patterns))?;
    Ok(paths.lines().map(str::to_owned).collect())
}

/// Writes each command of a workflow to a file.
fn commands(workflow: &str) -> Result<Vec<String>, TaskError> {
    let path = root().join(workflow);
    let text = fs::read_to_string(&path).map_err(|e| failure(&path, &e))?;
    let workflow_name = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = tool_folder("workflows")?.join("commands");
    fs::create_dir_all(&folder).map_err(|e| failure(&folder, &e))?;
    let write = |(number, command): (usize, String)| {
        let file = folder.join(format!("{workflow_name}-{number}.sh"));
        fs::write(&file, command).map_err(|e| failure(&file, &e))?;
        Ok(file.to_string_lossy().into_owned())
    };
    parsed(&text).map_err(|e| failure(&path, &e))?.into_iter().enumerate().map(write).collect()
}

/// The `run` commands of every step in every job. GitHub's shell stops at the first error.
fn parsed(workflow: &str) -> Result<Vec<String>, serde_yaml_ng::Error> {
    let workflow: Value = serde_yaml_ng::from_str(workflow)?;
    let jobs = workflow["jobs"].as_mapping().into_iter().flatten();
    let steps = jobs.flat_map(|(_, job)| job["steps"].as_sequence().into_iter().flatten());
    let commands = steps.filter_map(|step| step["run"].as_str());
    Ok(commands.map(|command| format!("set -eo pipefail\n{command}\n")).collect())
}

fn failure(path: &Path, error: &dyn std::error::Error) -> TaskError {
    TaskError(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_every_job_are_found() {
        let workflow = "jobs:\n  a:\n    steps:\n      - uses: x\n      - run: one\n  b:\n    steps:\n      - run: two\n";
        assert_eq!(parsed(workflow).unwrap(), ["set -eo pipefail\none\n", "set -eo pipefail\ntwo\n"]);
    }

    /// External input must reach a script as a variable, never as its text. Actions must be pinned to a commit.
    #[test]
    fn workflows_put_no_expression_into_a_script_and_pin_each_action() {
        let workflows = tracked(&[".github/workflows/*.yml", "examples/pipeline/*.yml"]).unwrap();
        assert_eq!(workflows.len(), 4);
        for workflow in workflows {
            let text = fs::read_to_string(root().join(&workflow)).unwrap();
            assert!(parsed(&text).unwrap().iter().all(|command| !command.contains("${{")), "{workflow}");
            let actions = text.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, action)| action);
            for action in actions {
                let (_, commit) = action.split_once('@').unwrap();
                let (commit, version) = commit.split_once(" # v").unwrap();
                assert!(commit.len() == 40 && !version.is_empty(), "{workflow}: {action}");
            }
        }
    }
}
