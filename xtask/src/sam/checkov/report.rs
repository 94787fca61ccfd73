//! A report of checkov.

use std::{fmt, path::Path};

use serde_json::Value;

use crate::shell::{TaskError, program, root};

/// The results of one run, by the outcome of each check at each resource.
pub(super) struct Report(Value);

impl Report {
    /// Runs checkov in this folder, which may have a configuration, on these templates.
    pub(super) fn of(checkov: &Path, folder: &Path, templates: &[&str]) -> Result<Self, TaskError> {
        let mut command =
            program(checkov, &["--framework", "cloudformation", "--skip-download", "--output", "json"]);
        command.current_dir(folder);
        for template in templates {
            command.arg("--file").arg(root().join(template));
        }
        let answer = command.output().map_err(|e| TaskError(format!("checkov: {e}")))?;
        let report: Value = serde_json::from_slice(&answer.stdout).map_err(|e| {
            TaskError(format!("checkov reported nothing: {e}\n{}", String::from_utf8_lossy(&answer.stderr)))
        })?;
        let (summary, results) = (&report["summary"], &report["results"]);
        // An unreadable template has no findings.
        let unread = results["parsing_errors"].as_array().is_none_or(|errors| !errors.is_empty());
        if unread || summary["passed"].as_u64().is_none_or(|passed| passed == 0) {
            return Err(TaskError(format!("checkov did not read the templates: {summary}")));
        }
        Ok(Self(report))
    }

    #[cfg(test)]
    pub(super) fn with_results(results: &Value) -> Self {
        Self(serde_json::json!({ "results": results }))
    }

    pub(super) fn passed(&self) -> impl Iterator<Item = Check<'_>> {
        self.results("passed_checks")
    }

    pub(super) fn failed(&self) -> impl Iterator<Item = Check<'_>> {
        self.results("failed_checks")
    }

    /// The checks that a comment at the resource skips.
    pub(super) fn skipped(&self) -> impl Iterator<Item = Check<'_>> {
        self.results("skipped_checks")
    }

    pub(super) fn skipped_without_reason(&self) -> impl Iterator<Item = Check<'_>> {
        self.skipped().filter(|check| {
            let reason = check.0["check_result"]["suppress_comment"].as_str();
            !reason.is_some_and(|reason| reason.contains(' '))
        })
    }

    fn results(&self, name: &str) -> impl Iterator<Item = Check<'_>> {
        self.0["results"][name].as_array().into_iter().flatten().map(Check)
    }
}

/// A check at one resource.
pub(super) struct Check<'a>(&'a Value);

impl Check<'_> {
    /// Its identifier, like `CKV_AWS_115`.
    pub(super) fn id(&self) -> &str {
        self.0["check_id"].as_str().unwrap_or_default()
    }
}

impl fmt::Display for Check<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name: &str| self.0[name].as_str().unwrap_or_default();
        let (file, resource, name) = (text("file_path"), text("resource"), text("check_name"));
        write!(f, "  {} {file} {resource}: {name}", self.id())
    }
}
