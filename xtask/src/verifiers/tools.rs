//! The libraries of the verifiers, and the scripts that call them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    packages,
    server::LocalServer,
    shell::{TaskError, program, root},
};

/// The scripts with their folders.
const SCRIPTS: [(&str, &str); 8] = [
    ("", "verify.mjs"),
    ("", "api_gateway.mjs"),
    ("", "verify.py"),
    ("", "client.mjs"),
    ("", "client.py"),
    ("", "dpop.mjs"),
    ("", "dpop.py"),
    ("page", "forge.mjs"),
];

/// Tells a script the URL and the credentials for its login.
pub(super) fn on<'a>(
    script: &'a mut Command,
    url: &str,
    demo: &LocalServer,
) -> Result<&'a mut Command, TaskError> {
    Ok(script
        .env("LATCHGATE_URL", url)
        .env("LATCHGATE_CLIENT_ID", demo.said("public_client_id")?)
        .env("LATCHGATE_USERNAME", demo.said("username")?)
        .env("LATCHGATE_PASSWORD", demo.said("password")?))
}

/// Installs the libraries, unless they exist.
pub(crate) fn installed() -> Result<Tools, TaskError> {
    let folder = packages::npm("verifiers")?;
    let python = packages::python("verifiers")?.join("python");
    let scripts = root().join("xtask/verifiers");
    for (from, name) in SCRIPTS {
        let copied = std::fs::copy(scripts.join(from).join(name), folder.join(name));
        copied.map_err(|e| TaskError(format!("{name}: {e}")))?;
    }
    Ok(Tools { folder, python })
}

/// The libraries, with the scripts in the same folder: Node looks for modules from the script's folder.
pub(crate) struct Tools {
    pub(super) folder: PathBuf,
    pub(super) python: PathBuf,
}

impl Tools {
    pub(super) fn node(&self, script: &str) -> Command {
        self.script(Path::new("node"), script)
    }

    pub(super) fn python(&self, script: &str) -> Command {
        self.script(&self.python, script)
    }

    pub(super) fn script(&self, interpreter: &Path, script: &str) -> Command {
        program(interpreter, &[&*self.folder.join(script).to_string_lossy()])
    }
}
