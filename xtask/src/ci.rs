//! CI: the quick part, which needs no root and takes minutes, and the rest; both decide whether a change lands.

use std::time::Duration;

use crate::{
    browser, deny, dynamodb_local, http_api, links, moto, openapi, readme,
    sam::{self, Build},
    sam_local::{self, Part},
    seeded_bugs,
    shell::{TaskError, cargo, now, run},
    spelling, verifiers, wycheproof,
};

type Step = (&'static str, fn() -> Result<(), TaskError>);

/// The most likely to fail first.
const QUICK: [Step; 7] = [
    ("formatting", || run(&mut cargo(&["fmt", "--all", "--check"]))),
    ("seeded bugs: all apply", seeded_bugs::check),
    ("clippy", || {
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
    }),
    ("tests beside the code", || run(&mut cargo(&["test", "--workspace", "--lib", "--bins", "--locked"]))),
    ("spelling", spelling::check),
    ("links of the pages", links::check),
    ("documentation", || {
        run(cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
            .env("RUSTDOCFLAGS", "--deny warnings"))
    }),
];

/// The quickest first.
const REST: [Step; 12] = [
    ("tests (cargo test --workspace)", || run(&mut cargo(&["test", "--workspace", "--locked"]))),
    ("tests behind an HTTP API", http_api::run_tests_of_the_gateway),
    ("the commands of the README and the guide", readme::run_commands),
    ("the local server's page in a browser", browser::run_all),
    ("templates (sam validate, translation, lint, checkov)", sam::check_templates),
    ("key rotation on moto", moto::run_tests),
    ("tokens in npm's and PyPI's libraries", verifiers::run_all),
    ("openapi.yaml in a linter, in types and under schemathesis", openapi::run_all),
    ("tests on DynamoDB Local", dynamodb_local::run_tests_of_the_engine),
    ("Wycheproof's vectors", wycheproof::run_if_there),
    ("dependencies (cargo deny)", deny::run_checks),
    ("the stack under sam local", || sam_local::run(Build::Quick, &Part::ALL)),
];

/// Both parts.
pub(crate) fn run_all() -> Result<(), TaskError> {
    run_steps(&[&QUICK[..], &REST].concat())
}

/// Format, lints, the tests beside the code, and documentation.
pub(crate) fn run_quick() -> Result<(), TaskError> {
    run_steps(&QUICK)
}

/// All that the quick part leaves out.
pub(crate) fn run_rest() -> Result<(), TaskError> {
    run_steps(&REST)
}

/// Runs the steps in order, up to the first that fails, and prints the time that each took.
fn run_steps(steps: &[Step]) -> Result<(), TaskError> {
    let mut times = Vec::new();
    for (name, step) in steps {
        println!("\n=== {name}");
        let started = now();
        step()?;
        times.push((name, started.elapsed()));
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("\n=== times");
    for (name, time) in &times {
        println!("{:>6} s  {name}", time.as_secs());
    }
    println!("{:>6} s  in all", total.as_secs());
    if let Some((name, time)) = times.iter().max_by_key(|(_, time)| time) {
        println!("\nlongest: {name}, {} s", time.as_secs());
    }
    Ok(())
}
