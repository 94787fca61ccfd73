//! The effect of new values on a stack's resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::resolved::Resolved;

/// The properties, by resource type, whose change replaces a resource, such as `/properties/TableName`.
pub(super) type Replacing = BTreeMap<String, Vec<String>>;

/// The effect of an update on a resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Created,
    Removed,
    Replaced,
    /// Changed in place at these paths, such as `/properties/Environment/Variables/ISSUER`.
    Changed(BTreeSet<String>),
}

/// An update of a stack.
pub(super) struct Update<'a> {
    pub(super) before: &'a Resolved,
    pub(super) after: &'a Resolved,
    /// The effect on each affected resource.
    pub(super) fates: BTreeMap<&'a str, Fate>,
    /// The outputs whose exported value changes or disappears.
    pub(super) exports: BTreeSet<&'a str>,
}

/// The types that define a REST API. A stage serves the last deployed definition.
const REST: [&str; 5] = ["RestApi", "Method", "Resource", "Authorizer", "GatewayResponse"];
/// The types that define an HTTP API.
const HTTP: [&str; 4] = ["Api", "Route", "Integration", "Authorizer"];

impl<'a> Update<'a> {
    pub(super) fn new(before: &'a Resolved, after: &'a Resolved, replacing: &Replacing) -> Self {
        let names = before.resources.keys().chain(after.resources.keys());
        let names: BTreeSet<&str> = names.map(String::as_str).collect();
        let is_deployment = |name: &&str| {
            before.resources.get(*name).is_some_and(|it| it["Type"] == "AWS::ApiGateway::Deployment")
        };
        let is_deployed = before.deployments != after.deployments;
        let mut replaced: BTreeSet<&str> =
            names.iter().copied().filter(is_deployment).filter(|_| is_deployed).collect();
        // A replaced resource changes the resources that name it, which may replace those in turn.
        loop {
            let count = replaced.len();
            let fate = |name| {
                Some((
                    name,
                    fate(before.resources.get(name), after.resources.get(name), replacing, &replaced)?,
                ))
            };
            let mut fates: BTreeMap<&str, Fate> = names.iter().copied().filter_map(fate).collect();
            replaced.extend(fates.iter().filter(|(_, fate)| **fate == Fate::Replaced).map(|(name, _)| *name));
            if replaced.len() == count {
                fates.extend(replaced.iter().map(|name| (*name, Fate::Replaced)));
                let exports = exports(before, after, &replaced);
                return Self { before, after, fates, exports };
            }
        }
    }

    /// The type of a resource from before or after the update.
    pub(super) fn kind(&self, name: &str) -> &'a str {
        let resource = self.after.resources.get(name).or(self.before.resources.get(name));
        resource.and_then(|resource| resource["Type"].as_str()).unwrap_or_default()
    }

    /// Whether an API changes while its stage still serves the old one.
    pub(super) fn is_undeployed(&self) -> bool {
        let changes = |service: &str, parts: &[&str]| {
            let kinds = self.fates.keys().map(|name| self.kind(name));
            kinds.filter_map(|kind| kind.strip_prefix(service)).any(|kind| parts.contains(&kind))
        };
        let mut stages = self.after.resources.values().filter(|it| it["Type"] == "AWS::ApiGatewayV2::Stage");
        changes("AWS::ApiGateway::", &REST) && self.before.deployments == self.after.deployments
            || changes("AWS::ApiGatewayV2::", &HTTP)
                && stages.any(|stage| stage["Properties"]["AutoDeploy"] != true)
    }
}

fn fate(
    before: Option<&Value>,
    after: Option<&Value>,
    replacing: &Replacing,
    replaced: &BTreeSet<&str>,
) -> Option<Fate> {
    let (Some(before), Some(after)) = (before, after) else {
        return match (before, after) {
            (None, Some(_)) => Some(Fate::Created),
            (Some(_), None) => Some(Fate::Removed),
            _ => None,
        };
    };
    let paths = differences(before, after, replaced);
    let kind = after["Type"].as_str().unwrap_or_default();
    let is_fixed =
        |path: &String| replacing.get(kind).into_iter().flatten().any(|property| is_within(path, property));
    if before["Type"] != after["Type"] || paths.iter().any(is_fixed) {
        return Some(Fate::Replaced);
    }
    Some(Fate::Changed(paths)).filter(|fate| *fate != Fate::Changed(BTreeSet::new()))
}

/// The paths at which two resources differ, or name a replaced one.
fn differences(before: &Value, after: &Value, replaced: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    collect(before, after, "", replaced, &mut paths);
    paths.iter().map(|path| path.replacen("/Properties/", "/properties/", 1)).collect()
}

fn collect(
    before: &Value,
    after: &Value,
    path: &str,
    replaced: &BTreeSet<&str>,
    paths: &mut BTreeSet<String>,
) {
    match (before, after) {
        (before, after) if before == after && !names_any(after, replaced) => {}
        (Value::Object(old), Value::Object(new)) if !is_function(before) && !is_function(after) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                collect(&before[name], &after[name], &format!("{path}/{name}"), replaced, paths);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (before, after)) in old.iter().zip(new).enumerate() {
                collect(before, after, &format!("{path}/{index}"), replaced, paths);
            }
        }
        _ => {
            paths.insert(path.to_owned());
        }
    }
}

