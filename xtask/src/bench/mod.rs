//! The benchmarks, optimised as a release is, and what they compare with.

mod instructions;
mod refresh;
mod startup;
mod verification;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::shell::{TaskError, cargo, output, program, root, run};

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

/// What a program is told of what was installed, in its environment.
type Told = Vec<(&'static str, PathBuf)>;

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

/// The program itself: a wrapper of it would be counted with it.
fn node() -> Result<(&'static str, PathBuf), TaskError> {
    let path = output(&mut program("node", &["-p", "process.execPath"]))?;
    Ok(("LATCHGATE_BENCH_NODE", path.trim().into()))
}

/// Puts a script of `bench/peers` where it finds its packages.
fn script(modules: &Path, name: &str) -> Result<(), TaskError> {
    let copied = fs::copy(root().join("bench/peers").join(name), modules.join(name));
    copied.map(drop).map_err(|e| TaskError(format!("{name}: {e}")))
}
