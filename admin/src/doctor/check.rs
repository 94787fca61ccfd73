//! One thing that was looked at.

use serde::Serialize;
use shared::error::chain;

use crate::error::AdminError;

/// How it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It works, and needs somebody's attention before it doesn't.
    Warning,
    /// Not as it should be.
    Wrong,
    /// It could not be looked at.
    Unknown,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    #[serde(rename = "check")]
    pub name: String,
    /// How it was found.
    #[serde(rename = "result")]
    pub outcome: Outcome,
    /// What was found.
    pub detail: String,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Whether it should have been looked at, and asking failed.
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

    /// Nobody answered, or this operator may not ask: that says nothing of the deployment, and so nothing mends it there.
    pub(crate) fn failed(name: impl Into<String>, error: &AdminError) -> Self {
        Self { failed: true, ..Self::unknown(name, chain(error)) }
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
