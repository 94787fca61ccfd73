//! A template as CloudFormation gets it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::shell::TaskError;

/// What is true of a translation if it is what was meant, in words.
pub(super) type Fact = (&'static str, bool);

pub(super) struct Translated {
    template: String,
    body: Value,
}

impl Translated {
    pub(super) fn parse(template: &str, translated: &str) -> Result<Self, TaskError> {
        let body = serde_json::from_str(translated).map_err(|e| TaskError(format!("{template}: {e}")))?;
        Ok(Self { template: template.to_owned(), body })
    }

    pub(super) fn to_json(&self) -> String {
        self.body.to_string()
    }

    /// Takes it if all of these hold, and says so.
    pub(super) fn hold(&self, facts: &[Fact]) -> Result<(), TaskError> {
        self.hold_after("valid, linted, translated and linted again", facts)
    }

    /// The same, where something else was done before.
    pub(super) fn hold_after(&self, done: &str, facts: &[Fact]) -> Result<(), TaskError> {
        let template = &self.template;
        if let Some((fact, _)) = facts.iter().find(|(_, holds)| !holds) {
            return Err(TaskError(format!("{template}, translated, contradicts: {fact}")));
        }
        let facts = facts.len();
        println!("{template}: {done}; {facts} facts of the translation hold");
        Ok(())
    }

    /// The resources of a type, each with its name.
    pub(super) fn of_type(&self, kind: &'static str) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.body["Resources"].as_object().into_iter().flatten();
        resources
            .map(|(name, resource)| (name.as_str(), resource))
            .filter(move |(_, resource)| resource["Type"] == kind)
    }

    /// The types of the resources.
    pub(super) fn types(&self) -> BTreeSet<&str> {
        let resources = self.body["Resources"].as_object().into_iter().flatten();
        resources.filter_map(|(_, resource)| resource["Type"].as_str()).collect()
    }

    /// The names of its exports, without this prefix.
    pub(super) fn exports(&self, prefix: &str) -> BTreeSet<String> {
        let outputs = self.body["Outputs"].as_object().into_iter().flatten();
        let names = outputs.filter_map(|(_, output)| output["Export"]["Name"]["Fn::Sub"].as_str());
        names.map(|name| name.strip_prefix(prefix).unwrap_or(name).to_owned()).collect()
    }

    /// The names of all that it imports, without this prefix.
    pub(super) fn imports(&self, prefix: &str) -> BTreeSet<String> {
        let names = imported_below(&self.body).into_iter();
        names.map(|name| name.strip_prefix(prefix).unwrap_or(name).to_owned()).collect()
    }

    /// The definition of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&Value> {
        self.body["Parameters"].get(name)
    }

    /// What a condition is.
    pub(super) fn condition(&self, name: &str) -> Option<&Value> {
        self.body["Conditions"].get(name)
    }

    /// The properties of the resource of this name, if it is of this type.
    pub(super) fn properties(&self, name: &str, kind: &str) -> Option<&Value> {
        let resource = self.body["Resources"].get(name).filter(|resource| resource["Type"] == kind);
        resource.map(|resource| &resource["Properties"])
    }

    /// The one resource of a type, and its name.
    pub(super) fn only(&self, kind: &'static str) -> Result<(&str, &Value), TaskError> {
        let mut resources = self.of_type(kind);
        match (resources.next(), resources.next()) {
            (Some(resource), None) => Ok(resource),
            _ => Err(TaskError(format!("{}, translated, has not one {kind}", self.template))),
        }
    }
}

/// The names that are imported anywhere below a value.
fn imported_below(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(entries) => {
            let name =
                entries.get("Fn::ImportValue").map(|name| name["Fn::Sub"].as_str().unwrap_or_default());
            name.into_iter().chain(entries.values().flat_map(imported_below)).collect()
        }
        Value::Array(values) => values.iter().flat_map(imported_below).collect(),
        _ => Vec::new(),
    }
}

/// The ARN of a function, as the stack of ours exports it.
pub(super) fn imported(function: &str) -> Value {
    json!({ "Fn::ImportValue": { "Fn::Sub": format!("${{LatchgateStack}}-{function}Arn") } })
}

/// The routes of an API's definition, each with its method and whether anybody may call it or only whom the authorizer
/// lets pass: whatever is not surely protected is open.
pub(super) fn routes(definition: &Value, authorizer: &str) -> BTreeSet<String> {
    let is_protected = |operation: &Value| {
        operation["security"].as_array().is_some_and(|alternatives| {
            !alternatives.is_empty() && alternatives.iter().all(|needed| needed.get(authorizer).is_some())
        })
    };
    let paths = definition["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, operation)| {
                format!("{method} {path} {}", if is_protected(operation) { "protected" } else { "open" })
            })
        })
        .collect()
}

/// Whether a REST API answers in the shape of OAuth's errors where no function is asked.
pub(super) fn gateway_responses_are_ours(definition: &Value) -> bool {
    let Some(responses) = definition["x-amazon-apigateway-gateway-responses"].as_object() else {
        return false;
    };
    let is_ours = |response: &Value| {
        let template = response["responseTemplates"]["application/json"].as_str().unwrap_or_default();
        let error: Option<Value> = serde_json::from_str(template).ok();
        error.is_some_and(|e| e["error"].is_string() && e["error_description"].is_string())
            && response["responseParameters"]["gatewayresponse.header.Cache-Control"] == "'no-store'"
    };
    ["UNAUTHORIZED", "ACCESS_DENIED", "DEFAULT_4XX", "DEFAULT_5XX"]
        .iter()
        .all(|kind| responses.contains_key(*kind))
        && responses.values().all(is_ours)
}
