//! The nightly tasks, which take from minutes to hours and look for rare problems.
//!
//! proofs/README.md explains why each doesn't run for every change. `.github/workflows/nightly.yml` runs each as a job.

use crate::{
    bench, browser, client_library, dynamodb_local, fuzz, mails, mcp, mutants, openapi, proofs, release,
    sam::{self, Build},
    sam_local::{self, Part},
    seeded_bugs::{self, Reach},
    shell::{TaskError, now},
    stock_clients,
};

type Task = (&'static str, fn() -> Result<(), TaskError>);

/// Each task by its command line, without `cargo xtask`.
const TASKS: [Task; 17] = [
    ("model", proofs::run_model),
    ("races", || proofs::run_races(proofs::ROUNDS, proofs::SEED)),
    ("long-tests", proofs::run_long_tests),
    ("dynamodb-local", dynamodb_local::run_tests),
    ("fuzz 600", || fuzz::run_all("600", None)),
    ("mutants", || mutants::run(&mutants::Selection::default())),
    ("seeded-bugs --named", || seeded_bugs::run(&[], Reach::Named)),
    ("browser", browser::run_all),
    ("openapi", openapi::run_all),
    ("client-library", client_library::run_all),
    ("stock-clients", stock_clients::run_all),
    ("mcp", mcp::run_all),
    ("mails", mails::run_all),
    ("sam functions", sam::check_functions),
    ("sam-local --release", || sam_local::run(Build::Release, &Part::ALL)),
    ("programs", release::build_programs_of_this_machine),
    ("bench", bench::run_all),
];

/// Runs all tasks, even after one fails.
pub(crate) fn run_all() -> Result<(), TaskError> {
    let mut failed = Vec::new();
    for (name, task) in TASKS {
        println!("\n=== {name}");
        let started = now();
        if let Err(error) = task() {
            eprintln!("xtask: {name}: {error}");
            failed.push(name);
        }
        println!("{name}: {} s", started.elapsed().as_secs());
    }
    if failed.is_empty() { Ok(()) } else { Err(TaskError(format!("failed: {}", failed.join(", ")))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::root;

    fn file(path: &str) -> String {
        std::fs::read_to_string(root().join(path)).unwrap()
    }

    #[test]
    fn the_table_and_the_workflow_have_every_task() {
        let (table, workflow) = (file("proofs/README.md"), file(".github/workflows/nightly.yml"));
        for (name, _) in TASKS {
            assert!(table.contains(&format!("| `{name}` | nightly |")), "{name} in proofs/README.md");
            // The mutants run in shares.
            let job = if name == "mutants" { "mutants --shard ".to_owned() } else { format!("- {name}\n") };
            assert!(workflow.contains(&job), "{name} in nightly.yml");
        }
    }

    #[test]
    fn actions_are_pinned_by_commit() {
        for entry in std::fs::read_dir(root().join(".github/workflows")).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines().filter(|line| line.contains("uses: ")) {
                let (_, action) = line.split_once('@').unwrap();
                let (commit, version) = action.split_once(" # v").unwrap_or_else(|| panic!("{line}"));
                assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
                assert_eq!(version.split('.').count(), 3, "{line}");
            }
        }
    }
}
