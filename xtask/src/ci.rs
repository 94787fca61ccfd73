//! Everything that decides whether a change lands, in order, with the time each step took.

use std::time::Duration;

use crate::{
    deny, dynamodb_local, fuzz, http_api, model, moto, readme, sam, seeded_bugs,
    shell::{TaskError, cargo, run},
    verifiers, wycheproof,
};

type Step = (&'static str, fn() -> Result<(), TaskError>);

/// Whether they still run and find nothing at once; `cargo xtask fuzz` is for finding.
const FUZZING_SECONDS: &str = "5";

/// The quick ones first: what fails should fail soon.
const STEPS: [Step; 16] = [
    ("formatting", || run(&mut cargo(&["fmt", "--all", "--check"]))),
    ("clippy", || {
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
    }),
    ("seeded bugs: all apply", seeded_bugs::check),
    ("tests (cargo test --workspace)", || run(&mut cargo(&["test", "--workspace", "--locked"]))),
    ("tests behind an HTTP API", http_api::run_tests_of_the_gateway),
    ("documentation", || {
        run(cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
            .env("RUSTDOCFLAGS", "--deny warnings"))
    }),
    ("the README's commands", readme::run_commands),
    ("templates (sam validate, translation, lint, checkov)", sam::check_templates),
    ("key rotation on moto", moto::run_tests),
    ("tokens in npm's and PyPI's libraries", verifiers::run_all),
    ("tests on DynamoDB Local", dynamodb_local::run_tests_of_the_engine),
    ("functions, built by SAM with less optimisation (sam build, emulator)", || {
        sam::check_functions(sam::Optimisation::Quick)
    }),
    ("the model, within its larger bounds", model::run_all),
    ("Wycheproof's vectors", wycheproof::run_if_there),
    ("fuzzers, a few seconds each", || fuzz::run_all(FUZZING_SECONDS, None)),
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
