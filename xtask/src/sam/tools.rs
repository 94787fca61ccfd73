//! SAM's programs.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::translated::Translated;
use crate::{
    packages,
    shell::{TaskError, output, program, root, run},
};

/// An arbitrary region, since nothing is deployed.
pub(crate) const REGION: &str = "eu-west-1";

/// The folder of the SAM CLI, its translator, cargo-lambda and the linter.
pub(crate) struct Tools(PathBuf);

impl Tools {
    pub(crate) fn installed() -> Result<Self, TaskError> {
        packages::python("sam").map(Self)
    }

    /// A command for one of them, which finds the others in its `PATH`.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = program(self.0.join(name), arguments);
        command.env("AWS_DEFAULT_REGION", REGION).env("SAM_CLI_TELEMETRY", "0");
        command.env("PATH", format!("{}:{}", self.0.display(), path()));
        command
    }

    /// The Runtime Interface Emulator. SAM brings it for containers, but it works without them.
    pub(super) fn emulator(&self) -> Result<PathBuf, TaskError> {
        let find = "import pathlib, samcli; print(pathlib.Path(samcli.__file__).parent)";
        let folder = output(&mut self.program("python", &["-c", find]))?;
        Ok(Path::new(folder.trim()).join("local/rapid/aws-lambda-rie-x86_64"))
    }

    /// Validates, lints and translates a template.
    pub(super) fn translate(&self, template: &str) -> Result<Translated, TaskError> {
        run(&mut self.program("sam", &["validate", "--lint", "--template", template]))?;
        self.translation(template)
    }

    /// A template as CloudFormation receives it.
    pub(super) fn translation(&self, template: &str) -> Result<Translated, TaskError> {
        let translated = output(&mut self.program("python", &["xtask/src/translate.py", template]))?;
        Translated::parse(template, &translated)
    }

    /// The output of `translate.py` for templates with values: a translation for each of these settings.
    pub(super) fn translations(&self, settings: &Value) -> Result<Value, TaskError> {
        let file = root().join("target/settings.json");
        let written = std::fs::write(&file, settings.to_string());
        written.map_err(|e| TaskError(format!("{}: {e}", file.display())))?;
        let path = file.to_string_lossy();
        let arguments = ["xtask/src/translate.py", "--values", &path];
        serde_json::from_str(&output(&mut self.program("python", &arguments))?)
            .map_err(|e| TaskError(e.to_string()))
    }
}

#[expect(clippy::disallowed_methods, reason = "programs find each other by it")]
fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}
