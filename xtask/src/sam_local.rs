//! Runs the stack under the real `sam local`: SAM's builds of the functions in Docker containers, over DynamoDB Local.
//!
//! CI runs unoptimised functions, in a quarter of the time. `--release` runs them as they are deployed.
//!
//! Everything runs in a network namespace with only a loopback and Docker's bridge, and in a process namespace, so that
//! nothing keeps running afterwards. No registry provides Lambda's image, so the task makes one from Debian packages.
//!
//! One difference from AWS: when an authorizer answers `Unauthorized`, `sam local` gives 502 instead of 401.

mod api;
mod command;
mod docker;
mod image;
mod invocations;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde_json::json;

use self::{command::SamLocal, docker::Docker, invocations::Invocations};
use crate::{
    dynamodb_local, flow, moto, packages,
    sam::{self, Build, Tools},
    server::LocalServer,
    shell::{self, TaskError, built_tests, cargo, now, program, root},
    verifiers,
};

const DEBIAN: [(&str, &str); 4] = [
    (docker::DAEMON, "docker.io"),
    ("iptables", "iptables"),
    ("debootstrap", "debootstrap"),
    // Ubuntu lacks the keys with which debootstrap checks the packages.
    ("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"),
];
/// The address of moto, as in tests/sam-local/Dockerfile.
const SECRETS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 5000);

/// A part of the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The sample events, by `sam local invoke`.
    Invoke,
    /// The flow over HTTP, by `sam local start-api`.
    Api,
}

impl Part {
    /// Both parts.
    pub(crate) const ALL: [Self; 2] = [Self::Invoke, Self::Api];

    /// The part with this name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Invoke => "invoke",
            Self::Api => "api",
        }
    }
}

/// Builds the functions, and runs these parts in the namespaces.
pub(crate) fn run(build: Build, parts: &[Part]) -> Result<(), TaskError> {
    packages::debian(&DEBIAN)?;
    // These steps need the network or a compiler, which the namespaces lack.
    let emulator = dynamodb_local::installed()?;
    moto::installed()?;
    verifiers::installed()?;
    let files = image::files()?;
    sam::build(&Tools::installed()?, sam::ARCHITECTURE, build)?;
    shell::run(&mut cargo(&["build"]))?;
    let tests = built_tests("latchgate")?;

    let scratch = Scratch::new()?;
    let itself = std::env::current_exe().map_err(|e| TaskError(e.to_string()))?;
    // Each process kills the next when it dies: this one, the one with the namespaces, and everything in them.
    let mut inside = program("setpriv", &["--pdeathsig", "KILL", "unshare", "--net", "--pid", "--fork"]);
    inside.args(["--mount-proc", "--kill-child", "--"]).arg(itself).arg("sam-local-inside");
    inside
        .arg(build.folder())
        .arg(&scratch.0)
        .arg(&emulator)
        .args([files, tests])
        .args(parts.iter().map(|part| part.name()));
    shell::run(&mut inside)
}

/// Runs these parts inside the namespaces.
pub(crate) fn run_inside(
    [build, scratch]: [&str; 2],
    [emulator, files, tests]: [&str; 3],
    parts: &[Part],
) -> Result<(), TaskError> {
    let (build, scratch) = (root().join(build), Path::new(scratch));
    shell::run(&mut program("ip", &["link", "set", "lo", "up"]))?;
    let _store = dynamodb_local::start(emulator)?;
    let _secrets = moto::start(SECRETS)?;
    moto::ask(SECRETS, "CreateSecret", &json!({ "Name": "Keyset", "SecretString": "{}" }))?;
    moto::ask(SECRETS, "CreateSecret", &json!({ "Name": "MailKey", "SecretString": "k".repeat(64) }))?;
    // `cargo run` creates the tables, the demo's clients and user, and a keyset in any store.
    let keyset = scratch.join("keyset.json");
    let endpoint = format!("http://127.0.0.1:{}", dynamodb_local::PORT);
    let demo = LocalServer::start(&["--endpoint", &endpoint, "--keyset", &keyset.to_string_lossy()])?;
    let docker = timed("Docker, and an image in the place of Lambda's", || {
        let docker = Docker::start(scratch)?;
        image::build(&docker, files, &keyset)?;
        Ok(docker)
    })?;
    let local = SamLocal { docker: &docker, build: &build, scratch };
    parts.iter().try_for_each(|part| match part {
        Part::Invoke => timed("sam local invoke", || check_events(&local)),
        Part::Api => timed("sam local start-api", || api::check(&local, &demo, tests)),
    })
}

/// Checks every sample event.
fn check_events(local: &SamLocal<'_>) -> Result<(), TaskError> {
    let functions = Invocations::new(local);
    flow::keys_are_made(&functions)?;
    flow::tokens_live_and_die(&functions)?;
    flow::password_changes(&functions)?;
    flow::mails_are_requested(&functions)?;
    println!("  {} invocations", functions.count());
    Ok(())
}

/// Prints what is done, and how long it took.
fn timed<T>(what: &str, doing: impl FnOnce() -> Result<T, TaskError>) -> Result<T, TaskError> {
    let started = now();
    println!("{what}:");
    let done = doing()?;
    println!("{what}: {} s", started.elapsed().as_secs());
    Ok(done)
}

/// A temporary folder. Its name is short, because it contains sockets.
struct Scratch(PathBuf);

impl Scratch {
    const PREFIX: &str = "latchgate-sam-local-";

    fn new() -> Result<Self, TaskError> {
        let temporary = std::env::temp_dir();
        // Removes the folders of tasks that were killed.
        for entry in fs::read_dir(&temporary).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| name.strip_prefix(Self::PREFIX));
            if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let folder = temporary.join(format!("{}{}", Self::PREFIX, std::process::id()));
        fs::create_dir_all(&folder).map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
