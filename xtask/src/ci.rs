//! CI has two parts: a quick one, which needs no root and takes minutes, and the rest. Both must pass before a change
//! lands.

use std::time::Duration;

use crate::{
    book, browser, client_library, deny, dynamodb_local, http_api, links, lint, moto, openapi, readme,
    sam::{self, Build},
    sam_local::{self, Part},
    seeded_bugs,
    shell::{TaskError, cargo, now, run},
    verifiers, words, wycheproof,
};

type Step = (&'static str, fn() -> Result<(), TaskError>);

/// Starts with the steps that build nothing.
const QUICK: [Step; 9] = [
    ("formatting", || run(&mut cargo(&["fmt", "--all", "--check"]))),
    ("seeded bugs: all apply", seeded_bugs::check),
    ("spelling", lint::check_spelling),
    ("workflows and scripts", lint::check_workflows),
    ("links of the pages", links::check),
    ("words of the pages and the doc comments", words::check),
    ("clippy", || {
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
    }),
    ("tests beside the code", || run(&mut cargo(&["test", "--workspace", "--lib", "--bins", "--locked"]))),
    ("documentation", || {
        run(cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
            .env("RUSTDOCFLAGS", "--deny warnings"))
    }),
];

/// Starts with the quickest step.
const REST: [Step; 14] = [
    ("tests (cargo test --workspace)", || run(&mut cargo(&["test", "--workspace", "--locked"]))),
    ("the book and its links", book::build),
    ("tests behind an HTTP API", http_api::run_tests_of_the_gateway),
    ("the commands of the README and the guide", readme::run_commands),
    ("the pages in a browser", browser::run_all),
    ("the client library: build, size and types", client_library::check),
    ("templates (sam validate, translation, values, lint, checkov)", sam::check_templates),
    ("key rotation on moto", moto::run_tests),
    ("tokens in npm's and PyPI's libraries", verifiers::run_all),
    ("openapi.yaml in a linter, in types and under schemathesis", openapi::run_all),
    ("tests on DynamoDB Local", dynamodb_local::run_tests_of_the_engine),
    ("Wycheproof's vectors", wycheproof::run_if_there),
    ("dependencies (cargo deny)", deny::run_checks),
    ("the stack under sam local", || sam_local::run(Build::Quick, &Part::ALL)),
];

/// Runs both parts.
pub(crate) fn run_all() -> Result<(), TaskError> {
    run_steps(&[&QUICK[..], &REST].concat())
}

/// Runs the formatter, the lints, the unit tests and the documentation build.
pub(crate) fn run_quick() -> Result<(), TaskError> {
    run_steps(&QUICK)
}

/// Runs everything that the quick part omits.
pub(crate) fn run_rest() -> Result<(), TaskError> {
    run_steps(&REST)
}

/// Runs all steps in order, even if some fail, so that one run names everything that is wrong. Prints the
/// time of each.
fn run_steps(steps: &[Step]) -> Result<(), TaskError> {
    let mut times = Vec::new();
    let mut failures = Vec::new();
    for (name, step) in steps {
        println!("\n=== {name}");
        let started = now();
        if let Err(error) = step() {
            println!("\n{name}: {error}");
            failures.push(format!("{name}: {error}"));
        }
        times.push((name, started.elapsed()));
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("\n=== times");
    for (name, time) in &times {
        println!("{:>6} s  {name}", time.as_secs());
    }
    println!("{:>6} s  in all", total.as_secs());
    if failures.is_empty() {
        Ok(())
    } else {
        Err(TaskError(format!("these steps failed:\n{}", failures.join("\n"))))
    }
}
