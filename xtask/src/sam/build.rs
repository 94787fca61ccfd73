//! The functions, built as `sam build` builds them for a deployment.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{templates::TEMPLATE, tools::Tools};
use crate::shell::{TaskError, now, root, run};

/// How the functions are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// As they are deployed, with link-time optimisation: twenty minutes.
    Release,
    /// Without optimisation: minutes.
    Quick,
}

impl Build {
    /// The folder with the template that names what was built.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Release => ".aws-sam/build",
            Self::Quick => ".aws-sam/quick",
        }
    }
}

/// The C library of provided.al2023: 2.34. A program that asks for a newer one doesn't start there.
const NEWEST_C_LIBRARY: u32 = 34;
/// Bytes. A bootstrap of twice the size that these have today has something in it that nobody meant to put there.
const LARGEST: u64 = 16 << 20;

/// What was built.
pub(crate) struct Built {
    /// The bootstraps, each with the logical id of its function.
    pub(super) bootstraps: Vec<(String, PathBuf)>,
}

/// Builds all of them.
pub(crate) fn build(tools: &Tools, architecture: &str, kind: Build) -> Result<Built, TaskError> {
    let started = now();
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
        // SAM then leaves `--release` out.
        command.env("SAM_BUILD_MODE", "debug");
    }
    run(&mut command)?;
    let built = Built::last(kind)?;
    let count = built.bootstraps.len();
    println!("sam build: {count} functions in {} s", started.elapsed().as_secs());
    Ok(built)
}

impl Built {
    /// The functions that the last such build has left.
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

    /// That of the function with this logical id.
    pub(crate) fn bootstrap(&self, id: &str) -> Result<&Path, TaskError> {
        let bootstrap = self.bootstraps.iter().find(|(built, _)| built == id);
        bootstrap.map(|(_, path)| path.as_path()).ok_or_else(|| TaskError(format!("{id} was not built")))
    }

    /// Prints their sizes, and takes them if Lambda would.
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

/// The newest version of the C library among the names of those that a program asks for, like `GLIBC_2.34`.
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
    fn the_newest_c_library_is_the_largest_number_whatever_its_digits() {
        assert_eq!(newest_c_library(b"\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_2.2.5\0"), 34);
        assert_eq!(newest_c_library(b"static"), 0);
    }
}
