//! ARCHITECTURE.md, "Where a change goes": the named files are the ones that contain the code in question.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use local::functions::NAMES;
use serde_yaml_ng::Value;
use shared::{environment::variable, keys::SigningAlgorithm, route};

const PAGE: &str = include_str!("../ARCHITECTURE.md");
const TEMPLATE: &str = include_str!("../template.yaml");
const HTTP_TEMPLATE: &str = include_str!("../template-http.yaml");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The product's code without its tests: paths from the root, and texts.
fn product() -> Vec<(String, String)> {
    let mut folders: Vec<PathBuf> =
        ["shared", "passwords", "mails", "admin", "local"].map(|name| root().join(name).join("src")).into();
    folders.extend(NAMES.map(|name| root().join("functions").join(name).join("src")));
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("verify/tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                files.push((name, code));
            }
        }
    }
    assert!(files.len() > 150, "they were found");
    files
}

/// The paths in the row of this change.
fn listed(change: &str) -> BTreeSet<String> {
    let row = PAGE.lines().find(|line| line.starts_with(&format!("| {change} |")));
    let row = row.unwrap_or_else(|| panic!("there is no row for {change}"));
    row.split('`').skip(1).step_by(2).filter(|text| text.contains(['/', '.'])).map(str::to_owned).collect()
}

/// The Rust files in that row.
fn listed_code(change: &str) -> BTreeSet<String> {
    let is_code = |path: &String| Path::new(path).extension().is_some_and(|e| e == "rs");
    listed(change).into_iter().filter(is_code).collect()
}

/// The product's files for which `is_it` holds.
fn files_where(is_it: impl Fn(&str, &str) -> bool) -> BTreeSet<String> {
    product().into_iter().filter(|(name, code)| is_it(name, code)).map(|(name, _)| name).collect()
}

#[test]
fn every_path_on_the_page_exists() {
    for row in PAGE.lines().filter(|line| line.starts_with("| ")) {
        for path in row.split('`').skip(1).step_by(2).filter(|text| text.contains('/')) {
            let is_path = path.split('/').all(|part| !part.is_empty()) && !path.contains(['{', ' ', '…']);
            if is_path && !path.contains("NAME") {
                assert!(root().join(path).exists(), "{path}");
            }
        }
    }
}

#[test]
fn an_algorithm_is_named_in_the_files_that_are_listed() {
    let is_named = |_: &str, code: &str| ["::Es256", "::EdDsa", "::Rs256"].iter().all(|v| code.contains(v));
    let mut expected = files_where(is_named);
    let by_name = [
        "shared/src/dpop/mod.rs",
        "xtask/src/verifiers.rs",
        "bench/src/verification/sample.rs",
        "bench/src/instructions/operation.rs",
    ];
    expected.extend(by_name.map(str::to_owned));
    assert_eq!(expected, listed_code("a signing algorithm"));
    let template: Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
    let allowed = &template["Parameters"]["SigningAlgorithm"]["AllowedValues"];
    let allowed: Vec<_> = allowed.as_sequence().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert_eq!(allowed, SigningAlgorithm::ALL.map(SigningAlgorithm::name));
}

#[test]
fn a_standard_claim_is_named_in_the_files_that_are_listed() {
    let is_named = |name: &str, code: &str| {
        let is_of_tokens = name.starts_with("shared/src/tokens") || name == "shared/src/claims.rs";
        is_of_tokens && code.contains("auth_time")
    };
    assert_eq!(
        files_where(is_named),
        listed_code("a claim that Latchgate sets (a user's own needs no code)")
    );
}

#[test]
fn a_variable_is_named_in_one_file_of_the_code_and_in_the_template() {
    for name in variable::ALL {
        let literal = format!("\"{name}\"");
        let files = files_where(|_, code| code.contains(&literal));
        assert_eq!(files, BTreeSet::from(["shared/src/environment.rs".to_owned()]), "{name}");
    }
    assert!(
        listed("a variable")
            .is_superset(&["shared/src/environment.rs", "template.yaml"].map(str::to_owned).into())
    );
}

#[test]
fn the_routes_are_those_of_both_templates() {
    let without_parameter = |path: &str| path.split("/{").next().unwrap().to_owned();
    let rest: BTreeSet<String> = TEMPLATE
        .lines()
        .filter(|line| line.contains("RestApiId: !Ref Api"))
        .filter_map(|line| line.split("Path: ").nth(1)?.split(',').next())
        .map(|path| without_parameter(path.trim_matches('"')))
        .collect();
    let http: BTreeSet<String> = HTTP_TEMPLATE
        .lines()
        .filter_map(|line| line.trim().strip_prefix("RouteKey: ")?.split(' ').nth(1))
        .map(|path| without_parameter(path.trim_matches('"')))
        .collect();
    let all: BTreeSet<String> = route::ALL.map(str::to_owned).into();
    assert_eq!((&rest, &http), (&all, &all));
    let listed = listed("a route");
    assert_eq!(
        listed,
        [
            "template.yaml",
            "template-http.yaml",
            "shared/src/route.rs",
            "openapi.yaml",
            "xtask/src/sam/stack.rs",
            "xtask/src/sam/http_api.rs",
        ]
        .map(str::to_owned)
        .into()
    );
}

#[test]
fn a_function_is_named_in_the_files_that_are_listed() {
    let folders = fs::read_dir(root().join("functions")).unwrap();
    let folders: BTreeSet<_> =
        folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(folders, NAMES.map(str::to_owned).into());
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for name in NAMES {
        assert!(TEMPLATE.contains(&format!("CodeUri: functions/{name}/")), "{name}");
        assert!(manifest.contains(&format!("{name} = {{ path = \"functions/{name}\" }}")), "{name}");
    }
    assert!(listed("a function").contains("local/src/functions.rs"));
}

#[test]
fn a_table_is_named_in_the_files_that_are_listed() {
    let template: Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
    let resources = template["Resources"].as_mapping().unwrap();
    let is_table = |resource: &Value| resource["Type"] == "AWS::DynamoDB::Table";
    let tables: Vec<_> = resources.iter().filter(|(_, resource)| is_table(resource)).collect();
    assert_eq!(tables.len(), 9);
    for (name, _) in tables {
        let name = name.as_str().unwrap().strip_suffix("Table").unwrap().to_uppercase();
        assert!(variable::ALL.contains(&&*format!("{name}_TABLE")), "{name}");
    }
    let expected = [
        "template.yaml",
        "shared/src/store/attribute.rs",
        "shared/src/store",
        "shared/src/environment.rs",
        "admin/src/deployment/tables.rs",
        "admin/src/doctor/tables.rs",
        "template-alarms.yaml",
        "xtask/src/sam/roles.rs",
        "docs/design.md",
    ];
    assert_eq!(listed("a table"), expected.map(str::to_owned).into());
}
