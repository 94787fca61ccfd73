//! The programs of a release, for machines without Rust: `latchgate` and `latchgate-local`.
//!
//! `latchgate-VERSION-TARGET.tar.gz` has one folder with both. The Linux programs are static and need nothing
//! installed, not even a C library or certificates. Zig, from PyPI, has the C compiler and library for them. The macOS
//! programs are built with Apple's compiler on macOS.

use std::path::{Path, PathBuf};

use super::{
    archives::{VERSION, content_of, copy, copy_tracked, publish},
    sbom, trial,
};
use crate::{
    sam::Tools,
    shell::{TaskError, cargo, output, program, root, run},
};

/// The targets of a release, by Rust's names.
const TARGETS: [&str; 4] = [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "x86_64-unknown-linux-musl",
];
/// The packages of the programs, in folders of the same names.
const PACKAGES: [&str; 2] = ["admin", "local"];
/// The programs of these packages.
const PROGRAMS: [&str; 2] = ["latchgate", "latchgate-local"];
/// The other files in the archive.
const BESIDE: [&str; 3] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];
/// The folder of the build.
const FOLDER: &str = "target/programs";
/// The variable with each program's version.
const VERSION_VARIABLE: &str = "LATCHGATE_VERSION";

/// Builds both programs, tries them if they run here, and packages them.
pub(super) fn build(target: &str) -> Result<(), TaskError> {
    if !TARGETS.contains(&target) {
        return Err(TaskError(format!("{target} is none of {}", TARGETS.join(", "))));
    }
    let version = format!("{VERSION} ({})", commit()?);
    compile(target, &version)?;
    let built = built(target);
    let is_of_this_machine = of_this_machine().is_ok_and(|this| this == target);
    trial::check(&PROGRAMS.map(|name| built.join(name)), is_of_this_machine, &version)?;

    let name = name(target);
    let content = content_of(&name)?;
    PROGRAMS.iter().try_for_each(|program| copy(&built.join(program), &content.join(program)))?;
    copy_tracked(&BESIDE, &content)?;
    publish(&content, [&name, "tar.gz"], &sbom::of_packages(&PACKAGES.map(str::to_owned), target)?).map(drop)
}

/// The target of this machine.
pub(super) fn of_this_machine() -> Result<&'static str, TaskError> {
    let system = match std::env::consts::OS {
        "macos" => "apple-darwin",
        "linux" => "unknown-linux-musl",
        other => other,
    };
    let target = format!("{}-{system}", std::env::consts::ARCH);
    let known = TARGETS.into_iter().find(|known| *known == target);
    known.ok_or_else(|| TaskError(format!("there are no programs for {target}")))
}

/// The name of their archive and of its folder.
fn name(target: &str) -> String {
    format!("latchgate-{VERSION}-{target}")
}

fn built(target: &str) -> PathBuf {
    root().join(FOLDER).join(target).join("release")
}

/// The commit of the build, marked if files have changed since.
fn commit() -> Result<String, TaskError> {
    let describe = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"];
    Ok(output(&mut program("git", &describe))?.trim().to_owned())
}

fn compile(target: &str, version: &str) -> Result<(), TaskError> {
    add(target)?;
    let mut command = if target.ends_with("-musl") {
        Tools::installed()?.program("cargo-zigbuild", &["zigbuild"])
    } else {
        cargo(&["build"])
    };
    command.args(["--release", "--locked", "--bins", "--target", target, "--target-dir", FOLDER]);
    command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    run(command.env(VERSION_VARIABLE, version))
}

/// Installs the standard library for this target, unless it exists.
fn add(target: &str) -> Result<(), TaskError> {
    let folder = output(&mut program("rustc", &["--print", "target-libdir", "--target", target]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    run(&mut program("rustup", &["target", "add", target]))
}

#[cfg(test)]
mod tests {
    use serde_yaml_ng::Value;

    use super::*;
    use crate::release::archives::read;

    /// `cargo binstall` finds the archives through the metadata of the two packages.
    #[test]
    fn binstall_asks_for_the_archives_by_their_names() {
        for (package, program) in PACKAGES.into_iter().zip(PROGRAMS) {
            let manifest = read(&root().join(package).join("Cargo.toml")).unwrap();
            let (_, metadata) = manifest.split_once("[package.metadata.binstall]\n").unwrap();
            let value = |key: &str| {
                let line = metadata.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
                line.unwrap_or_else(|| panic!("{package}: no {key}")).trim_matches('"')
            };
            assert_eq!(value("pkg-fmt"), "tgz", "{package}");
            for target in TARGETS {
                let expanded = |template: &str| {
                    let repository = env!("CARGO_PKG_REPOSITORY");
                    let names =
                        [("repo", repository), ("version", VERSION), ("target", target), ("bin", program)];
                    let filled = names.into_iter().fold(template.to_owned(), |text, (name, value)| {
                        text.replace(&format!("{{ {name} }}"), value)
                    });
                    filled.replace("{ archive-suffix }", ".tar.gz").replace("{ binary-ext }", "")
                };
                let folder = name(target);
                let address =
                    format!("{}/releases/download/v{VERSION}/{folder}.tar.gz", env!("CARGO_PKG_REPOSITORY"));
                assert_eq!(expanded(value("pkg-url")), address);
                assert_eq!(expanded(value("bin-dir")), format!("{folder}/{program}"));
            }
        }
    }

    #[test]
    fn each_package_builds_its_program() {
        for (package, program) in PACKAGES.into_iter().zip(PROGRAMS) {
            let manifest = read(&root().join(package).join("Cargo.toml")).unwrap();
            assert!(manifest.contains(&format!("[[bin]]\nname = \"{program}\"\n")), "{package}");
        }
    }

    #[test]
    fn the_programs_read_the_variable_that_tells_their_version() {
        for file in ["admin/src/cli.rs", "local/src/options.rs"] {
            let text = read(&root().join(file)).unwrap();
            assert!(text.contains(&format!("option_env!(\"{VERSION_VARIABLE}\")")), "{file}");
        }
    }

    /// Each is built on a machine of its kind and tried there.
    #[test]
    fn the_workflow_releases_every_target_and_both_architectures() {
        let workflow = read(&root().join(".github/workflows/release.yml")).unwrap();
        let workflow: Value = serde_yaml_ng::from_str(&workflow).unwrap();
        let released = |job: &str, key: &str| {
            let entries = workflow["jobs"][job]["strategy"]["matrix"]["include"].as_sequence().unwrap();
            let mut values: Vec<_> =
                entries.iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect();
            values.sort();
            values
        };
        assert_eq!(released("programs", "target"), TARGETS);
        assert_eq!(released("stack", "architecture"), ["arm64", "x86_64"]);
        for entry in workflow["jobs"]["programs"]["strategy"]["matrix"]["include"].as_sequence().unwrap() {
            let (target, runner) = (entry["target"].as_str().unwrap(), entry["runner"].as_str().unwrap());
            assert_eq!(target.contains("apple"), runner.starts_with("macos"), "{target}");
        }
    }
}
