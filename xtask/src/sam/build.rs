//! Builds the functions as `sam build` does for a deployment.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{templates::TEMPLATE, tools::Tools};
use crate::shell::{TaskError, cargo, now, root, run};

/// A way to build the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// As for a deployment, with link-time optimisation. It takes twenty minutes.
    Release,
    /// Without optimisation, reusing the tests' build where possible.
    Quick,
}

impl Build {
    /// The folder with the template of the built functions.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Release => ".aws-sam/build",
            Self::Quick => ".aws-sam/quick",
        }
    }
}

/// The minor version of the C library in provided.al2023, 2.34. A program that needs a newer one doesn't start there.
const NEWEST_C_LIBRARY: u32 = 34;
/// The minor version of the C library in Debian 12, whose image `sam local` runs here.
const NEWEST_C_LIBRARY_OF_IMAGE: u32 = 36;
/// The limit in bytes, twice today's size: a larger bootstrap must contain something by mistake.
const LARGEST: u64 = 16 << 20;

/// The built functions.
pub(crate) struct Built {
    /// The bootstraps, with their functions' logical ids.
    pub(super) bootstraps: Vec<(String, PathBuf)>,
}

/// Builds all functions.
pub(crate) fn build(tools: &Tools, architecture: &str, kind: Build) -> Result<Built, TaskError> {
    let started = now();
    if kind == Build::Quick && architecture == std::env::consts::ARCH && taken()? {
        println!("as the tests have built them, in {} s", started.elapsed().as_secs());
        return Built::last(kind);
    }
    let architecture = format!("Architecture={architecture}");
    let arguments = [
        "build",
        "--template",
        TEMPLATE,
        "--build-dir",
        kind.folder(),
        "--parameter-overrides",
        &architecture,
    ];
    let mut command = tools.program("sam", &arguments);
    if kind == Build::Quick {
        // With this, SAM omits `--release`.
        command.env("SAM_BUILD_MODE", "debug");
    }
    run(&mut command)?;
    let built = Built::last(kind)?;
    let count = built.bootstraps.len();
    println!("sam build: {count} functions in {} s", started.elapsed().as_secs());
    Ok(built)
}

/// Takes the functions from the tests' build, because `sam build` would compile all dependencies again for its target.
/// Returns `false` if they need a newer C library than the image has, as on a newer Linux.
fn taken() -> Result<bool, TaskError> {
    let folder = root().join(Build::Quick.folder());
    let failed = |e: std::io::Error| TaskError(format!("{}: {e}", folder.display()));
    let template = fs::read_to_string(root().join(TEMPLATE)).map_err(failed)?;
    let code =
        |line: &str| Some(line.trim().strip_prefix("CodeUri: functions/")?.trim_end_matches('/').to_owned());
    let packages: Vec<String> = template.lines().filter_map(code).collect();
    // With an example in the build, the dependencies get the same features as for the tests.
    let mut command = cargo(&["build", "--quiet", "--workspace", "--locked", "--example", "wycheproof"]);
    run(command.args(packages.iter().flat_map(|package| ["--bin", package])))?;

    let _ = fs::remove_dir_all(&folder);
    let mut taken = template;
    for package in packages {
        let built = root().join("target/debug").join(&package);
        if newest_c_library(&fs::read(&built).map_err(failed)?) > NEWEST_C_LIBRARY_OF_IMAGE {
            return Ok(false);
        }
        let id = format!("{}{}Function", package[..1].to_uppercase(), &package[1..]);
        taken = taken.replace(&format!("CodeUri: functions/{package}/\n"), &format!("CodeUri: {id}\n"));
        let folder = folder.join(&id);
        fs::create_dir_all(&folder).map_err(failed)?;
        fs::copy(built, folder.join("bootstrap")).map_err(failed)?;
    }
    fs::write(folder.join(TEMPLATE), taken).map_err(failed)?;
    Ok(true)
}

impl Built {
    /// The functions of the last build of this kind.
    pub(crate) fn last(build: Build) -> Result<Self, TaskError> {
        let folder = root().join(build.folder());
        let failed = |e: std::io::Error| TaskError(format!("{}: {e}", folder.display()));
        let mut bootstraps = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let bootstrap = entry.path().join("bootstrap");
            if bootstrap.exists() {
                bootstraps.push((entry.file_name().to_string_lossy().into_owned(), bootstrap));
            }
        }
        bootstraps.sort();
        Ok(Self { bootstraps })
    }

    /// The bootstrap of the function with this logical id.
    pub(crate) fn bootstrap(&self, id: &str) -> Result<&Path, TaskError> {
        let bootstrap = self.bootstraps.iter().find(|(built, _)| built == id);
        bootstrap.map(|(_, path)| path.as_path()).ok_or_else(|| TaskError(format!("{id} was not built")))
    }

    /// Prints the sizes, and checks that Lambda would accept the bootstraps.
    pub(super) fn check(&self) -> Result<(), TaskError> {
        for (id, bootstrap) in &self.bootstraps {
            let bytes =
                fs::read(bootstrap).map_err(|e| TaskError(format!("{}: {e}", bootstrap.display())))?;
            let (size, newest) = (bytes.len() as u64, newest_c_library(&bytes));
            println!("{id}: {size} bytes, for glibc 2.{newest} or newer");
            if newest > NEWEST_C_LIBRARY {
                return Err(TaskError(format!("{id} needs glibc 2.{newest}, which Lambda doesn't have")));
            }
            if size > LARGEST {
                return Err(TaskError(format!("{id} has more than {LARGEST} bytes")));
            }
        }
        Ok(())
    }
}

/// The newest minor version of the C library that a program needs, from names like `GLIBC_2.34`.
fn newest_c_library(program: &[u8]) -> u32 {
    const PREFIX: &[u8] = b"GLIBC_2.";
    let versions = program.windows(PREFIX.len() + 2).filter(|window| window.starts_with(PREFIX));
    let digits = |window: &[u8]| {
        let digits = window[PREFIX.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    versions.map(digits).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::newest_c_library;

    #[test]
    fn the_newest_c_library_is_the_largest_number() {
        assert_eq!(newest_c_library(b"\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_2.2.5\0"), 34);
        assert_eq!(newest_c_library(b"static"), 0);
    }
}
