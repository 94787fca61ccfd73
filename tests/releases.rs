//! A release's statements about itself: the workspace, the template and the changelog have one version.

use std::path::Path;

use serde_yaml_ng::Value;

const TEMPLATE: &str = include_str!("../template.yaml");
const CHANGELOG: &str = include_str!("../CHANGELOG.md");

fn application() -> Value {
    let template: Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
    template["Metadata"]["AWS::ServerlessRepo::Application"].clone()
}

#[test]
fn the_template_has_the_version_of_the_workspace() {
    assert_eq!(application()["SemanticVersion"].as_str(), Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_changelog_has_a_section_for_unreleased_or_for_this_version() {
    let this = format!("## {}", env!("CARGO_PKG_VERSION"));
    assert!(CHANGELOG.lines().any(|line| line == "## Unreleased" || line.starts_with(&this)));
}

/// The limits are those of the AWS SAM Developer Guide, "AWS SAM template Metadata section properties".
#[test]
fn the_templates_metadata_meets_the_limits_of_the_application_repository() {
    let application = application();
    let text = |name: &str| application[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
    assert!(text("Name").bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    assert!((1..=256).contains(&text("Description").len()));
    let author = text("Author");
    assert!(author.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{author}");
    // An SPDX licence. The workspace offers a choice of two, which the repository doesn't accept.
    assert!(env!("CARGO_PKG_LICENSE").split(" OR ").any(|licence| licence == text("SpdxLicenseId")));
    for file in [text("LicenseUrl"), text("ReadmeUrl")] {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&file).is_file(), "{file}");
    }
    let labels = application["Labels"].as_sequence().unwrap();
    assert!((1..=10).contains(&labels.len()));
}
