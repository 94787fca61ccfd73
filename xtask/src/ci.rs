//! CI has two parts: a quick one, which needs no root and takes minutes, and the rest. Both must pass before a change
//! lands.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    book, browser, dynamodb_local, http_api, links, lint, readme,
    sam::Build,
    sam_local::{self, Part},
    seeded_bugs,
    shell::{TaskError, cargo, now, program, run, run_quietly},
    verifiers, words, wycheproof,
};

type Step = (&'static str, fn() -> Result<(), TaskError>);

/// The tests beside the code. `cargo test --workspace` has them too.
const UNIT_TESTS: Step =
    ("tests beside the code", || run(&mut cargo(&["test", "--workspace", "--lib", "--bins", "--locked"])));

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
    UNIT_TESTS,
    ("documentation", || {
        run(cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
            .env("RUSTDOCFLAGS", "--deny warnings"))
    }),
];

/// The steps that run alone: the tests build what later steps use, and the pages' scripts wait for seconds only.
const TESTS: [Step; 2] = [
    ("tests (cargo test --workspace)", || run(&mut cargo(&["test", "--workspace", "--locked"]))),
    ("the pages in a browser", browser::run_for_a_change),
];

/// Starts with the quickest step.
const AFTER_TESTS: [Step; 7] = [
    ("the book and its links", book::build),
    ("tests behind an HTTP API", http_api::run_tests_of_the_gateway),
    ("the commands of the README and the guide", readme::run_commands),
    ("tokens in npm's and PyPI's libraries", verifiers::run_all),
    ("tests on DynamoDB Local", dynamodb_local::run_tests_of_the_engine),
    ("Wycheproof's vectors", wycheproof::run_if_there),
    ("the stack under sam local", || sam_local::run(Build::Quick, &Part::ALL)),
];

/// Tasks that each keep one processor busy, by their command lines. They run one after the other, beside
/// [`AFTER_TESTS`]. None of them installs a package of Debian, whose installer runs only once at a time.
const BESIDE: [(&str, &[&str]); 5] = [
    ("the client library: build, size and types", &["client-library", "check"]),
    ("dependencies (cargo deny)", &["deny"]),
    ("key rotation on moto", &["moto"]),
    ("templates (sam validate, translation, values, lint, checkov)", &["sam", "templates"]),
    ("openapi.yaml in a linter, in types and under schemathesis", &["openapi", "change"]),
];

/// Runs both parts, and the unit tests once.
pub(crate) fn run_all() -> Result<(), TaskError> {
    let mut report = Report::default();
    report.run(QUICK.iter().filter(|(name, _)| *name != UNIT_TESTS.0));
    report.run_rest();
    report.end()
}

/// Runs the formatter, the lints, the unit tests and the documentation build.
pub(crate) fn run_quick() -> Result<(), TaskError> {
    let mut report = Report::default();
    report.run(&QUICK);
    report.end()
}

/// Runs everything that the quick part omits.
pub(crate) fn run_rest() -> Result<(), TaskError> {
    let mut report = Report::default();
    report.run_rest();
    report.end()
}

/// The outcome of a step.
struct Outcome {
    name: &'static str,
    time: Duration,
    result: Result<(), TaskError>,
}

/// The outcomes of the steps. All run, even if some fail, so that one run names everything that is wrong.
struct Report {
    started: Instant,
    outcomes: Vec<Outcome>,
}

impl Default for Report {
    fn default() -> Self {
        Self { started: now(), outcomes: Vec::new() }
    }
}

impl Report {
    /// Runs steps in order.
    fn run<'a>(&mut self, steps: impl IntoIterator<Item = &'a Step>) {
        for (name, step) in steps {
            println!("\n=== {name}");
            let outcome = Outcome::of(name, step);
            if let Err(error) = &outcome.result {
                println!("\n{name}: {error}");
            }
            self.outcomes.push(outcome);
        }
    }

    /// Runs what the quick part omits. What the tasks beside it print comes at the end, so that no two outputs
    /// mix.
    fn run_rest(&mut self) {
        self.run(&TESTS);
        let beside = thread::spawn(|| BESIDE.map(|(name, task)| Outcome::of(name, &|| run_task(task))));
        self.run(&AFTER_TESTS);
        match beside.join() {
            Ok(outcomes) => {
                for Outcome { name, result, .. } in &outcomes {
                    let said = result.as_ref().err().map_or_else(|| "passed".to_owned(), ToString::to_string);
                    println!("\n=== {name}\n{said}");
                }
                self.outcomes.extend(outcomes);
            }
            Err(_) => self.outcomes.push(Outcome {
                name: "the tasks beside the others",
                time: Duration::ZERO,
                result: Err(TaskError("panicked".to_owned())),
            }),
        }
    }

    /// Prints the times, and returns what failed.
    fn end(self) -> Result<(), TaskError> {
        println!("\n=== times");
        for Outcome { name, time, .. } in &self.outcomes {
            println!("{:>6} s  {name}", time.as_secs());
        }
        println!("{:>6} s  in all", self.started.elapsed().as_secs());
        let failed = self.outcomes.into_iter().filter_map(|Outcome { name, result, .. }| {
            // The last line says it all again, without the output.
            result.err().map(|error| format!("{name}: {}", error.0.lines().next().unwrap_or_default()))
        });
        let failed: Vec<_> = failed.collect();
        if failed.is_empty() {
            Ok(())
        } else {
            Err(TaskError(format!("these steps failed:\n{}", failed.join("\n"))))
        }
    }
}

impl Outcome {
    fn of(name: &'static str, step: &dyn Fn() -> Result<(), TaskError>) -> Self {
        let started = now();
        let result = step();
        Self { name, time: started.elapsed(), result }
    }
}

/// Runs a task of this program in a process of its own, and returns what it printed only if it fails.
fn run_task(arguments: &[&str]) -> Result<(), TaskError> {
    let itself = std::env::current_exe().map_err(|e| TaskError(e.to_string()))?;
    run_quietly(&mut program(itself, arguments))
}
