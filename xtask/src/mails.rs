//! Runs the mails against parts of others: an SMTP server, two emulators of SES, and the streams of DynamoDB Local.

use std::{fs, path::Path};

use crate::{
    dynamodb_local, moto, packages,
    server::{LocalServer, PortServer, free_address},
    shell::{TaskError, built_tests, program, root, run},
};

/// The script that is the SMTP server and its user.
const SCRIPT: &str = "xtask/mails/smtp.mjs";
/// A sender whose name isn't ASCII, and the address that gets the answers.
const FROM: &str = "Cửa hàng <shop@example.com>";
const REPLY_TO: &str = "MailReplyTo=help@example.com";
/// The tests whose SES or stream can be another's.
const TESTS_OF_SES: &str = "accounts::ses::";
const TESTS_OF_THE_STREAM: &str = "accounts::stream::";

/// Runs all of it.
pub(crate) fn run_all() -> Result<(), TaskError> {
    let folder = packages::npm("mails")?;
    let emulator = dynamodb_local::installed()?;
    moto::installed()?;
    println!("by SMTP, to smtp-server and mailparser:");
    send_by_smtp(&folder)?;
    let tests = built_tests("latchgate")?;
    println!("by SES, to aws-ses-v2-local and moto:");
    send_by_ses(&folder, &tests)?;
    println!("by the stream of DynamoDB Local:");
    dynamodb_local::run_apart(&["mails-inside", &emulator.to_string_lossy(), &tests])
}

/// Signs users up at the local server, whose mails go to the script.
fn send_by_smtp(folder: &Path) -> Result<(), TaskError> {
    // Node looks for modules from the script's folder.
    let script = folder.join("smtp.mjs");
    fs::copy(root().join(SCRIPT), &script).map_err(|e| TaskError(format!("{SCRIPT}: {e}")))?;
    let address = free_address()?;
    let smtp = address.to_string();
    let server = LocalServer::start(&["--smtp", &smtp, "--mail-from", FROM, "--parameter", REPLY_TO])?;
    run(program("node", &[&script.to_string_lossy()])
        .env("LATCHGATE_URL", server.said("url")?)
        .env("LATCHGATE_SMTP_PORT", address.port().to_string()))
}

/// Runs the tests of SES with these two in its place: the first keeps whole mails, and the second refuses senders that
/// aren't verified.
fn send_by_ses(folder: &Path, tests: &str) -> Result<(), TaskError> {
    let (keeping, strict) = (free_address()?, free_address()?);
    let program_of_npm = folder.join("node_modules/aws-ses-v2-local/dist/cli.js");
    let (host, port) = (keeping.ip().to_string(), keeping.port().to_string());
    let arguments = [&*program_of_npm.to_string_lossy(), "--host", &host, "--port", &port];
    let _keeping = PortServer::start(&mut program("node", &arguments), keeping)?;
    let _strict = moto::start(strict)?;
    run(program(tests, &[TESTS_OF_SES])
        .env("LATCHGATE_TEST_SES_ENDPOINT", format!("http://{keeping}"))
        .env("LATCHGATE_TEST_STRICT_SES_ENDPOINT", format!("http://{strict}")))
}

/// Runs inside the namespace: starts DynamoDB Local, and runs the tests of the stream.
pub(crate) fn run_inside(emulator: &str, tests: &str) -> Result<(), TaskError> {
    let _server = dynamodb_local::start_apart(emulator)?;
    let endpoint = dynamodb_local::endpoint();
    run(program(tests, &[TESTS_OF_THE_STREAM]).env("LATCHGATE_TEST_ENDPOINT", endpoint))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A filter that matches no test would show nothing.
    #[test]
    fn the_tests_that_are_run_exist() {
        for tests in [TESTS_OF_SES, TESTS_OF_THE_STREAM] {
            let path = format!("tests/{}.rs", tests.trim_end_matches("::").replace("::", "/"));
            let text = fs::read_to_string(root().join(&path)).unwrap();
            assert!(text.contains("#[tokio::test]"), "{path}");
        }
    }
}
