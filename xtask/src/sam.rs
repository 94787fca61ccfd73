//! template.yaml, template-http.yaml and the templates of `examples/`, as SAM and CloudFormation see them.
//!
//! `sam validate --lint` alone misses a bad reference in a policy and an authorizer that isn't there, so each template
//! is translated as well, the result linted, and what no linter knows is held against what was meant.

mod consumers;
mod http_api;
mod stack;
mod translated;

use std::{path::PathBuf, process::Command};

use self::translated::Translated;
use crate::shell::{TaskError, output, program, root, run, tool_folder};

const PACKAGES: [&str; 3] = ["aws-sam-cli==1.170.0", "aws-sam-translator==1.115.0", "cfn-lint==1.58.0"];
/// Any region: nothing is deployed.
const REGION: &str = "eu-west-1";

pub(crate) fn run_checks() -> Result<(), TaskError> {
    let tools = Tools::installed()?;
    stack::check(&tools)?;
    http_api::check(&tools)?;
    consumers::check(&tools)
}

/// The SAM CLI, its translator and the linter: programs in one folder.
struct Tools(PathBuf);

impl Tools {
    fn installed() -> Result<Self, TaskError> {
        let folder = tool_folder("sam")?;
        let tools = Self(folder.join("bin"));
        if !tools.0.join("sam").exists() {
            run(&mut program("python3", &["-m", "venv", &folder.to_string_lossy()]))?;
            let install = [&["install", "--quiet", "--disable-pip-version-check"][..], &PACKAGES].concat();
            run(&mut tools.program("pip", &install))?;
        }
        Ok(tools)
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = program(self.0.join(name), arguments);
        command.env("AWS_DEFAULT_REGION", REGION).env("SAM_CLI_TELEMETRY", "0");
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
