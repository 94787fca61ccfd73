//! Checks `openapi.yaml` with other tools: a linter, types for TypeScript, a documentation page, and schemathesis. The
//! last sends allowed and forbidden requests to `cargo run`, and checks the answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    packages,
    server::LocalServer,
    shell::{TaskError, hold, program, root, run},
};

const DOCUMENT: &str = "openapi.yaml";
/// An issuer with a path, as in the document's example of `issuer_path`.
const ISSUER: &str = "Issuer=https://login.example.com/tenants";
/// A resource without a path at the issuer's origin, and the document's example of `resource`.
const RESOURCES: &str =
    "ProtectedResources=https://login.example.com; https://notes.example.com notes:read notes:write [Notes]";
/// The two runs for each kind of API: all operations, and then the chains that begin with a login. In the first run,
/// schemathesis assumes that these can't succeed.
const RUNS: [&[&str]; 2] = [&[], &["--phases", "stateful", "--include-tag", "Sessions"]];

/// A kind of API, and schemathesis' options for it.
type Api = (&'static str, &'static [&'static str]);
const REST: Api = ("rest", &[]);
/// An HTTP API answers preflights itself.
const HTTP: Api = ("http", &["--exclude-method", "OPTIONS"]);

/// Runs all checks.
pub(crate) fn run_all() -> Result<(), TaskError> {
    check(&[REST, HTTP])
}

/// Runs all checks, with the requests to a REST API alone. Every change runs the tests that depend on the gateway behind an HTTP API
/// (`http_api`).
pub(crate) fn run_for_a_change() -> Result<(), TaskError> {
    check(&[REST])
}

fn check(apis: &[Api]) -> Result<(), TaskError> {
    lint()?;
    types()?;
    page()?;
    fuzz(apis)
}

/// Checks Redocly's rules.
fn lint() -> Result<(), TaskError> {
    let config = root().join("xtask/openapi/redocly.yaml");
    run(redocly()?.args(["lint", DOCUMENT, "--config"]).arg(config))
}

/// Generates types with openapi-typescript, and compiles them.
fn types() -> Result<(), TaskError> {
    let (tools, types) = (packages::npm("lint")?.join("node_modules/.bin"), output_folder()?.join("api.ts"));
    run(program(tools.join("openapi-typescript"), &[DOCUMENT, "--output"]).arg(&types))?;
    run(program(tools.join("tsc"), &["--noEmit", "--strict"]).arg(types))
}

/// Generates a page for readers.
pub(crate) fn page() -> Result<(), TaskError> {
    let page = output_folder()?.join("index.html");
    page_at(&page)?;
    println!("the page is {}", page.display());
    Ok(())
}

/// Writes the page for people to this file.
pub(crate) fn page_at(file: &Path) -> Result<(), TaskError> {
    run(redocly()?.args(["build-docs", DOCUMENT, "--output"]).arg(file))
}

/// Redocly's program, without telemetry.
fn redocly() -> Result<Command, TaskError> {
    let mut redocly = program(packages::npm("lint")?.join("node_modules/.bin/redocly"), &[]);
    redocly.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    Ok(redocly)
}

/// The folder of the generated files.
fn output_folder() -> Result<PathBuf, TaskError> {
    let folder = root().join("target/openapi");
    fs::create_dir_all(&folder).map_err(|e| TaskError(format!("{}: {e}", folder.display())))?;
    Ok(folder)
}

/// Runs schemathesis on these kinds of API.
fn fuzz(apis: &[Api]) -> Result<(), TaskError> {
    let (programs, folder) = (packages::python("openapi")?, output_folder()?);
    for (kind, left_out) in apis {
        let server = LocalServer::start(&["--api", kind, "--parameter", ISSUER, "--parameter", RESOURCES])?;
        let mut all = BTreeMap::new();
        for options in RUNS {
            let answers = folder.join("answers.json");
            remove(&answers)?;
            let mut schemathesis = program(programs.join("schemathesis"), &["--config-file"]);
            schemathesis.arg(root().join("xtask/openapi/schemathesis.toml"));
            schemathesis.arg("run").arg(root().join(DOCUMENT));
            schemathesis.args(["--url", server.said("url")?, "--no-color"]).args(options).args(*left_out);
            // schemathesis stores its state here.
            schemathesis.current_dir(&folder);
            schemathesis.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", root().join("xtask/openapi"));
            schemathesis.env("PYTHONDONTWRITEBYTECODE", "1").env("LATCHGATE_ANSWERS", &answers);
            schemathesis.env("LATCHGATE_URL", server.said("url")?);
            schemathesis.env("LATCHGATE_CLIENT_ID", server.said("public_client_id")?);
            schemathesis.env("LATCHGATE_USERNAME", server.said("username")?);
            schemathesis.env("LATCHGATE_PASSWORD", server.said("password")?);
            run(&mut schemathesis)?;
            all.append(&mut successes(&answers)?);
        }
        println!("carried out behind a {kind} API:");
        for operation in operations(left_out.is_empty())? {
            let claim = format!("{operation} {}", all.get(&operation).copied().unwrap_or_default());
            hold(&claim, all.contains_key(&operation), &Value::Null)?;
        }
    }
    Ok(())
}

/// Removes an earlier run's file, so that the next run doesn't read it.
fn remove(file: &Path) -> Result<(), TaskError> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(TaskError(format!("{}: {e}", file.display()))),
        _ => Ok(()),
    }
}

