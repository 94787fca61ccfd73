//! The workspace: what a Lambda package may and may not depend on.

use std::process::Command;

/// The crates that a package is built from, itself included.
fn crates_of(package: &str) -> Vec<String> {
    let cargo = env!("CARGO");
    let arguments = [
        "tree",
        "--offline",
        "--package",
        package,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let output = Command::new(cargo).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// What serves or operates the API elsewhere, and second crypto libraries.
const UNWANTED: [&str; 17] = [
    "admin",
    "aws-sdk-cloudformation",
    "aws-sdk-sso",
    "axum",
    "clap",
    "comfy-table",
    "port-file",
    "dynoxide-rs",
    "indicatif",
    "local",
    "native-tls",
    "openssl",
    "ring",
    "rpassword",
    "rsa",
    "rusqlite",
    "serde_yaml_ng",
];

#[test]
fn lambda_packages_have_no_server_framework_no_local_engine_and_one_crypto_library() {
    for package in ["login", "refresh", "logout", "sessions", "password", "authorizer", "keys", "metadata"] {
        let crates = crates_of(package);
        assert!(crates.iter().any(|name| name == "aws-lc-rs"), "{package}: the list is the right one");
        for unwanted in UNWANTED {
            assert!(!crates.iter().any(|name| name == unwanted), "{package} depends on {unwanted}");
        }
    }
}

#[test]
fn functions_that_take_no_password_have_nothing_that_hashes_one() {
    for package in ["refresh", "logout", "sessions", "authorizer", "keys", "metadata", "shared"] {
        assert!(!crates_of(package).iter().any(|name| name == "argon2"), "{package}");
    }
}
