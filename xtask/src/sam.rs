//! template.yaml, template-http.yaml and the templates of `examples/`, as SAM and CloudFormation see them.
//!
//! `sam validate --lint` alone misses a bad reference in a policy and an authorizer that isn't there, so each template
//! is translated as well, the result linted, and what no linter knows is held against what was meant.

mod build;
mod consumers;
mod http_api;
mod stack;
mod translated;

use std::{path::PathBuf, process::Command};

pub(crate) use self::build::{Built, build};
use self::translated::Translated;
use crate::shell::{TaskError, output, program, root, run, tool_folder};

/// cargo-lambda links with the C compiler that ziglang carries, against the C library of Lambda's images.
const PACKAGES: [&str; 5] = [
    "aws-sam-cli==1.170.0",
    "aws-sam-translator==1.115.0",
    "cargo-lambda==1.9.2",
    "cfn-lint==1.58.0",
    "ziglang==0.17.0",
];
/// Any region: nothing is deployed.
const REGION: &str = "eu-west-1";

pub(crate) fn run_checks() -> Result<(), TaskError> {
    let tools = Tools::installed()?;
    stack::check(&tools)?;
    http_api::check(&tools)?;
    consumers::check(&tools)
}

/// The SAM CLI, its translator and the linter: programs in one folder.
pub(crate) struct Tools(PathBuf);

impl Tools {
    pub(crate) fn installed() -> Result<Self, TaskError> {
        let folder = tool_folder("sam")?;
        let tools = Self(folder.join("bin"));
        if !tools.0.join("sam").exists() {
            run(&mut program("python3", &["-m", "venv", &folder.to_string_lossy()]))?;
            let install = [&["install", "--quiet", "--disable-pip-version-check"][..], &PACKAGES].concat();
            run(&mut tools.program("pip", &install))?;
        }
        Ok(tools)
    }

    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = program(self.0.join(name), arguments);
        command.env("AWS_DEFAULT_REGION", REGION).env("SAM_CLI_TELEMETRY", "0");
        command.env("PATH", format!("{}:{}", self.0.display(), path()));
        command
    }

    /// Validates and lints a template, translates it, and lints the translation.
    fn translate(&self, template: &str) -> Result<Translated, TaskError> {
        run(&mut self.program("sam", &["validate", "--lint", "--template", template]))?;

        let translated = output(&mut self.program("python", &["xtask/src/translate.py", template]))?;
        let name = template.replace('/', "-").replace(".yaml", ".translated.json");
        let file = root().join("target").join(name);
        std::fs::write(&file, &translated).map_err(|e| TaskError(format!("{}: {e}", file.display())))?;
        run(&mut self.program("cfn-lint", &["--regions", REGION, "--", &file.to_string_lossy()]))?;

        Translated::parse(template, &translated)
    }
}

#[expect(clippy::disallowed_methods, reason = "programs find each other by it")]
fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}
