//! Everything that decides whether a change lands, in order, with the time each step took.

use std::time::Duration;

use crate::{
    deny, dynamodb_local, http_api, links, moto, readme, sam, seeded_bugs,
    shell::{TaskError, cargo, run},
    spelling, verifiers, wycheproof,
};

type Step = (&'static str, fn() -> Result<(), TaskError>);

/// The quick ones first: what fails should fail soon.
const STEPS: [Step; 15] = [
    ("formatting", || run(&mut cargo(&["fmt", "--all", "--check"]))),
    ("clippy", || {
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
    }),
    ("spelling", spelling::check),
    ("links of the pages", links::check),
    ("seeded bugs: all apply", seeded_bugs::check),
    ("tests (cargo test --workspace)", || run(&mut cargo(&["test", "--workspace", "--locked"]))),
    ("tests behind an HTTP API", http_api::run_tests_of_the_gateway),
    ("documentation", || {
        run(cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
            .env("RUSTDOCFLAGS", "--deny warnings"))
    }),
    ("the commands of the README and the guide", readme::run_commands),
    ("templates (sam validate, translation, lint, checkov)", sam::check_templates),
    ("key rotation on moto", moto::run_tests),
    ("tokens in npm's and PyPI's libraries", verifiers::run_all),
    ("tests on DynamoDB Local", dynamodb_local::run_tests_of_the_engine),
    ("Wycheproof's vectors", wycheproof::run_if_there),
    ("dependencies (cargo deny)", deny::run_checks),
];

pub(crate) fn run_all() -> Result<(), TaskError> {
    let mut times = Vec::new();
    for (name, step) in STEPS {
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

#[expect(clippy::disallowed_methods, reason = "how long a step takes is all that is asked here")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
