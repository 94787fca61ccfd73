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

pub(super) const ROUNDS: [Round; 10] = [
    Round { name: "tests beside the code", package: "", binary: "--lib", filters: &QUICK, below: ANYWHERE },
    Round {
        name: "the tests of passwords that take longer",
        package: "passwords",
        binary: "--lib",
        filters: &[TIMED],
        below: &["passwords/"],
    },
    Round {
        name: "the command line's tests",
        package: "admin",
        binary: "--test=cli",
        filters: &[],
        // No other test reads the variables of the process.
        below: &["admin/", "shared/src/environment.rs"],
    },
    Round::of_integration(
        "the integration tests of accounts by mail",
        &["accounts::"],
        &["functions/accounts/", "functions/mailer/", "mails/"],
    ),
    Round::of_integration(
        "the integration tests of sign-in by OAuth",
        &["client_documents::", "metadata_documents::", "oauth::", "pages::"],
        &["functions/authorize/", "functions/metadata/", "functions/token/", "functions/userinfo/"],
    ),
    Round::of_integration(
        "the integration tests of the authorizer",
        &[
            "authorizer_events::",
            "authorizer_policy::",
            "decisions::",
            "forged_signatures::",
            "forgeries::",
            "revocation_modes::",
            "scope_rules::",
            "spellings::",
        ],
        &["functions/authorizer/"],
    ),
    Round::of_integration(
        "the integration tests of keys",
        &["admin_keys::", "key_rotation::", "keysets::"],
        &["admin/src/keys/", "functions/keys/", "shared/src/keys/"],
    ),
    Round::of_integration(
        "the integration tests of sessions",
        &[
            "access_tokens::",
            "claims::",
            "client_authentication::",
            "login_flow::",
            "logout_flow::",
            "max_sessions::",
            "password_expired::",
            "refresh_flow::",
            "request_bodies::",
            "sessions_flow::",
        ],
        &[
            "functions/login/",
            "functions/logout/",
            "functions/password/",
            "functions/refresh/",
            "functions/sessions/",
            "passwords/",
            "shared/",
        ],
    ),
    Round::of_integration("the integration tests but for the slow ones", &NOT_SLOW, ANYWHERE),
    Round::of_integration("all integration tests", &[], ANYWHERE),
];

/// Every path begins with it.
const ANYWHERE: &[&str] = &[""];

/// Skips the test that compares durations: on a busy machine it fails, and would seem to notice any mutant.
const TIMED: &str = "--skip=takes_about_as_long";

/// Skips also the tests that take many seconds: hashes of other tools, and all of Unicode.
const QUICK: [&str; 4] = [
    TIMED,
    "--skip=the_hash_of_every_tool_verifies",
    "--skip=every_kind_of_hash_refuses",
    "--skip=every_character_is_normalised",
];

/// Stops the tests at the first failure. libtest takes an unstable option only with `RUSTC_BOOTSTRAP`. The runner sets it for the
/// tests alone: if the compiler had it, everything would be built again.
const FAIL_FAST: [&str; 2] = ["-Zunstable-options", "--fail-fast"];
const RUNNER: &str = "--config=target.'cfg(all())'.runner=['env', 'RUSTC_BOOTSTRAP=1']";

/// Skips the modules of the integration tests that take longest.
const NOT_SLOW: [&str; 21] = [
    "--skip=accounts::",
    "--skip=admin_binding::",
    "--skip=admin_doctor::",
    "--skip=fault_matrix::",
    "--skip=freeze::",
    "--skip=keys_at_once::",
    "--skip=keyset_secret::",
    "--skip=model::",
    "--skip=oauth::",
    "--skip=openapi::",
    "--skip=pages::",
    "--skip=password_overlaps::",
    "--skip=properties::",
    "--skip=races::",
    "--skip=rotation_load::",
    "--skip=scenarios::",
    "--skip=side_by_side::",
    "--skip=stored_items::",
    "--skip=template::",
    "--skip=upstream::",
    "--skip=workspace::",
];

/// How many times as long the tests may take with a mutant as without one, on a machine that other programs use too. The first round
/// has the same bounds from `proofs/mutants.toml`.
const SLOWER: u32 = 6;
/// The least that this comes to.
const LEAST: Duration = Duration::from_secs(120);

impl Round {
    const fn of_integration(
        name: &'static str,
        filters: &'static [&'static str],
        below: &'static [&'static str],
    ) -> Self {
        Self { name, package: "tests", binary: "--test=latchgate", filters, below }
    }

    /// Whether the round applies to mutants of this file.
    pub(super) fn is_about(&self, file: &str) -> bool {
        self.below.iter().any(|folder| file.starts_with(folder))
    }

    /// The arguments for cargo-mutants. `limit` is how long the tests may take with a mutant; without one, cargo-mutants measures
    /// them first.
    pub(super) fn arguments(&self, limit: Option<Duration>) -> Vec<String> {
        let mut arguments = [RUNNER, self.binary].map(|argument| format!("--cargo-arg={argument}")).to_vec();
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
        let tests = ["test", "--quiet", "--locked", RUNNER, "--package", self.package, self.binary];
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
        std::iter::once(&"--")
            .chain(self.filters)
            .chain(&FAIL_FAST)
            .map(|argument| (*argument).to_owned())
            .collect()
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
            let (filters, options) = arguments[dashes + 2..].split_at(round.filters.len());
            assert_eq!(filters, round.filters, "{}", round.name);
            assert_eq!(options, FAIL_FAST);
        }
    }

    #[test]
    fn every_filter_is_a_module_of_the_integration_tests() {
        let main = std::fs::read_to_string(root().join("tests/main.rs")).unwrap();
        let filters = ROUNDS.iter().filter(|round| round.package == "tests").flat_map(|round| round.filters);
        for filter in filters {
            let module = format!("mod {};", filter.trim_start_matches("--skip=").trim_end_matches("::"));
            assert!(main.lines().any(|line| line == module), "{module}");
        }
    }

    #[test]
    fn every_mutant_has_a_round_of_the_tests_closest_to_it() {
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
                let is_closest = |round: &&Round| round.below != ANYWHERE;
                let rounds = ROUNDS.iter().filter(is_closest).filter(|round| round.is_about(&file)).count();
                assert_ne!(rounds, 0, "{file}");
            }
        }
    }
}
