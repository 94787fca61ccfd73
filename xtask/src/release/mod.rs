//! Builds a release, which you can deploy and operate without Rust.
//!
//! - `latchgate-stack-VERSION-ARCH.zip`: the stack, for one architecture of Lambda ([`stack`]);
//! - `latchgate-VERSION-TARGET.tar.gz`: `latchgate` and `latchgate-local`, for one kind of machine ([`programs`]).
//!
//! Each archive comes with a list of its components (an SBOM) and the checksums of both.

mod archives;
mod programs;
mod sbom;
mod stack;
mod template;
mod trial;

use self::archives::VERSION;
use crate::shell::TaskError;

/// Builds and packages the stack for this architecture. Fails first if the tag names another version.
pub(crate) fn build_stack(architecture: &str, tag: Option<&str>) -> Result<(), TaskError> {
    tag.map_or(Ok(()), check_tag)?;
    stack::build(architecture)
}

/// Packages the stack from the last `sam build`.
pub(crate) fn stack_of_last_build(architecture: &str) -> Result<(), TaskError> {
    stack::of_last_build(architecture)
}

/// Builds, tries and packages the programs for this target. Fails first if the tag names another version.
pub(crate) fn build_programs(target: &str, tag: Option<&str>) -> Result<(), TaskError> {
    tag.map_or(Ok(()), check_tag)?;
    programs::build(target)
}

/// Builds the programs for this kind of machine.
pub(crate) fn build_programs_of_this_machine() -> Result<(), TaskError> {
    programs::build(programs::of_this_machine()?)
}

/// Checks that the tag names the release's version, and that the release is made at the `repository` of Cargo.toml,
/// where `cargo binstall` looks.
fn check_tag(tag: &str) -> Result<(), TaskError> {
    if tag.strip_prefix('v') != Some(VERSION) {
        return Err(TaskError(format!(
            "the tag {tag} is not v{VERSION}, the version of the workspace (Cargo.toml)"
        )));
    }
    let here = variable("GITHUB_SERVER_URL").zip(variable("GITHUB_REPOSITORY"));
    here.map_or(Ok(()), |(server, name)| check_repository(&format!("{server}/{name}")))
}

fn check_repository(here: &str) -> Result<(), TaskError> {
    let named = env!("CARGO_PKG_REPOSITORY");
    if here.eq_ignore_ascii_case(named) {
        return Ok(());
    }
    Err(TaskError(format!(
        "this is {here}, and `repository` in Cargo.toml is {named}: set it, then tag again"
    )))
}

#[expect(clippy::disallowed_methods, reason = "GitHub says by it where a workflow runs")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{output, program};

    #[test]
    fn a_tag_is_that_of_the_version_or_no_release_is_made() {
        assert!(check_tag(&format!("v{VERSION}")).is_ok() || variable("GITHUB_REPOSITORY").is_some());
        for other in [VERSION, "v999.0.0", "", "v", &format!("v{VERSION}-rc1")] {
            assert!(check_tag(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_release_is_made_at_the_address_in_cargo_toml() {
        let repository = env!("CARGO_PKG_REPOSITORY");
        assert!(check_repository(repository).is_ok() && check_repository(&repository.to_uppercase()).is_ok());
        assert!(check_repository("https://github.com/somebody/else").is_err());
        assert!(check_repository(&format!("{repository}-fork")).is_err());
    }

    /// To publish from another place, you change `Cargo.toml`, and what npm reads.
    #[test]
    fn only_the_manifests_have_the_address_of_the_project() {
        let (_, address) = env!("CARGO_PKG_REPOSITORY").split_once("://").unwrap();
        let named = output(&mut program(
            "git",
            &["grep", "--files-with-matches", "--ignore-case", "--fixed-strings", address],
        ));
        assert_eq!(named.unwrap(), "Cargo.toml\nclients/typescript/package.json\n");
    }
}
