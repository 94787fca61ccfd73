//! Access tokens and discovery documents, as the libraries take them that others verify our tokens with; and refresh and
//! revocation, as the libraries do them that others make OAuth clients with.
//!
//! The libraries are called in their own languages, by the scripts in `xtask/verifiers`. Users call them by the lines of
//! `docs/guide/verify.md`, which are run as they stand there.

mod page;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    packages,
    server::LocalServer,
    shell::{TaskError, program, root, run},
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
/// What API Gateway makes of a token that isn't one, and `cargo run` as well.
const UNAUTHORIZED: u16 = 401;
/// The default, the one that works, and the one that API Gateway's own authorizer takes.
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];

pub(crate) fn run_all() -> Result<(), TaskError> {
    let tools = installed()?;
    for algorithm in ALGORITHMS {
        let server = LocalServer::start(&["--algorithm", algorithm])?;
        let url = server.said("url")?;
        for mut script in [tools.node("verify.mjs"), tools.python("verify.py")] {
            run(on(&mut script, url, &server)?.env("LATCHGATE_ALGORITHM", algorithm))?;
        }
    }
    page::check(&tools)?;
    let server = LocalServer::start(&[])?;
    run_clients(server.said("url")?, &server, UNAUTHORIZED)
}

/// Refreshes, calls and logs out by the clients, at this address, with the demo's clients and user. Without a valid token
/// a protected call is answered with this status.
pub(crate) fn run_clients(url: &str, demo: &LocalServer, unauthorized: u16) -> Result<(), TaskError> {
    let tools = installed()?;
    for mut script in [tools.node("client.mjs"), tools.python("client.py")] {
        let script = on(&mut script, url, demo)?;
        script.env("LATCHGATE_CONFIDENTIAL_CLIENT_ID", demo.said("confidential_client_id")?);
        script.env("LATCHGATE_CLIENT_SECRET", demo.said("client_secret")?);
        run(script.env("LATCHGATE_UNAUTHORIZED", unauthorized.to_string()))?;
    }
    Ok(())
}

/// Tells a script where it is to log in, and as whom.
fn on<'a>(script: &'a mut Command, url: &str, demo: &LocalServer) -> Result<&'a mut Command, TaskError> {
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
    folder: PathBuf,
    python: PathBuf,
}

impl Tools {
    fn node(&self, script: &str) -> Command {
        self.script(Path::new("node"), script)
    }

    fn python(&self, script: &str) -> Command {
        self.script(&self.python, script)
    }

    fn script(&self, interpreter: &Path, script: &str) -> Command {
        program(interpreter, &[&*self.folder.join(script).to_string_lossy()])
    }
}
