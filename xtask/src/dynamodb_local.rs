//! The integration tests against DynamoDB Local.
//!
//! DynamoDB Local listens on every interface and can't be told not to, so it and the tests run in a network namespace
//! that has nothing but a loopback. Its licence forbids redistribution: it is fetched, never kept in the project.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::Stdio,
};

use serde_json::Value;

use crate::{
    packages,
    server::PortServer,
    shell::{TaskError, cargo, output, program, run, tool_folder, works},
};

/// The npm package that carries DynamoDB Local, and its version.
const PACKAGE: &str = "amplify-dynamodb-simulator@2.9.30";
/// SHA-512 of its archive, which npm has as `dist.integrity`.
const SHA512: &str = "c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129\
                      e91cb5a3b4c1ea7888a17b9002749ec1";
/// Free for sure: the namespace is new.
pub(crate) const PORT: u16 = 8000;

/// What spoils calls on their way, or what is read, or is decided before any call is made: no engine makes a difference to it. And
/// other servers' cases, which send the calls that the other tests send here. All this takes most of the time.
const BEFORE_THE_ENGINE: [&str; 8] = [
    "fault_matrix::",
    "forged_signatures::",
    "forgeries::",
    "hostile_bodies::",
    "model::",
    "properties::",
    "scenarios::",
    "stored_items::",
];

/// All of them.
pub(crate) fn run_tests() -> Result<(), TaskError> {
    run_but(&[])
}

/// All but those to which the engine makes no difference.
pub(crate) fn run_tests_of_the_engine() -> Result<(), TaskError> {
    println!("left out, since CI has run them already: {}", BEFORE_THE_ENGINE.join(" "));
    run_but(&BEFORE_THE_ENGINE)
}

fn run_but(left_out: &[&str]) -> Result<(), TaskError> {
    let emulator = installed()?;
    let tests = [built_tests("tests", "latchgate")?, built_tests("admin", "cli")?];
    let itself = std::env::current_exe().map_err(|e| TaskError(e.to_string()))?;
    let [tests, of_command_line] = &tests;
    let (itself, emulator) = (itself.to_string_lossy(), emulator.to_string_lossy());
    let arguments =
        [&[&*itself, "dynamodb-local-inside", &*emulator, tests, of_command_line], left_out].concat();
    // As root no user namespace is needed; otherwise it is what makes a network namespace possible.
    let mut unshare = program("unshare", &["--net"]);
    if output(&mut program("id", &["-u"]))?.trim() != "0" {
        unshare.arg("--map-root-user");
    }
    run(unshare.arg("--").args(arguments))
}

/// In the namespace: starts DynamoDB Local, runs the tests but those that are left out, stops it.
pub(crate) fn run_inside(emulator: &str, tests: [&str; 2], left_out: &[&str]) -> Result<(), TaskError> {
    run(&mut program("ip", &["link", "set", "lo", "up"]))?;
    let _server = start(emulator)?;
    println!("DynamoDB Local is up in a network namespace of its own");
    let endpoint = format!("http://127.0.0.1:{PORT}");
    let left_out: Vec<_> = left_out.iter().flat_map(|name| ["--skip", name]).collect();
    tests
        .iter()
        .try_for_each(|tests| run(program(tests, &left_out).env("LATCHGATE_TEST_ENDPOINT", &endpoint)))
}

/// Starts it. It leaves a file where it runs.
pub(crate) fn start(emulator: &str) -> Result<PortServer, TaskError> {
    let libraries = format!("-Djava.library.path={emulator}/DynamoDBLocal_lib");
    let jar = format!("{emulator}/DynamoDBLocal.jar");
    let port = PORT.to_string();
    // One database, whatever region and credentials a test has.
    let store = ["-inMemory", "-sharedDb", "-disableTelemetry"];
    let arguments = [&[&*libraries, "-jar", &jar], &store[..], &["-port", &port]].concat();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    PortServer::start(program("java", &arguments).current_dir(emulator), address)
}

/// Where it is, with a Java that runs it.
pub(crate) fn installed() -> Result<PathBuf, TaskError> {
    if !works("java", "-version") {
        packages::debian(&[("/usr/bin/java", "openjdk-17-jre-headless")])?;
    }
    emulator()
}

/// The package alone, without what it depends on: all that is wanted of it is the folder that it carries.
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

/// Builds the tests of a package that are in the binary of this name, and says where it is.
pub(crate) fn built_tests(package: &str, name: &str) -> Result<String, TaskError> {
    let messages = output(
        cargo(&["test", "--package", package, "--no-run", "--message-format=json"]).stderr(Stdio::inherit()),
    )?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(str::to_owned))
        .ok_or_else(|| TaskError("cargo built no integration tests".to_owned()))
}
