//! The README's commands, pasted in order.

use crate::{
    server::LocalServer,
    shell::{TaskError, output, program, root},
};

/// The sections whose commands are pasted, one after the other.
const SECTIONS: [&str; 3] = ["The API", "Your first client and user", "Moving your users here"];

/// What the commands have to show, and how often.
const EXPECTED: [(&str, usize); 12] = [
    ("\"token_type\":\"bearer\"", 7),
    ("\"device_name\":\"Laptop\"", 1),
    ("HTTP/1.1 200 OK", 1),
    ("HTTP/1.1 401 Unauthorized", 1),
    ("HTTP/1.1 204 No Content", 1),
    ("\"error\":\"invalid_token\"", 1),
    ("\"error\":", 1),
    ("client_secret  lgs1_", 2),
    ("username  ada@example.com", 2),
    ("imported       3", 1),
    ("access tokens  ES256", 1),
    ("login, call, refresh, retry, logout, refused", 1),
];

pub(crate) fn run_commands() -> Result<(), TaskError> {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).map_err(|e| TaskError(format!("{}: {e}", path.display())))?;
    let mut script = String::new();
    for name in SECTIONS {
        let section = readme.split("\n## ").find(|section| section.starts_with(name));
        let section = section.ok_or_else(|| TaskError(format!("the README has no section \"{name}\"")))?;
        for block in section.split("```sh\n").skip(1).filter_map(|block| block.split("\n```").next()) {
            script.push_str(block);
            script.push('\n');
        }
    }

    let server = LocalServer::start(&[])?;
    let url = server.said("url")?;
    let port = url.rsplit(':').next().unwrap_or_default();
    let script =
        script.replace("http://127.0.0.1:8787", url).replace("--local ", &format!("--local={port} "));
    let log = root().join("target").join("readme-audit.jsonl");
    let mut bash = program("bash", &["-euc", &script]);
    // Not into the log of whoever runs this.
    let printed = output(bash.env("LATCHGATE_AUDIT_LOG", log))?;
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
