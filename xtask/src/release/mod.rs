//! A release: what somebody without Rust deploys, for one architecture.
//!
//! `latchgate-VERSION-ARCH.zip` has the templates, whose `CodeUri` name zips beside them instead of folders to be built,
//! and each of those zips a `bootstrap`. Beside it lie the list of what is built into the functions (an SBOM) and the
//! checksums of both.

mod sbom;
mod template;
mod version;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::{template::Packaged, version::VERSION};
use crate::{
    sam::{self, Build, Built, Tools},
    shell::{TaskError, output, program, root, run},
};

/// What goes into a release as it is.
const FILES: [&str; 9] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "openapi.yaml",
    "samconfig.toml",
    "template-alarms.yaml",
    "template-http.yaml",
];
/// The stack.
const TEMPLATE: &str = "template.yaml";
/// What README shows and leads to, a file and a folder, as they are too.
const GUIDE: [&str; 2] = ["docs/request-path.svg", "docs/guide"];
/// The architectures that Lambda has.
const ARCHITECTURES: [&str; 2] = ["arm64", "x86_64"];

/// Builds the functions for this architecture and packages them; for a tag that names another version it fails before.
pub(crate) fn build(architecture: &str, tag: Option<&str>) -> Result<(), TaskError> {
    check_architecture(architecture)?;
    tag.map_or(Ok(()), check_tag)?;
    let tools = Tools::installed()?;
    let built = sam::build(&tools, architecture, Build::Release)?;
    Release::new(architecture)?.write(&tools, &built)
}

/// Packages what `sam build` has left.
pub(crate) fn of_last_build(architecture: &str) -> Result<(), TaskError> {
    check_architecture(architecture)?;
    Release::new(architecture)?.write(&Tools::installed()?, &Built::last(Build::Release)?)
}

fn check_architecture(architecture: &str) -> Result<(), TaskError> {
    if ARCHITECTURES.contains(&architecture) {
        return Ok(());
    }
    Err(TaskError(format!("{architecture} is none of {}", ARCHITECTURES.join(" and "))))
}

/// A release is of the version that its tag names.
fn check_tag(tag: &str) -> Result<(), TaskError> {
    if tag.strip_prefix('v') == Some(VERSION) {
        return Ok(());
    }
    Err(TaskError(format!("the tag {tag} is not v{VERSION}, the version of the workspace (Cargo.toml)")))
}

/// The files of a release.
struct Release<'a> {
    architecture: &'a str,
    /// Where its files are put.
    folder: PathBuf,
    /// What they are called.
    name: String,
}

impl<'a> Release<'a> {
    fn new(architecture: &'a str) -> Result<Self, TaskError> {
        let folder = root().join("target/package");
        fs::create_dir_all(&folder).map_err(|e| failure(&folder, &e))?;
        Ok(Self { architecture, folder, name: format!("latchgate-{VERSION}-{architecture}") })
    }

    fn write(&self, tools: &Tools, built: &Built) -> Result<(), TaskError> {
        let content = self.folder.join("content").join(&self.name);
        if content.exists() {
            fs::remove_dir_all(&content).map_err(|e| failure(&content, &e))?;
        }
        fs::create_dir_all(content.join("functions")).map_err(|e| failure(&content, &e))?;

        let packaged = Packaged::new(&read(&root().join(TEMPLATE))?, self.architecture)?;
        for (id, zip) in &packaged.functions {
            let bootstrap = built.bootstrap(id)?;
            archive(&content.join(zip), &[(bootstrap, "bootstrap")])?;
        }
        write(&content.join(TEMPLATE), &packaged.text)?;
        for name in FILES.iter().chain(&GUIDE) {
            copy(&root().join(name), &content.join(name))?;
        }
        check(tools, &content, &packaged)?;

        let zip = self.folder.join(format!("{}.zip", self.name));
        archive(&zip, &[(&content, self.name.as_str())])?;
        let sbom = self.folder.join(format!("{}.cdx.json", self.name));
        write(&sbom, &sbom::of_functions(&packaged.packages(), self.architecture)?)?;
        let sums = self.folder.join(format!("{}.sha256", self.name));
        let names =
            [&zip, &sbom].map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        write(&sums, &output(program("sha256sum", &names).current_dir(&self.folder))?)?;
        println!(
            "{}, {} functions, and beside it its SBOM and checksums",
            zip.display(),
            packaged.functions.len()
        );
        Ok(())
    }
}

