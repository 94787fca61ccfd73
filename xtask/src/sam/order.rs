//! The order in which CloudFormation creates a stack's resources: a resource waits for those that it references or
//! names in `DependsOn`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::translated::Translated;

/// The resources that each resource waits for, directly or indirectly.
pub(super) struct Order<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

impl<'a> Order<'a> {
    pub(super) fn of(stack: &'a Translated) -> Self {
        let resources: BTreeMap<&str, &Value> = stack.resources().collect();
        let mut waits: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, resource) in &resources {
            let mut named = BTreeSet::new();
            names_below(resource, &mut named);
            waits.insert(name, named.into_iter().filter(|other| resources.contains_key(other)).collect());
        }
        // Repeated until nothing is added: each resource also waits for what its dependencies wait for.
        loop {
            let further = waits.iter().map(|(name, direct)| {
                let indirect = direct.iter().flat_map(|other| &waits[other]);
                (*name, direct.iter().chain(indirect).copied().collect::<BTreeSet<_>>())
            });
            let further: BTreeMap<_, _> = further.collect();
            if further == waits {
                return Self(waits);
            }
            waits = further;
        }
    }

    /// Whether no resource waits for itself. CloudFormation would refuse that.
    pub(super) fn has_no_circle(&self) -> bool {
        self.0.iter().all(|(name, others)| !others.contains(name))
    }

    /// Whether this resource waits for that one.
    pub(super) fn waits(&self, later: &str, earlier: &str) -> bool {
        self.0.get(later).is_some_and(|others| others.contains(earlier))
    }

    /// Whether both types exist, and each resource of the later type waits for one of the earlier.
    pub(super) fn has(&self, stack: &Translated, earlier: &'static str, later: &'static str) -> bool {
        let earlier: Vec<&str> = stack.of_type(earlier).map(|(name, _)| name).collect();
        stack.of_type(later).count() > 0
            && stack
                .of_type(later)
                .all(|(name, _)| earlier.iter().any(|earlier| self.0[name].contains(earlier)))
    }
}

/// All names in a value that may be resources: rather too many than too few.
pub(super) fn names_below<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("Ref" | "DependsOn", Value::String(name)) => {
                        names.insert(name);
                    }
                    ("Fn::GetAtt", Value::String(name)) => {
                        names.extend(name.split('.').next());
                    }
                    ("Fn::GetAtt" | "DependsOn", Value::Array(list)) => {
                        names.extend(list.iter().filter_map(Value::as_str));
                    }
                    ("Fn::Sub", Value::String(text)) => names.extend(names_in(text)),
                    ("Fn::Sub", Value::Array(list)) => {
                        names.extend(list.first().and_then(Value::as_str).into_iter().flat_map(names_in));
                        for value in list {
                            names_below(value, names);
                        }
                    }
                    _ => names_below(value, names),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                names_below(value, names);
            }
        }
        _ => {}
    }
}

/// The names in the braces of a text: in `${Api.Stage}`, `Api`.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let braces = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    braces.filter_map(|name| name.split('.').next())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stack(resources: &Value) -> Translated {
        Translated::parse("test", &json!({ "Resources": resources }).to_string()).unwrap()
    }

    #[test]
    fn a_resource_waits_for_its_references_and_for_theirs() {
        let by = [
            json!({ "DependsOn": "First" }),
            json!({ "DependsOn": ["First"] }),
            json!({ "Properties": { "A": { "Ref": "First" } } }),
            json!({ "Properties": { "A": [{ "Fn::GetAtt": ["First", "Arn"] }] } }),
            json!({ "Properties": { "A": { "Fn::If": ["C", { "Fn::GetAtt": "First.Arn" }, "no"] } } }),
            json!({ "Properties": { "A": { "Fn::Sub": "a-${First.Arn}" } } }),
            json!({ "Properties": { "A": { "Fn::Sub": ["${X}", { "X": { "Ref": "First" } }] } } }),
        ];
        for mut last in by {
            last["Type"] = json!("Last");
            let stack = stack(&json!({
                "First": { "Type": "First" },
                "Other": { "Type": "Other" },
                "Middle": { "Type": "Middle", "DependsOn": "First" },
                "Last": last,
                "End": { "Type": "End", "DependsOn": "Last" },
            }));
            let order = Order::of(&stack);
            assert!(order.has(&stack, "First", "Last") && order.has(&stack, "First", "End"), "{last}");
            assert!(!order.has(&stack, "Other", "Last") && !order.has(&stack, "Last", "First"), "{last}");
            assert!(!order.has(&stack, "First", "None") && order.has_no_circle());
        }
    }

    #[test]
    fn a_long_circle_is_found() {
        let circle = stack(&json!({
            "A": { "DependsOn": "B" }, "B": { "DependsOn": "C" }, "C": { "Properties": { "Ref": "A" } },
        }));
        assert!(!Order::of(&circle).has_no_circle());
    }
}
