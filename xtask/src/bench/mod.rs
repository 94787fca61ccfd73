//! Builds the benchmarks as a release is optimised, and installs what they compare with.

mod peers;
mod refresh;
mod startup;

use self::peers::Told;
use crate::{
    packages,
    shell::{TaskError, cargo, run},
};

/// A part of the benchmarks, and how to run it.
struct Part {
    /// Its name on the command line.
    name: &'static str,
    profile: &'static str,
    /// Installs the programs to compare with.
    install: Option<Install>,
}

type Install = fn() -> Result<Told, TaskError>;

const PARTS: [Part; 9] = [
    part("denylist", None),
    part("growth", None),
    part("instructions", Some(install_valgrind)),
    part("login", None),
    // Differences between refused logins show better if everything except the hash is slow.
    Part { profile: "dev", ..part("login-timing", None) },
    // Nothing is hashed here, so everything is slow.
    Part { profile: "dev", ..part("mail-timing", None) },
    part("refresh", Some(refresh::install)),
    part("startup", Some(startup::install)),
    part("verification", Some(install_verifiers)),
];

const fn part(name: &'static str, install: Option<Install>) -> Part {
    Part { name, profile: "measured", install }
}

/// Installs callgrind, which counts instructions.
fn install_valgrind() -> Result<Told, TaskError> {
    packages::debian(&[("/usr/bin/valgrind", "valgrind")])?;
    Ok(Told::new())
}

/// Installs the other verifiers of access tokens.
fn install_verifiers() -> Result<Told, TaskError> {
    let modules = packages::npm("bench")?;
    peers::script(&modules, "verification.mjs")?;
    let python = packages::python("bench")?.join("python");
    Ok(vec![peers::node()?, ("LATCHGATE_BENCH_NODE_MODULES", modules), ("LATCHGATE_BENCH_PYTHON", python)])
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
