//! Checks the templates with checkov: every finding needs a reason.
//!
//! A reason for all resources of a kind is in `.checkov.yaml`. A reason for one resource is in the template, at that
//! resource: `# checkov:skip=CKV_AWS_115:…`. The examples have all reasons in the templates, since you copy these.

mod report;
mod skips;

use self::{report::Report, skips::Skips};
use crate::{
    packages,
    shell::{TaskError, root, tool_folder},
};

/// Fails unless each finding has a reason. Prints how many have one.
pub(super) fn check(ours: &[&str], examples: &[&str]) -> Result<(), TaskError> {
    let checkov = packages::python("checkov")?.join("checkov");
    let skips = Skips::read()?;
    // One run is at the root, where checkov reads `.checkov.yaml`, the other in a folder without one.
    let ours_as_configured = Report::of(&checkov, root(), ours)?;
    let ours_in_full = Report::of(&checkov, &tool_folder("checkov")?, ours)?;
    let examples = Report::of(&checkov, &tool_folder("checkov")?, examples)?;

    let mut faults = Vec::new();
    for report in [&ours_as_configured, &examples] {
        faults.extend(report.failed().map(|check| check.to_string()));
        faults.extend(report.skipped_without_reason().map(|check| check.to_string()));
    }
    faults.extend(skips.faults(&ours_in_full));
    if faults.is_empty() {
        let passed = ours_as_configured.passed().count() + examples.passed().count();
        let at_resources = ours_as_configured.skipped().count() + examples.skipped().count();
        let of_all = ours_in_full.failed().count();
        println!(
            "checkov: {passed} checks passed; {at_resources} findings have their reasons beside them, and {of_all} in .checkov.yaml"
        );
        return Ok(());
    }
    Err(TaskError(format!("checkov:\n{}", faults.join("\n"))))
}
