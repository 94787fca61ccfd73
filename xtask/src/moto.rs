//! The tests of the rotation against another Secrets Manager than the tests' own: moto's.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
    time::Duration,
};

use crate::{
    dynamodb_local::built_tests,
    shell::{TaskError, program, run, tool_folder},
};

const PACKAGE: &str = "moto[server]==5.2.5";
/// Tenths of a second that it may take to listen.
const PATIENCE: u32 = 300;

pub(crate) fn run_tests() -> Result<(), TaskError> {
    let folder = tool_folder("moto")?;
    let tools = folder.join("bin");
    if !tools.join("moto_server").exists() {
        run(&mut program("python3", &["-m", "venv", &folder.to_string_lossy()]))?;
        let install = ["install", "--quiet", "--disable-pip-version-check", PACKAGE];
        run(&mut program(tools.join("pip"), &install))?;
    }
    let tests = built_tests()?;
    let address = free_address()?;
    let port = address.port().to_string();
    let server = program(tools.join("moto_server"), &["-H", "127.0.0.1", "-p", &port])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut server = Server(server.map_err(|e| TaskError(format!("moto: {e}")))?);
    server.wait(address)?;
    let endpoint = format!("http://{address}");
    run(program(&tests, &["rotation", "--nocapture"]).env("LATCHGATE_TEST_SECRETS_ENDPOINT", endpoint))
}

/// A port that nobody has right now.
fn free_address() -> Result<SocketAddr, TaskError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map_err(|e| TaskError(format!("no port to be had: {e}")))
}

struct Server(Child);

impl Server {
    fn wait(&mut self, address: SocketAddr) -> Result<(), TaskError> {
        for _ in 0..PATIENCE {
            if TcpStream::connect(address).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.0.try_wait() {
                return Err(TaskError(format!("moto ended: {status}")));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(TaskError("moto did not start to listen".to_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
