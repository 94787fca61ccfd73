//! The workspace: the dependencies of Lambda packages, and that every test runs.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use local::functions::NAMES;
use serde_json::Value;

/// The lines that `cargo tree` writes in this format, each dependency on its own, as from the root of the workspace.
fn tree(arguments: &[&str], format: &str) -> Vec<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--offline", "--prefix", "none", "--format", format]).args(arguments);
    let output = command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The crates of a package's build, including itself.
fn crates_of(package: &str) -> Vec<String> {
    let lines = tree(&["--package", package, "--edges", "normal"], "{p}");
    lines.iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Each crate with the features that it is built with.
fn features(edges: &str) -> BTreeSet<String> {
    let lines = tree(&["--edges", edges], "{p} with {f}");
    lines.iter().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// After the tests, `cargo run` builds no second AWS SDK, and the other way round. If only a test asked a crate for a feature,
/// that crate would be built twice, with all that depends on it.
#[test]
fn tests_and_programs_are_built_of_the_same_crates() {
    let programs = features("normal,build");
    let with_tests = features("normal,build,dev");
    assert!(programs.len() > 400, "{}", programs.len());
    let twice: Vec<_> = programs.difference(&with_tests).collect();
    assert!(
        twice.is_empty(),
        "name a feature in [workspace.dependencies], or beside those of a program: {twice:#?}"
    );
}

/// Crates that serve or operate the API elsewhere, and second crypto libraries.
const UNWANTED: [&str; 20] = [
    "admin",
    "aws-sdk-cloudformation",
    "aws-sdk-sso",
    "axum",
    "clap",
    "terminal_size",
    "port-file",
    "private-file",
    "rustix",
    "dynoxide-rs",
    "indicatif",
    "local",
    "mimalloc",
    "native-tls",
    "openssl",
    "ring",
    "rpassword",
    "rsa",
    "rusqlite",
    "serde_yaml_ng",
];

#[test]
fn lambda_packages_have_no_server_framework_or_engine_and_one_crypto_library() {
    for package in NAMES {
        let crates = crates_of(package);
        assert!(crates.iter().any(|name| name == "aws-lc-rs"), "{package}: the list is the right one");
        for unwanted in UNWANTED {
            assert!(!crates.iter().any(|name| name == unwanted), "{package} depends on {unwanted}");
        }
    }
}

#[test]
fn functions_without_passwords_have_no_code_for_hashes() {
    for package in
        ["refresh", "logout", "sessions", "token", "userinfo", "authorizer", "keys", "metadata", "shared"]
    {
        assert!(!crates_of(package).iter().any(|name| name == "argon2"), "{package}");
    }
}

/// SES's SDK and the templates' engine are only where mails are written and sent. `login` has no part of them.
#[test]
fn only_the_mailer_has_the_crates_that_write_and_send_mails() {
    for package in NAMES {
        let crates = crates_of(package);
        let has = |name: &str| crates.iter().any(|other| other == name);
        for own in ["aws-sdk-sesv2", "minijinja"] {
            assert_eq!(has(own), package == "mailer", "{package}: {own}");
        }
        let asks_for_mails = ["accounts", "authorize"].contains(&package);
        assert_eq!(has("aws-sdk-lambda"), asks_for_mails, "{package}: for a captcha");
        let is_of_accounts = ["accounts", "authorize", "mailer"].contains(&package);
        assert_eq!(has("mails"), is_of_accounts, "{package}");
        assert!(!has("lettre"), "{package}: `cargo run` alone sends by SMTP");
    }
}

/// The files of a target, starting with its root: those of its declared modules.
fn files_of(file: PathBuf) -> Vec<PathBuf> {
    let text = fs::read_to_string(&file).unwrap();
    let stem = file.file_stem().unwrap().to_str().unwrap();
    let folder = file.parent().unwrap();
    let inside = if ["lib", "main", "mod"].contains(&stem) { folder.to_owned() } else { folder.join(stem) };
    let declared = text.lines().filter_map(|line| {
        let (before, name) = line.trim().strip_suffix(';')?.rsplit_once("mod ")?;
        (before.is_empty() || before.starts_with("pub")).then_some(name)
    });
    let modules = declared.flat_map(|name| {
        let candidates = [inside.join(format!("{name}.rs")), inside.join(name).join("mod.rs")];
        files_of(candidates.into_iter().find(|path| path.exists()).unwrap())
    });
    modules.chain([file]).collect()
}

/// Whether a comment has a code block that rustdoc would run: one without a language, or in Rust.
fn has_doctest(text: &str) -> bool {
    let comments = text.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))
    });
    let mut fences = comments.filter_map(|line| line.trim().strip_prefix("```"));
    let mut openings = std::iter::from_fn(|| {
        let language = fences.next()?;
        fences.next();
        Some(language)
    });
    openings.any(|language| !["json", "sh", "text"].contains(&language))
}

/// `test = false` and `doctest = false` avoid building an empty test program. They must not hide a test.
#[test]
fn a_target_that_is_not_tested_has_no_tests() {
    let arguments = ["metadata", "--offline", "--no-deps", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let targets = packages.flat_map(|package| package["targets"].as_array().unwrap());
    let mut untested = 0;
    for target in targets.filter(|target| target["kind"][0] == "lib" || target["kind"][0] == "bin") {
        for file in files_of(Path::new(target["src_path"].as_str().unwrap()).to_owned()) {
            let text = fs::read_to_string(&file).unwrap();
            let is_test =
                |line: &str| ["#[test]", "#[tokio::test"].iter().any(|start| line.trim().starts_with(start));
            if target["test"] == false {
                untested += 1;
                assert!(!text.lines().any(is_test), "{} has tests that don't run", file.display());
            }
            if target["doctest"] == false {
                assert!(!has_doctest(&text), "{} has examples that don't run", file.display());
            }
        }
    }
    assert!(untested > 20, "{untested}");
}
