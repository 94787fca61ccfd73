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
    profile: &'static str,
    /// Installs what it compares with.
    install: Option<Install>,
}

type Install = fn() -> Result<Told, TaskError>;

const PARTS: [Part; 8] = [
    part("denylist", None),
    part("growth", None),
    part("instructions", Some(instructions::install)),
    part("login", None),
    // Refused logins are told apart more easily where all but the hash is slow.
    Part { profile: "dev", ..part("login-timing", None) },
    part("refresh", Some(refresh::install)),
    part("startup", Some(startup::install)),
    part("verification", Some(verification::install)),
];

const fn part(name: &'static str, install: Option<Install>) -> Part {
    Part { name, profile: "measured", install }
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
        let program = ["run", "--quiet", "--profile", self.profile, "--package", "bench", "--", self.name];
        run(cargo(&program).envs(told))
    }
}
