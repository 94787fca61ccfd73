//! The stack of a release, for one of Lambda's architectures.
//!
//! `latchgate-stack-VERSION-ARCH.zip` has the templates, the documentation and the examples. Each `CodeUri` names a zip
//! in the archive instead of a folder to build, and each of those zips contains a `bootstrap`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    archives::{VERSION, archive, archived, content_of, copy_tracked, failure, publish, read, write},
    sbom,
    template::Packaged,
};
use crate::{
    sam::{self, Build, Built, Tools},
    shell::{TaskError, root, run},
};

/// The files and folders that go into a release unchanged.
const CONTENT: [&str; 14] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "docs",
    "examples",
    // Operators copy a template of a mail to change it.
    "functions/mailer/templates",
    "openapi.yaml",
    "samconfig.toml",
    "template-alarms.yaml",
    "template-http.yaml",
];
/// The stack's template.
const TEMPLATE: &str = "template.yaml";
/// Lambda's architectures.
const ARCHITECTURES: [&str; 2] = ["arm64", "x86_64"];

/// Builds the functions for this architecture, and packages them.
pub(super) fn build(architecture: &str) -> Result<(), TaskError> {
    check_architecture(architecture)?;
    let tools = Tools::installed()?;
    let built = sam::build(&tools, architecture, Build::Release)?;
    write_release(&tools, architecture, &built)
}

/// Packages the functions of the last `sam build`.
pub(super) fn of_last_build(architecture: &str) -> Result<(), TaskError> {
    check_architecture(architecture)?;
    write_release(&Tools::installed()?, architecture, &Built::last(Build::Release)?)
}

fn check_architecture(architecture: &str) -> Result<(), TaskError> {
    if ARCHITECTURES.contains(&architecture) {
        return Ok(());
    }
    Err(TaskError(format!("{architecture} is none of {}", ARCHITECTURES.join(" and "))))
}

fn write_release(tools: &Tools, architecture: &str, built: &Built) -> Result<(), TaskError> {
    let name = format!("latchgate-stack-{VERSION}-{architecture}");
    let content = content_of(&name)?;
    fs::create_dir_all(content.join("functions")).map_err(|e| failure(&content, &e))?;

    let packaged = Packaged::new(&read(&root().join(TEMPLATE))?, architecture)?;
    for (id, zip) in &packaged.functions {
        archive(&content.join(zip), &[(built.bootstrap(id)?, "bootstrap")])?;
    }
    write(&content.join(TEMPLATE), &packaged.text)?;
    copy_tracked(&CONTENT, &content)?;
    check(tools, &content, &packaged)?;

    let folders: Vec<String> = packaged.packages().iter().map(|name| format!("functions/{name}")).collect();
    let target = match architecture {
        "arm64" => "aarch64-unknown-linux-gnu",
        _ => "x86_64-unknown-linux-gnu",
    };
    publish(&content, [&name, "zip"], &sbom::of_packages(&folders, target)?).map(drop)
}

/// Checks that the package has exactly the zips that the template names, each with an executable `bootstrap`, and that
/// SAM accepts the templates.
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

/// The templates of a release: the stack's and the additional stacks'.
fn templates() -> impl Iterator<Item = &'static str> {
    CONTENT.into_iter().filter(|name| name.starts_with("template")).chain([TEMPLATE])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::shell::{output, program};

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

    /// The relative links of a page, without their headings.
    fn links(page: &str) -> Vec<String> {
        let text = read(&root().join(page)).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        let targets = targets.map(|target| target.split('#').next().unwrap_or_default());
        targets.filter(|target| !target.is_empty() && !target.contains("://")).map(str::to_owned).collect()
    }

    /// The path of a link's target, from the root.
    fn target(page: &str, link: &str) -> PathBuf {
        let mut path = Path::new(page).parent().unwrap().to_owned();
        for part in Path::new(link).components() {
            match part {
                std::path::Component::ParentDir => drop(path.pop()),
                part => path.push(part),
            }
        }
        path
    }

    #[test]
    fn every_target_that_pages_for_users_link_to_is_in_the_release() {
        let tracked = output(program("git", &["ls-files", "-z", "--"]).args(CONTENT)).unwrap();
        let tracked: Vec<&str> = tracked.split('\0').filter(|path| !path.is_empty()).collect();
        let there: BTreeSet<&Path> = tracked.iter().flat_map(|file| Path::new(file).ancestors()).collect();
        // Pages for contributors may link to the code.
        let is_for_users = |page: &str| {
            let for_contributors =
                ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions/", "docs/evidence/"];
            Path::new(page).extension().is_some_and(|it| it == "md")
                && !for_contributors.iter().any(|start| page.starts_with(start))
        };
        let pages: Vec<&str> = tracked.iter().copied().filter(|page| is_for_users(page)).collect();
        assert!(pages.len() > 15, "{pages:?}");
        for page in pages {
            for link in links(page) {
                let target = target(page, &link);
                assert!(target == Path::new(TEMPLATE) || there.contains(&*target), "{page} links to {link}");
            }
        }
    }
}
