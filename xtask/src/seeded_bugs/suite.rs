//! The test suites that should notice seeded bugs.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::{
    proofs,
    shell::{TaskError, now},
    tree::Tree,
    wycheproof,
};

/// The packages whose tests are built together. A suite is a selection of these tests.
const PACKAGES: [&str; 10] = [
    "authorizer",
    "passwords",
    "oracles",
    "login",
    "logout",
    "model",
    "password",
    "refresh",
    "shared",
    "tests",
];
/// The binary of the integration tests.
const INTEGRATION: &str = "latchgate";
/// An example in the tests, and the suite of this name.
const WYCHEPROOF: &str = "wycheproof";
/// The time limit of a suite. The longest takes a tenth of it, so a suite that exceeds it hangs.
const PATIENCE: Duration = Duration::from_secs(600);

/// The suites, in the order in which they run. The tests of key rotation and of the command line are left out, because
/// they take as long as all of these.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "unit",
        binaries: &["authorizer", "passwords", "login", "logout", "password", "refresh", "shared"],
        filters: &[],
    },
    Suite { name: "model", binaries: &["model"], filters: &[] },
    // The fuzzers' checks, with the kept inputs.
    Suite { name: "oracles", binaries: &["corpora"], filters: &[] },
    // These vectors aren't in the project.
    Suite { name: WYCHEPROOF, binaries: &[WYCHEPROOF], filters: &[] },
    Suite::integration("model_assumptions", &["model::"]),
    Suite::integration("refresh_flow", &["refresh_flow::"]),
    Suite::integration("decisions", &["decisions::"]),
    Suite::integration("time_bounds", &["time_bounds::"]),
    Suite::integration("faults", &["faults::"]),
    // Without the cases in which a request is given up twice, and without the key rotation.
    Suite::integration(
        "fault_matrix",
        &["fault_matrix::a_call_that_fails", "fault_matrix::with_connections"],
    ),
    Suite::integration("stored_items", &["stored_items::"]),
    Suite::integration("races", &["races::"]),
    Suite::integration("login_flow", &["login_flow::", "guesses::"]),
    Suite::integration("logout_flow", &["logout_flow::"]),
    Suite::integration("sessions_flow", &["sessions_flow::"]),
    Suite::integration("whole_flow", &["whole_flow::"]),
    Suite::integration("password", &["password_change::", "password_expired::"]),
    Suite::integration("clients", &["client_authentication::"]),
    Suite::integration(
        "requests",
        &["request_bodies::", "gateway_events::", "hostile_bodies::", "properties::"],
    ),
    Suite::integration("access_tokens", &["access_tokens::", "claims::"]),
    Suite::integration("forgeries", &["forgeries::", "forged_signatures::"]),
    Suite::integration(
        "authorizer",
        &["authorizer_events::", "authorizer_policy::", "scope_rules::", "spellings::"],
    ),
    Suite::integration("revocation_modes", &["revocation_modes::"]),
    Suite::integration("audit", &["audit::", "logs::"]),
    Suite::integration("dpop", &["dpop::"]),
    Suite::integration("oauth", &["oauth::"]),
    Suite::integration("accounts", &["accounts::"]),
    Suite::integration("threats", &["threats::"]),
    Suite::integration("scenarios", &["scenarios::"]),
    Suite::integration("leaks", &["leaks::"]),
    Suite::integration("costs", &["costs::"]),
    Suite::integration("template", &["template::", "permissions::"]),
];

/// A selection of tests.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    /// The names of the binaries' targets.
    binaries: &'static [&'static str],
    /// Parts of the tests' names. Empty for all tests.
    filters: &'static [&'static str],
}

