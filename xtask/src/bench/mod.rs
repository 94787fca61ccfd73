//! The benchmarks, optimised as a release is, and what they compare with.

mod instructions;
mod peers;
mod refresh;
mod startup;
mod verification;

use self::peers::Told;
use crate::shell::{TaskError, cargo, run};

/// A part, and how it is run.
struct Part {
    /// On the command line.
    name: &'static str,
    /// Of the package `bench`.
    program: &'static str,
    profile: &'static str,
    /// Installs what it compares with.
    install: Option<Install>,
}

type Install = fn() -> Result<Told, TaskError>;

const PARTS: [Part; 8] = [
    part("denylist", "denylist", None),
    part("growth", "growth", None),
    part("instructions", "instructions", Some(instructions::install)),
    // Its program would be named as a function is.
    part("login", "login-cost", None),
    // Refused logins are told apart more easily where all but the hash is slow.
    Part { profile: "dev", ..part("login-timing", "login-timing", None) },
    part("refresh", "refresh-load", Some(refresh::install)),
    part("startup", "startup", Some(startup::install)),
    part("verification", "verification", Some(verification::install)),
];

const fn part(name: &'static str, program: &'static str, install: Option<Install>) -> Part {
    Part { name, program, profile: "measured", install }
}

pub(crate) fn run_all() -> Result<(), TaskError> {
    PARTS.iter().try_for_each(Part::run)
}

pub(crate) fn run_part(name: &str) -> Result<(), TaskError> {
    let part = PARTS.iter().find(|part| part.name == name);
    let names = || PARTS.map(|part| part.name).join(", ");
    part.ok_or_else(|| TaskError(format!("{name} is none of {}", names())))?.run()
}

impl Part {
    fn run(&self) -> Result<(), TaskError> {
        let told = self.install.map_or_else(|| Ok(Told::new()), |install| install())?;
        let program =
            ["run", "--quiet", "--profile", self.profile, "--package", "bench", "--bin", self.program];
        run(cargo(&program).envs(told))
    }
}
