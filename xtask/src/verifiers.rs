//! Access tokens and discovery documents, as the libraries take them that others verify our tokens with.
//!
//! The libraries are called in their own languages, by the scripts in `xtask/verifiers`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    server::LocalServer,
    shell::{TaskError, program, root, run, tool_folder},
};

/// Neither depends on anything.
const NPM_PACKAGES: [&str; 2] = ["jose@6.2.17", "aws-jwt-verify@5.2.1"];
/// joserfc is what Authlib verifies with.
const PYPI_PACKAGES: [&str; 4] =
    ["pyjwt[crypto]==2.15.1", "authlib==1.9.9", "joserfc==1.8.0", "requests==2.34.2"];
/// The default, the one that works, and the one that API Gateway's own authorizer takes.
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];

pub(crate) fn run_all() -> Result<(), TaskError> {
    let tools = Tools::install()?;
    for algorithm in ALGORITHMS {
        let server = LocalServer::start(&["--algorithm", algorithm])?;
        for mut script in [tools.node("verify.mjs"), tools.python("verify.py")] {
            run(script
                .env("LATCHGATE_ALGORITHM", algorithm)
                .env("LATCHGATE_URL", server.said("url")?)
                .env("LATCHGATE_CLIENT_ID", server.said("public_client_id")?)
                .env("LATCHGATE_USERNAME", server.said("username")?)
                .env("LATCHGATE_PASSWORD", server.said("password")?))?;
        }
    }
    Ok(())
}

/// The libraries, and the scripts beside them: Node looks for a module from where the script is.
struct Tools(PathBuf);

impl Tools {
    fn install() -> Result<Self, TaskError> {
        let tools = Self(tool_folder("verifiers")?);
        tools.install_packages()?;
        let scripts = root().join("xtask/verifiers");
        for name in ["verify.mjs", "api_gateway.mjs", "verify.py"] {
            let copied = std::fs::copy(scripts.join(name), tools.0.join(name));
            copied.map_err(|e| TaskError(format!("{name}: {e}")))?;
        }
        Ok(tools)
    }

    /// Installs what the list names, unless the very same list has been installed before.
    fn install_packages(&self) -> Result<(), TaskError> {
        let list = [&NPM_PACKAGES[..], &PYPI_PACKAGES].concat().join("\n");
        let installed = self.0.join("installed");
        if std::fs::read_to_string(&installed).is_ok_and(|text| text == list) {
            return Ok(());
        }
        let folder = self.0.to_string_lossy();
        let npm = ["install", "--prefix", &folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
        run(program("npm", &npm).args(NPM_PACKAGES))?;
        let venv = self.venv();
        run(&mut program("python3", &["-m", "venv", "--clear", &venv.to_string_lossy()]))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        run(program(venv.join("bin/pip"), &pip).args(PYPI_PACKAGES))?;
        std::fs::write(&installed, list).map_err(|e| TaskError(format!("{}: {e}", installed.display())))
    }

    fn venv(&self) -> PathBuf {
        self.0.join("venv")
    }

    fn node(&self, script: &str) -> Command {
        self.script(Path::new("node"), script)
    }

    fn python(&self, script: &str) -> Command {
        self.script(&self.venv().join("bin/python"), script)
    }

    fn script(&self, interpreter: &Path, script: &str) -> Command {
        program(interpreter, &[&*self.0.join(script).to_string_lossy()])
    }
}