impl Suite {
    const fn integration(name: &'static str, filters: &'static [&'static str]) -> Self {
        Self { name, binaries: &[INTEGRATION], filters }
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SUITES.iter().find(|suite| suite.name == name)
    }

    /// Runs the suite, and returns the number of failed tests.
    pub(crate) fn run(&self, binaries: &Binaries) -> Result<usize, TaskError> {
        let (mut ran, mut failed, arguments) = (false, 0, self.arguments()?);
        for name in self.binaries {
            let found = binaries.0.iter().find(|binary| binary.target == *name);
            let binary = found.ok_or_else(|| TaskError(format!("{name} was not built")))?;
            let printed = binary.run(&arguments)?;
            ran |= !printed.text.contains("running 0 tests");
            failed += printed.failed();
        }
        // A filter without matches would always succeed.
        if ran { Ok(failed) } else { Err(TaskError(format!("the suite {} has no tests", self.name))) }
    }

    /// The arguments for its binaries.
    fn arguments(&self) -> Result<Vec<OsString>, TaskError> {
        if self.name == WYCHEPROOF {
            return Ok(vec![wycheproof::folder()?.into()]);
        }
        Ok(self.filters.iter().map(OsString::from).collect())
    }
}

/// The test binaries of a tree.
#[derive(Debug)]
pub(crate) struct Binaries(Vec<Binary>);

#[derive(Debug)]
struct Binary {
    target: String,
    executable: PathBuf,
    /// The folder in which cargo would run it.
    folder: PathBuf,
}

impl Binaries {
    /// Builds the tests, or returns the compiler's errors.
    pub(crate) fn build(tree: &Tree) -> Result<Result<Self, String>, TaskError> {
        let mut cargo =
            tree.cargo(&["test", "--locked", "--lib", "--test", "*", "--example", WYCHEPROOF, "--no-run"]);
        cargo.arg("--message-format=json-render-diagnostics");
        cargo.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
        let output = cargo.output().map_err(|e| TaskError(format!("cargo: {e}")))?;
        if !output.status.success() {
            return Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(Ok(Self(messages.filter_map(|message| Binary::of(&message)).collect())))
    }
}

impl Binary {
    fn of(message: &Value) -> Option<Self> {
        let manifest = PathBuf::from(message["manifest_path"].as_str()?);
        Some(Self {
            target: message["target"]["name"].as_str()?.to_owned(),
            executable: message["executable"].as_str()?.into(),
            folder: manifest.parent()?.to_owned(),
        })
    }

    fn run(&self, arguments: &[OsString]) -> Result<Printed, TaskError> {
        let failure = |e: std::io::Error| TaskError(format!("{}: {e}", self.target));
        let list = self.executable.with_extension("printed");
        let file = std::fs::File::create(&list).map_err(failure)?;
        let mut command = Command::new(&self.executable);
        command.args(arguments).current_dir(&self.folder).stdout(file).stderr(Stdio::null());
        proofs::in_full(&mut command);
        let mut child = command.spawn().map_err(failure)?;
        let started = now();
        let is_green = loop {
            if let Some(status) = child.try_wait().map_err(failure)? {
                break status.success();
            }
            if started.elapsed() > PATIENCE {
                child.kill().and_then(|()| child.wait()).map_err(failure)?;
                break false;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        Ok(Printed { text: std::fs::read_to_string(&list).map_err(failure)?, is_green })
    }
}

/// The output of a test binary.
struct Printed {
    text: String,
    is_green: bool,
}

impl Printed {
    /// The number of failed tests, at least one if the binary died or hung.
    fn failed(&self) -> usize {
        let failed = |line: &&str| line.starts_with("test ") && line.ends_with(" FAILED");
        if self.is_green { 0 } else { self.text.lines().filter(failed).count().max(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{output, program};

    /// A filter is part of a test's name: `tokens::` would also run the tests of `access_tokens`.
    #[test]
    fn a_filter_begins_with_exactly_one_module_of_the_integration_tests() {
        let files = output(&mut program("git", &["ls-files", "tests/*.rs"])).unwrap();
        let names: Vec<String> = files
            .lines()
            .flat_map(|path| path.trim_end_matches(".rs").split('/').skip(1))
            .map(|name| format!("{name}::"))
            .collect();
        let filters = SUITES.iter().flat_map(|suite| suite.filters);
        for filter in filters.filter_map(|filter| filter.split_inclusive("::").next()) {
            assert!(names.iter().any(|name| name == filter), "{filter} is no module");
            let longer = names.iter().find(|name| name.ends_with(filter) && *name != filter);
            assert_eq!(longer, None, "{filter} is a part of it");
        }
    }
}
