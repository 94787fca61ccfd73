//! Resources of a template, by their type.

use serde_yaml_ng::{Mapping, Value};

/// The resources of this type, with their logical ids.
pub(super) fn of_type<'a>(
    resources: &'a Mapping,
    kind: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    resources
        .iter()
        .filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind))
        .filter_map(|(id, resource)| Some((id.as_str()?, resource)))
}
