//! What checkov finds in the templates: nothing that has no reason beside it.
//!
//! A reason stands in the template, at the resource that it is about:
//! `Metadata: { checkov: { skip: [{ id: CKV_AWS_117, comment: … }] } }`.

use serde_json::Value;

use crate::{
    packages,
    shell::{TaskError, program},
};

const PACKAGE: &str = "checkov==3.3.30";

/// Takes the templates if each finding has its reason, and says how many have.
pub(super) fn check(templates: &[&str]) -> Result<(), TaskError> {
    let programs = packages::python("checkov", &[PACKAGE])?;
    let mut arguments = vec!["--framework", "cloudformation", "--skip-download", "--output", "json"];
    arguments.extend(templates.iter().flat_map(|template| ["--file", template]));
    let mut checkov = program(programs.join("checkov"), &arguments);
    let answer = checkov.output().map_err(|e| TaskError(format!("checkov: {e}")))?;
    let report: Value = serde_json::from_slice(&answer.stdout).map_err(|e| {
        TaskError(format!("checkov reported nothing: {e}\n{}", String::from_utf8_lossy(&answer.stderr)))
    })?;
    let (summary, results) = (&report["summary"], &report["results"]);
    // What it can't read, it finds nothing in.
    let unread = results["parsing_errors"].as_array().is_none_or(|errors| !errors.is_empty());
    if unread || summary["passed"].as_u64().is_none_or(|passed| passed == 0) {
        return Err(TaskError(format!("checkov did not read the templates: {summary}")));
    }
    let findings = lines(&results["failed_checks"]);
    let bare = lines_without_reason(&results["skipped_checks"]);
    if findings.is_empty() && bare.is_empty() {
        let (passed, skipped) = (&summary["passed"], &summary["skipped"]);
        println!("checkov: {passed} checks passed; {skipped} findings have their reasons beside them");
        return Ok(());
    }
    Err(TaskError(format!(
        "checkov, without a reason in the template:\n{}",
        [findings, bare].concat().join("\n")
    )))
}

fn lines(checks: &Value) -> Vec<String> {
    checks.as_array().into_iter().flatten().map(line).collect()
}

/// What is only switched off.
fn lines_without_reason(checks: &Value) -> Vec<String> {
    let has_reason = |check: &Value| {
        let reason = check["check_result"]["suppress_comment"].as_str();
        reason.is_some_and(|reason| reason.contains(' '))
    };
    checks.as_array().into_iter().flatten().filter(|check| !has_reason(check)).map(line).collect()
}

fn line(check: &Value) -> String {
    let text = |name: &str| check[name].as_str().unwrap_or_default();
    format!("  {} {} {}: {}", text("check_id"), text("file_path"), text("resource"), text("check_name"))
}
