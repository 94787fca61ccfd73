//! The time limits of the functions, as template.yaml sets them.

use std::{sync::LazyLock, time::Duration};

use serde_yaml_ng::Value;

/// Read once, since every request asks for its time limit.
static TEMPLATE: LazyLock<Value> =
    LazyLock::new(|| serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap());

/// How long Lambda lets a function go on, as template.yaml says of it, or of all.
pub(super) fn time_limit(resource: &str) -> Duration {
    let template = &*TEMPLATE;
    let of_all = &template["Globals"]["Function"]["Timeout"];
    let own = template["Resources"][resource]["Properties"].get("Timeout");
    Duration::from_secs(own.unwrap_or(of_all).as_u64().unwrap())
}
