//! The metrics that the functions write, as documents, alarms and dashboard may name them.

use local::functions::NAMES;
use shared::log::Event;

/// A metric that functions write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    /// The name of the event that it counts, or `duration`.
    pub(crate) name: String,
    /// CloudWatch's name of its unit.
    pub(crate) unit: &'static str,
    /// The sets of dimensions with which it is written.
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

/// How requests of a function end that have no event of their own.
fn endings(function: &str) -> Vec<Metric> {
    let prefix = if function == "authorizer" { "access" } else { function };
    let succeeded = ["sessions", "metadata"].contains(&function);
    // A caller of the rotation can't be in the wrong.
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
