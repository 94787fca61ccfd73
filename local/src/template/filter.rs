//! The filters of event source mappings, as far as the template uses them: which records of a stream call a function.

use serde_json::Value;

/// A pattern of `FilterCriteria`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Value);

impl Filter {
    /// Parses a pattern. `None`, if it has other rules than texts and `exists`.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let pattern: Value = serde_json::from_str(pattern).ok()?;
        (pattern.is_object() && is_known(&pattern)).then_some(Self(pattern))
    }

    /// Whether a record matches: each member of the pattern is in it, and has one of the values in its list.
    pub fn takes(&self, record: &Value) -> bool {
        takes(&self.0, Some(record))
    }
}

fn is_known(pattern: &Value) -> bool {
    match pattern {
        Value::Object(members) => !members.is_empty() && members.values().all(is_known),
        Value::Array(rules) => {
            !rules.is_empty() && rules.iter().all(|rule| rule.is_string() || exists(rule).is_some())
        }
        _ => false,
    }
}

fn takes(pattern: &Value, value: Option<&Value>) -> bool {
    match pattern {
        Value::Object(members) => {
            members.iter().all(|(name, pattern)| takes(pattern, value.and_then(|value| value.get(name))))
        }
        Value::Array(rules) => rules.iter().any(|rule| match exists(rule) {
            // Lambda looks at leaves alone.
            Some(wanted) => value.is_some_and(|value| !value.is_object()) == wanted,
            None => value == Some(rule),
        }),
        _ => false,
    }
}

/// The rule `{ "exists": true }` or `{ "exists": false }`.
fn exists(rule: &Value) -> Option<bool> {
    rule.as_object().filter(|members| members.len() == 1)?.get("exists")?.as_bool()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOTICES: &str = r#"{ "eventName": ["INSERT", "MODIFY"], "dynamodb": { "NewImage": { "notice": { "S": [{ "exists": true }] } } } }"#;

    #[test]
    fn a_record_has_to_match_every_member_and_one_rule_of_each() {
        let filter = Filter::parse(NOTICES).unwrap();
        let record =
            |name: &str, image: Value| json!({ "eventName": name, "dynamodb": { "NewImage": image } });
        let noticed = json!({ "notice": { "S": "theft" }, "user_id": { "S": "ada" } });
        for name in ["INSERT", "MODIFY"] {
            assert!(filter.takes(&record(name, noticed.clone())));
        }
        for (name, image) in [
            ("REMOVE", noticed.clone()),
            ("INSERT", json!({ "user_id": { "S": "ada" } })),
            ("INSERT", json!({ "notice": {} })),
            ("INSERT", json!({ "notice": { "N": "1" } })),
            ("INSERT", Value::Null),
        ] {
            assert!(!filter.takes(&record(name, image.clone())), "{name} {image}");
        }
        assert!(!filter.takes(&json!({})));
        let without = Filter::parse(r#"{ "a": { "b": [{ "exists": false }] } }"#).unwrap();
        assert!(without.takes(&json!({})) && !without.takes(&json!({ "a": { "b": "x" } })));
    }

    #[test]
    fn rules_that_are_not_understood_are_refused() {
        for pattern in [
            "",
            "[]",
            "{}",
            r#"{ "a": "b" }"#,
            r#"{ "a": [] }"#,
            r#"{ "a": [{ "prefix": "b" }] }"#,
            r#"{ "a": [{ "exists": "true" }] }"#,
            r#"{ "a": [{ "exists": true, "prefix": "b" }] }"#,
        ] {
            assert_eq!(Filter::parse(pattern), None, "{pattern}");
        }
    }
}
