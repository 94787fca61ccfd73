//! Runs the rotation's tests against moto's Secrets Manager instead of the tests' own emulator.

use std::{net::SocketAddr, path::PathBuf};

use serde_json::Value;

use crate::{
    http, packages,
    server::{PortServer, free_address},
    shell::{TaskError, built_tests, program, run},
};

pub(crate) fn run_tests() -> Result<(), TaskError> {
    let tests = built_tests("latchgate")?;
    let address = free_address()?;
    let _server = start(address)?;
    let endpoint = format!("http://{address}");
    run(program(&tests, &["rotation", "--nocapture"]).env("LATCHGATE_TEST_SECRETS_ENDPOINT", endpoint))
}

/// The folder of moto's programs.
pub(crate) fn installed() -> Result<PathBuf, TaskError> {
    packages::python("moto")
}

/// Starts an empty moto server.
pub(crate) fn start(address: SocketAddr) -> Result<PortServer, TaskError> {
    let programs = installed()?;
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    PortServer::start(&mut program(programs.join("moto_server"), &["-H", &host, "-p", &port]), address)
}

/// Calls moto's Secrets Manager, which accepts any signature.
pub(crate) fn ask(server: SocketAddr, operation: &str, input: &Value) -> Result<Value, TaskError> {
    let target = format!("secretsmanager.{operation}");
    let headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", &*target),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/secretsmanager/aws4_request"),
    ];
    let reply = http::send(server, ("POST", "/"), &headers, &input.to_string())?;
    match reply.status {
        200 => Ok(reply.json()),
        status => Err(TaskError(format!("moto: {operation}: {status} {}", reply.body))),
    }
}