fn is_function(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| members.keys().any(|name| name == "Ref" || name.starts_with("Fn::")))
}

/// Whether a value references one of these resources.
fn names_any(value: &Value, resources: &BTreeSet<&str>) -> bool {
    if resources.is_empty() {
        return false;
    }
    match value {
        Value::Array(members) => members.iter().any(|member| names_any(member, resources)),
        Value::Object(members) => members.iter().any(|(name, member)| match (name.as_str(), member) {
            ("Ref", Value::String(named)) => resources.contains(named.as_str()),
            ("Fn::GetAtt", named) => {
                let named = named.as_str().or(named[0].as_str()).unwrap_or_default();
                resources.contains(named.split('.').next().unwrap_or_default())
            }
            ("Fn::Sub", text) => {
                let named = text.as_str().or(text[0].as_str()).unwrap_or_default().split("${").skip(1);
                let mut named = named.filter_map(|rest| rest.split(['.', '}']).next());
                named.any(|name| resources.contains(name)) || names_any(&text[1], resources)
            }
            _ => names_any(member, resources),
        }),
        _ => false,
    }
}

/// Whether a path is at, within or above this property. An asterisk stands for any index.
fn is_within(path: &str, property: &str) -> bool {
    path.split('/').zip(property.split('/')).all(|(one, other)| one == other || other == "*")
}

fn exports<'a>(before: &'a Resolved, after: &Resolved, replaced: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let exported = before.outputs.iter().filter(|(_, output)| output.get("Export").is_some());
    let is_other = |name: &str, old: &Value| {
        after.outputs.get(name).is_none_or(|new| !differences(old, new, replaced).is_empty())
    };
    exported.filter(|(name, old)| is_other(name, old)).map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolved(resources: Value, deployment: &str) -> Resolved {
        let Value::Object(resources) = resources else { panic!("resources are an object") };
        Resolved {
            resources,
            outputs: serde_json::Map::new(),
            conditions: BTreeSet::new(),
            deployments: [deployment.to_owned()].into(),
        }
    }

    fn api(origin: &str, table: &str) -> Value {
        json!({
            "Api": { "Type": "AWS::ApiGateway::RestApi", "Properties": { "Body": origin } },
            "ApiDeployment": { "Type": "AWS::ApiGateway::Deployment", "Properties": { "RestApiId": { "Ref": "Api" } } },
            "Stage": { "Type": "AWS::ApiGateway::Stage", "Properties": { "DeploymentId": { "Ref": "ApiDeployment" } } },
            "Table": { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": table } },
            "Policy": { "Type": "X", "Properties": { "Arn": { "Fn::Sub": "${Table.Arn}/*" }, "Other": "${Table}" } },
        })
    }

    #[test]
    fn a_replaced_resource_changes_those_that_name_it() {
        let replacing =
            [("AWS::DynamoDB::Table".to_owned(), vec!["/properties/TableName".to_owned()])].into();
        let (before, after) = (resolved(api("a", "t"), "d1"), resolved(api("a", "u"), "d1"));
        let update = Update::new(&before, &after, &replacing);
        let changed = |path: &str| Fate::Changed([path.to_owned()].into());
        assert_eq!(update.fates, [("Policy", changed("/properties/Arn")), ("Table", Fate::Replaced)].into());
    }

    #[test]
    fn an_api_that_changes_needs_another_deployment() {
        let (before, replacing) = (resolved(api("a", "t"), "d1"), Replacing::new());
        for (origin, deployment, is_undeployed) in [("b", "d1", true), ("b", "d2", false), ("a", "d1", false)]
        {
            let after = resolved(api(origin, "t"), deployment);
            assert_eq!(
                Update::new(&before, &after, &replacing).is_undeployed(),
                is_undeployed,
                "{origin} {deployment}"
            );
        }
    }

    #[test]
    fn a_stage_of_an_http_api_has_to_follow_it() {
        let http = |origin: &str, follows: bool| {
            json!({
                "Api": { "Type": "AWS::ApiGatewayV2::Api", "Properties": { "CorsConfiguration": origin } },
                "Stage": { "Type": "AWS::ApiGatewayV2::Stage", "Properties": { "AutoDeploy": follows } },
            })
        };
        for follows in [true, false] {
            let (before, after) = (resolved(http("a", follows), ""), resolved(http("b", follows), ""));
            assert_eq!(Update::new(&before, &after, &Replacing::new()).is_undeployed(), !follows);
        }
    }

    #[test]
    fn a_part_of_a_property_and_the_whole_of_its_parent_are_within_it() {
        for path in ["/properties/Key/0/Name", "/properties/Key", "/properties"] {
            assert!(is_within(path, "/properties/Key/*/Name"), "{path}");
        }
        assert!(!is_within("/properties/Key/0/Type", "/properties/Key/*/Name"));
    }
}
