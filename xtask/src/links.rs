//! Checks the links in Markdown pages: to files and headings, and paths in backticks. It fetches nothing from outside.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    packages,
    shell::{TaskError, output, program, root, run},
};

/// A path in backticks with such an extension belongs to the project, whatever its first folder.
const EXTENSIONS: [&str; 12] =
    ["json", "md", "mjs", "pem", "py", "rs", "sh", "svg", "toml", "txt", "yaml", "yml"];
/// The folder for generated files. Hidden folders have them too.
const GENERATED: &str = "target";

pub(crate) fn check() -> Result<(), TaskError> {
    let tracked = output(&mut program("git", &["ls-files", "-z"]))?;
    let tracked: Vec<&str> = tracked.split('\0').filter(|path| root().join(path).is_file()).collect();
    let pages: Vec<&str> = tracked.iter().copied().filter(|path| extension(path) == Some("md")).collect();
    check_links(&pages)?;
    check_paths(&pages, &Tracked::new(&tracked))
}

fn check_links(pages: &[&str]) -> Result<(), TaskError> {
    let modules = packages::npm("lint")?.join("node_modules");
    // Without a repository, the plugin only checks relative links.
    let plugin = modules.join("remark-validate-links/index.js");
    let plugin = format!("{}=repository:false", plugin.display());
    let options = ["--no-config", "--no-color", "--frail", "--quiet", "--no-stdout", "--use", &plugin];
    run(program(modules.join(".bin/remark"), &options).args(pages))
}

fn check_paths(pages: &[&str], tracked: &Tracked) -> Result<(), TaskError> {
    let mut missing = Vec::new();
    for page in pages {
        let text = fs::read_to_string(root().join(page)).map_err(|e| TaskError(format!("{page}: {e}")))?;
        for (i, line) in text.lines().enumerate() {
            let named = line.split('`').skip(1).step_by(2).filter_map(|code| tracked.path_in(code));
            let absent = named.filter(|path| !tracked.has(page, path));
            missing.extend(absent.map(|path| format!("{page}:{}: there is no {path}", i + 1)));
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(TaskError(missing.join("\n"))) }
}

fn extension(path: &str) -> Option<&str> {
    Path::new(path).extension()?.to_str()
}

/// The files that git tracks, and their folders.
struct Tracked(BTreeSet<PathBuf>);

impl Tracked {
    fn new(files: &[&str]) -> Self {
        let with_folders = files.iter().flat_map(|file| Path::new(file).ancestors());
        Self(with_folders.map(Path::to_owned).collect())
    }

    /// The path in a span of code, or at the start of `FILE: TEST`, if it belongs to the project: it has a slash, and
    /// either one of the project's extensions or one of its folders at the start.
    fn path_in<'a>(&self, code: &'a str) -> Option<&'a str> {
        let path = code.split(':').next()?.trim_end_matches('/');
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-".contains(&b);
        let first = path.split_once('/').map(|(first, _)| first)?;
        let is_ours =
            extension(path).is_some_and(|end| EXTENSIONS.contains(&end)) || self.0.contains(Path::new(first));
        let is_written = first == GENERATED || (first.starts_with('.') && !self.0.contains(Path::new(first)));
        (is_ours && !is_written && !first.is_empty() && path.bytes().all(is_plain)).then_some(path)
    }

    /// Whether the path exists, relative to the root or the page.
    fn has(&self, page: &str, path: &str) -> bool {
        let beside = Path::new(page).with_file_name("").join(path);
        self.0.contains(Path::new(path)) || root().join(beside).exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_distinguished_from_other_code() {
        let tracked = Tracked::new(&["docs/costs.md", "shared/src/lib.rs"]);
        for (code, path) in [
            ("shared/src", Some("shared/src")),
            ("shared/src/", Some("shared/src")),
            ("shared/src/lib.rs: a_test, another", Some("shared/src/lib.rs")),
            ("model/src/check.rs", Some("model/src/check.rs")),
            ("target/package/x.json", None),
            (".tools/x.json", None),
            ("/.well-known/jwks.json", None),
            ("lib.rs", None),
            ("POST /login", None),
            ("application/json", None),
            ("docs/*.md", None),
        ] {
            assert_eq!(tracked.path_in(code), path, "{code}");
        }
    }

    #[test]
    fn a_path_is_looked_up_from_the_root_and_from_the_page() {
        let tracked = Tracked::new(&["xtask/src/links.rs"]);
        assert!(tracked.has("README.md", "xtask/src/links.rs") && tracked.has("README.md", "xtask/src"));
        assert!(tracked.has("xtask/README.md", "src/links.rs"));
        assert!(!tracked.has("README.md", "src/links.rs"));
    }
}
