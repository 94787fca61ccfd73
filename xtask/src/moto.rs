//! The tests of the rotation against another Secrets Manager than the tests' own: moto's.

use std::net::{SocketAddr, TcpListener};

use crate::{
    dynamodb_local::built_tests,
    server::PortServer,
    shell::{TaskError, program, run, tool_folder},
};

const PACKAGE: &str = "moto[server]==5.2.5";

pub(crate) fn run_tests() -> Result<(), TaskError> {
    let folder = tool_folder("moto")?;
    let tools = folder.join("bin");
    if !tools.join("moto_server").exists() {
        run(&mut program("python3", &["-m", "venv", &folder.to_string_lossy()]))?;
        let install = ["install", "--quiet", "--disable-pip-version-check", PACKAGE];
        run(&mut program(tools.join("pip"), &install))?;
    }
    let tests = built_tests("tests", "latchgate")?;
    let address = free_address()?;
    let port = address.port().to_string();
    let mut command = program(tools.join("moto_server"), &["-H", "127.0.0.1", "-p", &port]);
    let _server = PortServer::start(&mut command, address)?;
    let endpoint = format!("http://{address}");
    run(program(&tests, &["rotation", "--nocapture"]).env("LATCHGATE_TEST_SECRETS_ENDPOINT", endpoint))
}

/// A port that nobody has right now.
fn free_address() -> Result<SocketAddr, TaskError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map_err(|e| TaskError(format!("no port to be had: {e}")))
}
