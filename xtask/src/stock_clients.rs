//! Runs unmodified third-party OAuth clients, which sign a user in at the pages in Chromium: clients in a page, in a
//! third party's page, on a device and on a server.
//!
//! Where the guide has code for a client, that code runs unchanged.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    browser, packages,
    server::{LocalServer, free_address},
    shell::{TaskError, cargo, output, program, root, run, tool_folder},
};

const FOLDER: &str = "xtask/stock_clients";
const GUIDE: &str = "docs/guide/sign-in.md";
const SCOPE: &str = "openid profile email offline_access orders";
/// The hosts of the pages. The server is on 127.0.0.1, a different site than localhost on any port.
const HOSTS: [&str; 4] = ["localhost", "localhost", "127.0.0.1", "localhost"];
/// Each client that sends proofs is asked for a nonce (RFC 9449 section 8), and has to try again.
const NONCE: &str = "DpopNonce=always";

/// A client to register, and the variable that names it to the scripts.
struct Registration {
    variable: &'static str,
    options: &'static [&'static str],
    id: &'static str,
}

/// One client of each kind: in a page, in a third party's page, on a device, on a server.
const CLIENTS: [Registration; 4] = [
    Registration {
        variable: "LATCHGATE_PAGE_CLIENT",
        options: &[
            "--public",
            "--first-party",
            "--redirect-uri=http://localhost/callback",
            "--redirect-uri=http://127.0.0.1/callback",
            "--post-logout-redirect-uri=http://localhost/",
            "--post-logout-redirect-uri=http://127.0.0.1/",
        ],
        id: "shop-page",
    },
    Registration {
        variable: "LATCHGATE_PARTNER_CLIENT",
        options: &["--public", "--redirect-uri=http://localhost/callback"],
        id: "partner-page",
    },
    Registration {
        variable: "LATCHGATE_NATIVE_CLIENT",
        options: &[
            "--public",
            "--redirect-uri=http://127.0.0.1/callback",
            "--post-logout-redirect-uri=http://127.0.0.1/signed-out",
        ],
        id: "partner-cli",
    },
    Registration {
        variable: "LATCHGATE_SERVER_CLIENT",
        options: &[
            "--confidential",
            "--first-party",
            "--redirect-uri=http://127.0.0.1/callback",
            "--post-logout-redirect-uri=http://127.0.0.1/",
        ],
        id: "shop-site",
    },
];

pub(crate) fn run_all() -> Result<(), TaskError> {
    let chromium = browser::browser()?;
    let folder = packages::npm("stock_clients")?;
    copy_scripts(&folder)?;
    let origins = HOSTS.into_iter().map(origin).collect::<Result<Vec<_>, _>>()?;
    let mut options: Vec<&str> = origins.iter().flat_map(|origin| ["--origin", origin]).collect();
    options.extend(["--parameter", NONCE]);
    let server = LocalServer::start(&options)?;
    let mut script = program("node", &[&*folder.join("run.mjs").to_string_lossy()]);
    for client in &CLIENTS {
        let registered = client.register(&server, &folder)?;
        if let Some(secret) = registered["client_secret"].as_str() {
            script.env("LATCHGATE_CLIENT_SECRET", secret);
        }
        script.env(client.variable, client.id);
    }
    script
        .env("LATCHGATE_URL", server.said("url")?)
        .env("LATCHGATE_USERNAME", server.said("username")?)
        .env("LATCHGATE_PASSWORD", server.said("password")?)
        .env("LATCHGATE_ORIGINS", origins.join(" "))
        .env("LATCHGATE_GUIDE", root().join(GUIDE))
        .env("LATCHGATE_CHROMIUM", chromium)
        .env("LATCHGATE_PYTHON", packages::python("stock_clients")?.join("python"))
        .env("LATCHGATE_CRATES", built_crates()?);
    run(&mut script)
}

impl Registration {
    /// Registers the client, as an operator does. Returns the command's output.
    fn register(&self, server: &LocalServer, folder: &Path) -> Result<Value, TaskError> {
        let port = server.said("url")?.rsplit(':').next().unwrap_or_default().to_owned();
        let local = format!("--local={port}");
        let arguments = ["run", "--quiet", "--bin", "latchgate", "--", &local, "--output", "json"];
        let create = ["clients", "create", self.id, "--scope", SCOPE];
        let mut command = cargo(&[&arguments[..], &create, self.options].concat());
        // This keeps the event out of the developer's own audit log.
        let printed = output(command.env("LATCHGATE_AUDIT_LOG", folder.join("audit.jsonl")))?;
        serde_json::from_str(&printed).map_err(|e| TaskError(format!("{}: {e}: {printed}", self.id)))
    }
}

/// Copies the scripts to where their modules are: Node looks for modules from the script's folder.
fn copy_scripts(folder: &Path) -> Result<(), TaskError> {
    let failed = |e: std::io::Error| TaskError(format!("{FOLDER}: {e}"));
    for entry in fs::read_dir(root().join(FOLDER)).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            fs::copy(&path, folder.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

/// An origin of this machine with a free port.
fn origin(host: &str) -> Result<String, TaskError> {
    Ok(format!("http://{host}:{}", free_address()?.port()))
}

/// Builds the programs for the Rust crates. Returns their folder.
fn built_crates() -> Result<PathBuf, TaskError> {
    let manifest = root().join(FOLDER).join("rust/Cargo.toml");
    let target = tool_folder("stock_clients/target")?;
    let arguments = ["build", "--quiet", "--locked", "--manifest-path", &manifest.to_string_lossy()];
    run(cargo(&arguments).env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("debug"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        fs::read_to_string(root().join(path)).unwrap()
    }

    /// The text between two others.
    fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
        text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).unwrap().0
    }

    #[test]
    fn the_guide_names_the_versions_that_are_run() {
        let npm: Value = serde_json::from_str(&read("xtask/npm/stock_clients/package.json")).unwrap();
        let npm = |name: &'static str| (name, npm["dependencies"][name].as_str().unwrap().to_owned());
        let crates = read("xtask/stock_clients/rust/Cargo.toml");
        let of_crates =
            |name| (name, between(&crates, &format!("\n{name} = {{ version = \"="), "\"").to_owned());
        let authlib = between(&read("xtask/python/stock_clients.in"), "authlib==", "\n").to_owned();
        let pinned = [
            npm("oidc-client-ts"),
            npm("@openid/appauth"),
            npm("oauth4webapi"),
            npm("openid-client"),
            ("Authlib", authlib),
            of_crates("openidconnect"),
            of_crates("oauth2"),
        ];
        let guide = read(GUIDE);
        for (name, version) in pinned {
            let is_row = |line: &&str| {
                line.starts_with(&format!("| [`{name}`](")) || line.starts_with(&format!("| [{name}]("))
            };
            let row = guide.lines().find(is_row).unwrap_or_else(|| panic!("{name} has no row"));
            let (minor, _) = version.rsplit_once('.').unwrap();
            assert!(row.contains(&format!(") {minor}")), "{name} {version}: {row}");
        }
    }
}