/// What is packaged is what the template names, each an executable `bootstrap`; and SAM takes the templates.
fn check(tools: &Tools, content: &Path, packaged: &Packaged) -> Result<(), TaskError> {
    let mut named: Vec<PathBuf> = packaged.functions.iter().map(|(_, zip)| content.join(zip)).collect();
    named.sort();
    let functions = content.join("functions");
    let entries = fs::read_dir(&functions).map_err(|e| failure(&functions, &e))?;
    let mut there: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    there.sort();
    if there != named {
        return Err(TaskError(format!("the template names {named:?}, and packaged is {there:?}")));
    }
    for zip in named {
        let list = archived(&zip)?;
        if list.trim() != "755 bootstrap" {
            return Err(TaskError(format!(
                "{} has, instead of an executable bootstrap:\n{list}",
                zip.display()
            )));
        }
    }
    for template in templates() {
        let template = content.join(template);
        run(&mut tools.program("sam", &["validate", "--lint", "--template", &template.to_string_lossy()]))?;
    }
    Ok(())
}

/// The templates of a release: the stack, and those of stacks beside it.
fn templates() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().filter(|name| name.starts_with("template")).chain([TEMPLATE])
}

/// A zip of these files and folders, by the names that they are to have; the same bytes whenever it is made.
fn archive(zip: &Path, content: &[(&Path, &str)]) -> Result<(), TaskError> {
    let mut command = program("python3", &["xtask/src/release/archive.py", "create", &zip.to_string_lossy()]);
    for (path, name) in content {
        command.args([&*path.to_string_lossy(), name]);
    }
    run(&mut command)
}

/// What a zip has, a line for each file: its mode and its name.
fn archived(zip: &Path) -> Result<String, TaskError> {
    output(&mut program("python3", &["xtask/src/release/archive.py", "list", &zip.to_string_lossy()]))
}

/// Copies a file, or the files of a folder.
fn copy(from: &Path, to: &Path) -> Result<(), TaskError> {
    if from.is_dir() {
        let entries = fs::read_dir(from).map_err(|e| failure(from, &e))?;
        return entries
            .filter_map(Result::ok)
            .try_for_each(|entry| copy(&entry.path(), &to.join(entry.file_name())));
    }
    to.parent().map_or(Ok(()), fs::create_dir_all).map_err(|e| failure(to, &e))?;
    fs::copy(from, to).map(|_| ()).map_err(|e| failure(from, &e))
}

fn read(path: &Path) -> Result<String, TaskError> {
    fs::read_to_string(path).map_err(|e| failure(path, &e))
}

fn write(path: &Path, text: &str) -> Result<(), TaskError> {
    fs::write(path, text).map_err(|e| failure(path, &e))
}

fn failure(path: &Path, error: &std::io::Error) -> TaskError {
    TaskError(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_that_of_the_version_or_no_release_is_made() {
        assert!(check_tag(&format!("v{VERSION}")).is_ok());
        for other in [VERSION, "v999.0.0", "", "v", &format!("v{VERSION}-rc1")] {
            assert!(check_tag(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_release_has_every_template_of_the_root() {
        let names = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut there: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
        there.retain(|name| name.starts_with("template"));
        there.sort();
        let mut packaged: Vec<_> = templates().collect();
        packaged.sort_unstable();
        assert_eq!(there, packaged);
    }

    #[test]
    fn an_archive_has_what_it_was_given_executable_and_is_the_same_every_time() {
        let folder = root().join("target/package-test");
        fs::create_dir_all(&folder).unwrap();
        let bootstrap = folder.join("bootstrap");
        fs::write(&bootstrap, "program").unwrap();
        let zips = ["a.zip", "b.zip"].map(|name| folder.join(name));
        for zip in &zips {
            archive(zip, &[(&bootstrap, "bootstrap")]).unwrap();
        }
        assert_eq!(archived(&zips[0]).unwrap().trim(), "755 bootstrap");
        assert_eq!(fs::read(&zips[0]).unwrap(), fs::read(&zips[1]).unwrap());
    }

    #[test]
    fn the_guide_is_copied_with_its_folders() {
        let copied = root().join("target/package-copy-test");
        copy(&root().join("docs/guide"), &copied.join("docs/guide")).unwrap();
        let page = "docs/guide/deployment.md";
        assert_eq!(read(&copied.join(page)).unwrap(), read(&root().join(page)).unwrap());
        assert!(copy(&root().join("no-such-page.md"), &copied.join("page.md")).is_err());
    }
}
