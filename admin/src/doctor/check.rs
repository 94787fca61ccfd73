//! The result of one check.

use serde::Serialize;
use shared::error::chain;

use crate::error::AdminError;

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It works now. The operator has to act before it stops working.
    Warning,
    /// Not as it should be.
    Wrong,
    /// The check could not be made.
    Unknown,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// The name of the check.
    #[serde(rename = "check")]
    pub name: String,
    /// The outcome of a check.
    #[serde(rename = "result")]
    pub outcome: Outcome,
    /// The finding.
    pub detail: String,
    /// The command or step that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Whether the check failed to run, rather than being left out on purpose.
    #[serde(skip)]
    pub failed: bool,
}

impl Check {
    pub(crate) fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), outcome: Outcome::Ok, detail: detail.into(), remedy: None, failed: false }
    }

    pub(crate) fn unknown(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            outcome: Outcome::Unknown,
            detail: detail.into(),
            remedy: None,
            failed: false,
        }
    }

    /// A check that failed to run: the service didn't answer, or the operator lacks a right. It says nothing
    /// about the deployment, so it has no remedy.
    pub(crate) fn failed(name: impl Into<String>, error: &AdminError) -> Self {
        Self::unanswered(name, chain(error))
    }

    /// Like [`Check::failed`], for a failure that isn't an error of a command.
    pub(crate) fn unanswered(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { failed: true, ..Self::unknown(name, detail) }
    }

    pub(crate) fn warning(
        name: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let remedy = Some(remedy.into());
        Self { name: name.into(), outcome: Outcome::Warning, detail: detail.into(), remedy, failed: false }
    }

    pub(crate) fn wrong(
        name: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let remedy = Some(remedy.into());
        Self { name: name.into(), outcome: Outcome::Wrong, detail: detail.into(), remedy, failed: false }
    }
}
