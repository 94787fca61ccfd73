//! The README's commands, pasted in order.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use serde_json::Value;

use crate::shell::{TaskError, cargo, output, program, root, run};

/// What the commands of "The API" have to show, and how often.
const EXPECTED: [(&str, usize); 7] = [
    ("\"token_type\":\"bearer\"", 4),
    ("\"device_name\":\"Laptop\"", 1),
    ("HTTP/1.1 200 OK", 1),
    ("HTTP/1.1 401 Unauthorized", 1),
    ("HTTP/1.1 204 No Content", 1),
    ("\"error\":\"invalid_token\"", 1),
    ("\"error\":", 1),
];

pub(crate) fn run_commands() -> Result<(), TaskError> {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).map_err(|e| TaskError(format!("{}: {e}", path.display())))?;
    let section = readme.split("\n## ").find(|section| section.starts_with("The API"));
    let section = section.ok_or_else(|| TaskError("the README has no section on the API".to_owned()))?;
    let blocks = section.split("```sh\n").skip(1).filter_map(|block| block.split("\n```").next());
    let script = blocks.collect::<Vec<_>>().join("\n");

    let server = Server::start()?;
    let script = script.replace("http://127.0.0.1:8787", &server.url);
    let printed = output(&mut program("bash", &["-euc", &script]))?;
    for (text, expected) in EXPECTED {
        let found = printed.matches(text).count();
        if found != expected {
            return Err(TaskError(format!(
                "the README's commands show {text} {found} times, not {expected}"
            )));
        }
    }
    println!("the README's commands work as pasted");
    Ok(())
}

/// `cargo run`, on a port of its own.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Result<Self, TaskError> {
        run(&mut cargo(&["build", "--quiet"]))?;
        let mut command = cargo(&["run", "--quiet", "--", "--port", "0", "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).env_remove("AWS_ENDPOINT_URL_DYNAMODB");
        let mut child = command.spawn().map_err(|e| TaskError(format!("cargo run: {e}")))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.as_mut() {
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map_err(|e| TaskError(format!("cargo run: {e}")))?;
        }
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        let url = line["url"].as_str().unwrap_or_default().to_owned();
        let server = Self { child, url };
        if server.url.is_empty() { Err(TaskError("cargo run served nothing".to_owned())) } else { Ok(server) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
