//! The rounds of tests for a mutant, quickest first. A noticed mutant skips the remaining rounds.

use std::time::Duration;

use crate::{
    proofs,
    shell::{TaskError, now, run},
    tree::Tree,
};

/// Some tests of a package.
pub(super) struct Round {
    pub(super) name: &'static str,
    /// The package of the tests. Empty for the mutant's own.
    package: &'static str,
    /// The option of `cargo test` that selects the binary.
    binary: &'static str,
    /// Arguments of the binary: parts of test names, or options.
    filters: &'static [&'static str],
    /// The round applies to mutants below these folders.
    below: &'static [&'static str],
}

pub(super) const ROUNDS: [Round; 6] = [
    Round { name: "tests beside the code", package: "", binary: "--lib", filters: &[TIMED], below: ANYWHERE },
    Round {
        name: "the command line's tests",
        package: "admin",
        binary: "--test=cli",
        filters: &[],
        below: &["admin/"],
    },
    Round {
        name: "the integration tests of accounts by mail",
        package: "tests",
        binary: "--test=latchgate",
        filters: &["accounts::"],
        below: &["functions/accounts/", "functions/mailer/", "mails/"],
    },
    Round {
        name: "the integration tests of sign-in by OAuth",
        package: "tests",
        binary: "--test=latchgate",
        filters: &["client_documents::", "metadata_documents::", "oauth::", "pages::"],
        below: &["functions/authorize/", "functions/metadata/", "functions/token/", "functions/userinfo/"],
    },
    Round {
        name: "the integration tests that look closest at the rest",
        package: "tests",
        binary: "--test=latchgate",
        filters: &CLOSEST,
        below: &[
            "admin/",
            "functions/authorizer/",
            "functions/keys/",
            "functions/login/",
            "functions/logout/",
            "functions/password/",
            "functions/refresh/",
            "functions/sessions/",
            "passwords/",
            "shared/",
        ],
    },
    Round {
        name: "all integration tests",
        package: "tests",
        binary: "--test=latchgate",
        filters: &[],
        below: ANYWHERE,
    },
];

/// Every path begins with it.
const ANYWHERE: &[&str] = &[""];

/// Skips the test that compares durations: on a busy machine it fails, and would seem to notice any mutant.
const TIMED: &str = "--skip=takes_about_as_long";

/// The modules of the integration tests about tokens, sessions, keys and what operators do to them.
const CLOSEST: [&str; 32] = [
    "access_tokens::",
    "admin_keys::",
    "admin_tokens::",
    "audit::",
    "authorizer_events::",
    "authorizer_policy::",
    "claims::",
    "client_authentication::",
    "costs::",
    "decisions::",
    "faults::",
    "forged_signatures::",
    "forgeries::",
    "guesses::",
    "key_rotation::",
    "keysets::",
    "login_flow::",
    "logout_flow::",
    "logs::",
    "metadata_documents::",
    "metrics::",
    "password_change::",
    "password_expired::",
    "refresh_flow::",
    "request_bodies::",
    "revocation_modes::",
    "scope_rules::",
    "sessions_flow::",
    "spellings::",
    "start::",
    "threats::",
    "time_bounds::",
];

/// How many times as long the tests may take with a mutant as without one, on a machine that other programs use too. The first round
/// has the same bounds from `proofs/mutants.toml`.
const SLOWER: u32 = 6;
/// The least that this comes to.
const LEAST: Duration = Duration::from_secs(120);

impl Round {
    /// Whether the round applies to mutants of this file.
    pub(super) fn is_about(&self, file: &str) -> bool {
        self.below.iter().any(|folder| file.starts_with(folder))
    }

    /// The arguments for cargo-mutants. `limit` is how long the tests may take with a mutant; without one, cargo-mutants measures
    /// them first.
    pub(super) fn arguments(&self, limit: Option<Duration>) -> Vec<String> {
        let mut arguments = vec![format!("--cargo-arg={}", self.binary)];
        if let Some(limit) = limit {
            // There is no baseline, because cargo-mutants would use the wrong package. `test` does this instead.
            arguments.extend(["--iterate", "--baseline=skip"].map(str::to_owned));
            arguments.push(format!("--test-package={}", self.package));
            arguments.push(format!("--timeout={}", limit.as_secs()));
        }
        arguments.push("--".to_owned());
        arguments.extend(self.of_the_binary());
        arguments
    }

    /// Runs the round without a mutant, and returns how long it may take with one. Failing tests, arguments that `cargo test`
    /// rejects, or too short a time would seem to notice any mutant.
    pub(super) fn test(&self, tree: &Tree) -> Result<Duration, TaskError> {
        let tests = ["test", "--quiet", "--locked", "--package", self.package, self.binary];
        let command = || {
            let mut command = tree.cargo(&tests);
            proofs::in_full(&mut command);
            command
        };
        run(command().arg("--no-run"))?;
        let started = now();
        run(command().args(self.of_the_binary()))?;
        Ok((SLOWER * started.elapsed()).max(LEAST))
    }

    /// The arguments that `cargo test` passes to the binary.
    fn of_the_binary(&self) -> Vec<String> {
        std::iter::once(&"--").chain(self.filters).map(|argument| (*argument).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::selection, *};
    use crate::shell::root;

    /// `cargo test` itself accepts one filter and fails with more, which cargo-mutants would count as a noticed mutant.
    #[test]
    fn filters_are_arguments_of_the_binary() {
        for round in ROUNDS {
            let arguments = round.arguments(Some(LEAST));
            let dashes = arguments.iter().position(|argument| argument == "--").unwrap();
            assert_eq!(arguments[dashes + 1], "--");
            assert_eq!(&arguments[dashes + 2..], round.filters, "{}", round.name);
        }
    }

    #[test]
    fn every_filter_is_a_module_of_the_integration_tests() {
        let main = std::fs::read_to_string(root().join("tests/main.rs")).unwrap();
        let filters = ROUNDS.iter().filter(|round| round.package == "tests").flat_map(|round| round.filters);
        for filter in filters {
            let module = format!("mod {};", filter.trim_end_matches("::"));
            assert!(main.lines().any(|line| line == module), "{module}");
        }
    }

    #[test]
    fn every_mutant_has_a_round_of_the_integration_tests_closest_to_it() {
        for folder in selection::EXAMINED {
            let folders = match folder.strip_prefix("functions/*/") {
                Some(_) => std::fs::read_dir(root().join("functions"))
                    .unwrap()
                    .map(|function| {
                        format!("functions/{}/src/lib.rs", function.unwrap().file_name().display())
                    })
                    .collect(),
                None => vec![folder.to_owned()],
            };
            for file in folders {
                let is_closest = |round: &&Round| round.package == "tests" && !round.filters.is_empty();
                let rounds = ROUNDS.iter().filter(is_closest).filter(|round| round.is_about(&file)).count();
                assert_eq!(rounds, 1, "{file}");
            }
        }
    }
}
