//! The rounds of tests for a mutant, quickest first. A noticed mutant skips the remaining rounds.

use crate::{
    proofs,
    shell::{TaskError, run},
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
    /// The round applies to mutants below this folder.
    below: &'static str,
    /// The time limit in seconds.
    timeout: &'static str,
}

pub(super) const ROUNDS: [Round; 4] = [
    Round {
        name: "tests beside the code",
        package: "",
        binary: "--lib",
        filters: &[TIMED],
        below: "",
        timeout: "",
    },
    Round {
        name: "the command line's tests",
        package: "admin",
        binary: "--test=cli",
        filters: &[],
        below: "admin/",
        timeout: "600",
    },
    Round {
        name: "the integration tests that look closest",
        package: "tests",
        binary: "--test=latchgate",
        filters: &CLOSEST,
        below: "",
        timeout: "300",
    },
    Round {
        name: "all integration tests",
        package: "tests",
        binary: "--test=latchgate",
        filters: &[],
        below: "",
        timeout: "1800",
    },
];

/// Skips the test that compares durations: on a busy machine it fails, and would seem to notice any mutant.
const TIMED: &str = "--skip=takes_about_as_long";

/// Modules of the integration tests. All others take longer than these together.
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

impl Round {
    /// Whether the round applies to mutants of this file.
    pub(super) fn is_about(&self, file: &str) -> bool {
        file.starts_with(self.below)
    }

    /// The arguments for cargo-mutants.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![format!("--cargo-arg={}", self.binary)];
        if !self.package.is_empty() {
            // There is no baseline, because cargo-mutants would use the wrong package. `test` does this instead.
            arguments.extend(["--iterate", "--baseline=skip"].map(str::to_owned));
            arguments.push(format!("--test-package={}", self.package));
            arguments.push(format!("--timeout={}", self.timeout));
        }
        arguments.push("--".to_owned());
        arguments.extend(self.of_the_binary());
        arguments
    }

    /// Runs the round without a mutant. Failing tests, or arguments that `cargo test` rejects, would seem to notice any
    /// mutant.
    pub(super) fn test(&self, tree: &Tree) -> Result<(), TaskError> {
        let tests = ["test", "--quiet", "--locked", "--package", self.package, self.binary];
        let mut command = tree.cargo(&tests);
        proofs::in_full(&mut command);
        run(command.args(self.of_the_binary()))
    }

    /// The arguments that `cargo test` passes to the binary.
    fn of_the_binary(&self) -> Vec<String> {
        std::iter::once(&"--").chain(self.filters).map(|argument| (*argument).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::root;

    /// `cargo test` itself accepts one filter and fails with more, which cargo-mutants would count as a noticed mutant.
    #[test]
    fn filters_are_arguments_of_the_binary() {
        for round in ROUNDS {
            let arguments = round.arguments();
            let dashes = arguments.iter().position(|argument| argument == "--").unwrap();
            assert_eq!(arguments[dashes + 1], "--");
            assert_eq!(&arguments[dashes + 2..], round.filters, "{}", round.name);
        }
    }

    #[test]
    fn every_filter_is_a_module_of_the_integration_tests() {
        let main = std::fs::read_to_string(root().join("tests/main.rs")).unwrap();
        for filter in CLOSEST {
            let module = format!("mod {};", filter.trim_end_matches("::"));
            assert!(main.lines().any(|line| line == module), "{module}");
        }
    }
}
