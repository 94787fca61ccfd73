//! The programs of SAM.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::translated::Translated;
use crate::{
    packages,
    shell::{TaskError, output, program, root, run},
};

/// Any region: nothing is deployed.
pub(crate) const REGION: &str = "eu-west-1";

/// The SAM CLI, its translator, cargo-lambda and the linter: programs in one folder.
pub(crate) struct Tools(PathBuf);

impl Tools {
    pub(crate) fn installed() -> Result<Self, TaskError> {
        packages::python("sam").map(Self)
    }

    /// One of them, where it finds the others.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = program(self.0.join(name), arguments);
        command.env("AWS_DEFAULT_REGION", REGION).env("SAM_CLI_TELEMETRY", "0");
        command.env("PATH", format!("{}:{}", self.0.display(), path()));
        command
    }

    /// The Runtime Interface Emulator: it comes with SAM, for containers, and does without.
    pub(super) fn emulator(&self) -> Result<PathBuf, TaskError> {
        let find = "import pathlib, samcli; print(pathlib.Path(samcli.__file__).parent)";
        let folder = output(&mut self.program("python", &["-c", find]))?;
        Ok(Path::new(folder.trim()).join("local/rapid/aws-lambda-rie-x86_64"))
    }

    /// Validates and lints a template, translates it, and lints the translation.
    pub(super) fn translate(&self, template: &str) -> Result<Translated, TaskError> {
        run(&mut self.program("sam", &["validate", "--lint", "--template", template]))?;
        let translation = self.translation(template)?;
        let name = template.replace('/', "-").replace(".yaml", ".translated.json");
        let file = root().join("target").join(name);
        let written = std::fs::write(&file, translation.to_json());
        written.map_err(|e| TaskError(format!("{}: {e}", file.display())))?;
        run(&mut self.program("cfn-lint", &["--regions", REGION, "--", &file.to_string_lossy()]))?;
        Ok(translation)
    }

    /// A template as CloudFormation gets it.
    pub(super) fn translation(&self, template: &str) -> Result<Translated, TaskError> {
        let translated = output(&mut self.program("python", &["xtask/src/translate.py", template]))?;
        Translated::parse(template, &translated)
    }
}

#[expect(clippy::disallowed_methods, reason = "programs find each other by it")]
fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}
