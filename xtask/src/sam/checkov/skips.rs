//! The checks that `.checkov.yaml` skips at every resource.

use super::report::Report;
use crate::shell::{TaskError, root};

const FILE: &str = ".checkov.yaml";

/// The identifiers of these checks.
pub(super) struct Skips(Vec<String>);

impl Skips {
    pub(super) fn read() -> Result<Self, TaskError> {
        let text = std::fs::read_to_string(root().join(FILE));
        text.map_err(|e| TaskError(format!("{FILE}: {e}"))).and_then(|text| Self::parse(&text))
    }

    /// Parses the configuration. Each skip needs a comment with its reason on the line before.
    fn parse(text: &str) -> Result<Self, TaskError> {
        let mut ids = Vec::new();
        let mut before = "";
        for line in text.lines() {
            if let Some(id) = line.trim().strip_prefix("- ") {
                if !before.starts_with("  # ") {
                    return Err(TaskError(format!("{FILE}: {id} has no reason on the line before")));
                }
                ids.push(id.to_owned());
            }
            before = line;
        }
        Ok(Self(ids))
    }

    /// The faults of the skips, given all checks of the templates.
    ///
    /// A skip hides the check at every resource. So no resource may pass it, because a later change that breaks that
    /// resource would go unnoticed.
    pub(super) fn faults(&self, all: &Report) -> Vec<String> {
        let is_skipped = |id: &str| self.0.iter().any(|skip| skip == id);
        let hidden = all.passed().filter(|check| is_skipped(check.id()));
        let hidden =
            hidden.map(|check| format!("{check}\n    passes, and {FILE} would hide it if it failed"));
        let unused = self.0.iter().filter(|skip| all.failed().all(|check| check.id() != *skip));
        let unused = unused.map(|skip| format!("  {skip} of {FILE} is found nowhere"));
        hidden.chain(unused).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CONFIGURATION: &str = "skip-check:\n  # The reason.\n  - CKV_1\n  # Another one.\n  - CKV_2\n";

    #[test]
    fn a_skip_without_a_reason_is_refused() {
        assert_eq!(Skips::parse(CONFIGURATION).unwrap().0, ["CKV_1", "CKV_2"]);
        assert!(Skips::parse(&CONFIGURATION.replace("  # Another one.\n", "")).is_err());
    }

    #[test]
    fn a_skip_hides_no_check_that_passes_and_is_needed() {
        let skips = Skips::parse(CONFIGURATION).unwrap();
        let faults = |passed: &[&str], failed: &[&str]| {
            let checks = |ids: &[&str]| ids.iter().map(|id| json!({ "check_id": id })).collect::<Vec<_>>();
            let results = json!({ "passed_checks": checks(passed), "failed_checks": checks(failed) });
            skips.faults(&Report::with_results(&results)).len()
        };
        assert_eq!(faults(&["CKV_3"], &["CKV_1", "CKV_2", "CKV_2"]), 0);
        assert_eq!(faults(&["CKV_1"], &["CKV_1", "CKV_2"]), 1);
        assert_eq!(faults(&[], &["CKV_1"]), 1);
    }

    #[test]
    fn each_skip_of_the_project_has_its_reason() {
        assert!(!Skips::read().unwrap().0.is_empty());
    }
}
