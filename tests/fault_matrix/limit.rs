//! The time limits of the functions, as template.yaml sets them.

use std::{sync::LazyLock, time::Duration};

use serde_yaml_ng::Value;

/// Parsed once, since every request needs its time limit.
static TEMPLATE: LazyLock<Value> =
    LazyLock::new(|| serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap());

/// Lambda's time limit for a function: its own in template.yaml, or the global one.
pub(super) fn time_limit(resource: &str) -> Duration {
    let template = &*TEMPLATE;
    let of_all = &template["Globals"]["Function"]["Timeout"];
    let own = template["Resources"][resource]["Properties"].get("Timeout");
    Duration::from_secs(own.unwrap_or(of_all).as_u64().unwrap())
}
