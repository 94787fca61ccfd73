//! The metrics that the functions write, which documents, alarms and the dashboard may name.

use local::functions::NAMES;
use shared::log::Event;

/// A metric that functions write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    /// The name of the event that it counts, or `duration`.
    pub(crate) name: String,
    /// CloudWatch's name of its unit.
    pub(crate) unit: &'static str,
    /// The sets of dimensions that it is written with.
    pub(crate) dimensions: Vec<Vec<&'static str>>,
}

/// All metrics.
pub(crate) fn metrics() -> Vec<Metric> {
    let events = Event::ALL
        .into_iter()
        .map(|event| count(event.name().to_owned(), (event == Event::SessionRevoked).then_some("Cause")));
    let duration = Metric {
        name: "duration".to_owned(),
        unit: "Milliseconds",
        dimensions: vec![vec!["Stack"], vec!["Stack", "Function"]],
    };
    events.chain(NAMES.into_iter().flat_map(endings)).chain([duration]).collect()
}

fn count(name: String, by: Option<&'static str>) -> Metric {
    let dimensions = [vec!["Stack"]].into_iter().chain(by.map(|by| vec!["Stack", by])).collect();
    Metric { name, unit: "Count", dimensions }
}

/// The metrics of requests that end without their own event.
fn endings(function: &str) -> Vec<Metric> {
    let prefix = if function == "authorizer" { "access" } else { function };
    let succeeded = ["sessions", "authorize", "userinfo", "metadata"].contains(&function);
    // The rotation's caller can't make a mistake.
    let is_refusing = function != "keys";
    [
        succeeded.then(|| count(format!("{prefix}_succeeded"), None)),
        is_refusing.then(|| count(format!("{prefix}_refused"), Some("Reason"))),
        Some(count(format!("{prefix}_failed"), Some("Reason"))),
    ]
    .into_iter()
    .flatten()
    .collect()
}