/// The number of successes of each operation.
fn successes(answers: &Path) -> Result<BTreeMap<String, u64>, TaskError> {
    let text = fs::read_to_string(answers).map_err(|e| TaskError(format!("{}: {e}", answers.display())))?;
    let counts: BTreeMap<String, u64> =
        serde_json::from_str(&text).map_err(|e| TaskError(format!("{}: {e}", answers.display())))?;
    let successes = counts.into_iter().filter_map(|(answer, count)| {
        let (operation, status) = answer.split_once(' ')?;
        // A page's form ends in a redirect.
        (status.starts_with('2') || status == "303").then(|| (operation.to_owned(), count))
    });
    let mut all = BTreeMap::new();
    for (operation, count) in successes {
        *all.entry(operation).or_default() += count;
    }
    Ok(all)
}

/// The document's operations, without preflights if the API has no routes for them.
fn operations(has_preflights: bool) -> Result<BTreeSet<String>, TaskError> {
    let names = operations_of(include_str!("../../openapi.yaml"))?;
    Ok(names.into_iter().filter(|name| has_preflights || !name.starts_with("preflight")).collect())
}

/// The `operationId` of each operation. A missing one is an error, because its answers would go unchecked.
fn operations_of(document: &str) -> Result<BTreeSet<String>, TaskError> {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let document: Value =
        serde_yaml_ng::from_str(document).map_err(|e| TaskError(format!("{DOCUMENT}: {e}")))?;
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) {
                let name = operation["operationId"].as_str();
                let name = name.ok_or_else(|| TaskError(format!("{method} {path} has no operationId")))?;
                names.insert(name.to_owned());
            }
        }
    }
    if names.is_empty() { Err(TaskError(format!("{DOCUMENT} has no operations"))) } else { Ok(names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_in_every_style_of_yaml() {
        let all = operations(true).unwrap();
        let lines = include_str!("../../openapi.yaml").matches("operationId: preflight").count();
        assert_eq!(all.iter().filter(|name| name.starts_with("preflight")).count(), lines);
        assert!(all.contains("logIn") && operations(false).unwrap().len() == all.len() - lines);
        let written = r#"{paths: {/a: {"get": {"operationId": "one"}, parameters: []}, /b: {post: {operationId: two}}}}"#;
        assert_eq!(operations_of(written).unwrap(), BTreeSet::from(["one", "two"].map(str::to_owned)));
        for bad in ["{}", "paths: {}", "paths: {/a: {get: {}}}", "paths: ["] {
            assert!(operations_of(bad).is_err(), "{bad}");
        }
    }
}
