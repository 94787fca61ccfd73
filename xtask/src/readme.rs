//! The README's commands, pasted in order.

use crate::{
    server::LocalServer,
    shell::{TaskError, output, program, root},
};

/// What the commands of "The API" have to show, and how often.
const EXPECTED: [(&str, usize); 7] = [
    ("\"token_type\":\"bearer\"", 5),
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

    let server = LocalServer::start(&[])?;
    let script = script.replace("http://127.0.0.1:8787", server.said("url")?);
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
