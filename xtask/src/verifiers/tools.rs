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

/// Each with the folder that it comes from.
const SCRIPTS: [(&str, &str); 6] = [
    ("", "verify.mjs"),
    ("", "api_gateway.mjs"),
    ("", "verify.py"),
    ("", "client.mjs"),
    ("", "client.py"),
    ("page", "forge.mjs"),
];

/// Tells a script where it is to log in, and as whom.
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

/// Installs them, unless they are there.
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

/// The libraries, and the scripts beside them: Node looks for a module from where the script is.
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
