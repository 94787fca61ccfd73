//! moto's Secrets Manager, and the tests of the rotation against it: another one than the tests' own.

use std::{net::SocketAddr, path::PathBuf};

use crate::{
    dynamodb_local::built_tests,
    packages,
    server::{PortServer, free_address},
    shell::{TaskError, program, run},
};

const PACKAGE: &str = "moto[server]==5.2.5";

pub(crate) fn run_tests() -> Result<(), TaskError> {
    let tests = built_tests("tests", "latchgate")?;
    let address = free_address()?;
    let _server = start(address)?;
    let endpoint = format!("http://{address}");
    run(program(&tests, &["rotation", "--nocapture"]).env("LATCHGATE_TEST_SECRETS_ENDPOINT", endpoint))
}

/// Where its programs are.
pub(crate) fn installed() -> Result<PathBuf, TaskError> {
    packages::python("moto", &[PACKAGE])
}

/// Starts moto's server, with nothing in it.
pub(crate) fn start(address: SocketAddr) -> Result<PortServer, TaskError> {
    let programs = installed()?;
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    PortServer::start(&mut program(programs.join("moto_server"), &["-H", &host, "-p", &port]), address)
}
