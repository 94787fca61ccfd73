//! A template as CloudFormation receives it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::shell::TaskError;

/// A fact about a correct translation, in words, and whether it holds.
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

    /// Fails unless all facts hold, and prints a summary.
    pub(super) fn hold(&self, facts: &[Fact]) -> Result<(), TaskError> {
        self.hold_after("valid, linted and translated", facts)
    }

    /// Fails unless all facts hold, and prints a summary that names the earlier checks in `done`.
    pub(super) fn hold_after(&self, done: &str, facts: &[Fact]) -> Result<(), TaskError> {
        let template = &self.template;
        if let Some((fact, _)) = facts.iter().find(|(_, holds)| !holds) {
            return Err(TaskError(format!("{template}, translated, contradicts: {fact}")));
        }
        let facts = facts.len();
        println!("{template}: {done}; {facts} facts of the translation hold");
        Ok(())
    }

    /// The resources, each with its name.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.body["Resources"].as_object().into_iter().flatten();
        resources.map(|(name, resource)| (name.as_str(), resource))
    }

    /// The resources of a type, each with its name.
    pub(super) fn of_type(&self, kind: &'static str) -> impl Iterator<Item = (&str, &Value)> {
        self.resources().filter(move |(_, resource)| resource["Type"] == kind)
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

    /// The names of its imports, without this prefix.
    pub(super) fn imports(&self, prefix: &str) -> BTreeSet<String> {
        let names = imported_below(&self.body).into_iter();
        names.map(|name| name.strip_prefix(prefix).unwrap_or(name).to_owned()).collect()
    }

    /// The names of its parameters.
    pub(super) fn parameter_names(&self) -> impl Iterator<Item = &str> {
        self.body["Parameters"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// A rule, or null.
    pub(super) fn rule(&self, name: &str) -> &Value {
        &self.body["Rules"][name]
    }

    /// A mapping, or null.
    pub(super) fn mapping(&self, name: &str) -> &Value {
        &self.body["Mappings"][name]
    }

    /// The definition of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&Value> {
        self.body["Parameters"].get(name)
    }

    /// An output.
    pub(super) fn output(&self, name: &str) -> Option<&Value> {
        self.body["Outputs"].get(name)
    }

    /// The parameters of a type, each with its default.
    pub(super) fn parameters_of(&self, kind: &str) -> Vec<(&str, &str)> {
        let parameters = self.body["Parameters"].as_object().into_iter().flatten();
        let of_type = parameters.filter(|(_, parameter)| parameter["Type"] == kind);
        let with_default = of_type
            .map(|(name, parameter)| (name.as_str(), parameter["Default"].as_str().unwrap_or_default()));
        with_default.collect()
    }

    /// The definition of a condition.
    pub(super) fn condition(&self, name: &str) -> Option<&Value> {
        self.body["Conditions"].get(name)
    }

    /// The properties of the resource with this name, if it has this type.
    pub(super) fn properties(&self, name: &str, kind: &str) -> Option<&Value> {
        let resource = self.body["Resources"].get(name).filter(|resource| resource["Type"] == kind);
        resource.map(|resource| &resource["Properties"])
    }

    /// Whether each permission is for a function of this stack.
    pub(super) fn permits_nothing_of_others(&self) -> bool {
        self.of_type("AWS::Lambda::Permission").all(|(_, permission)| {
            let name = &permission["Properties"]["FunctionName"];
            let function = name["Ref"].as_str().or_else(|| name["Fn::GetAtt"][0].as_str());
            function.is_some_and(|function| self.properties(function, "AWS::Lambda::Function").is_some())
        })
    }

    /// The only resource of a type, with its name.
    pub(super) fn only(&self, kind: &'static str) -> Result<(&str, &Value), TaskError> {
        let mut resources = self.of_type(kind);
        match (resources.next(), resources.next()) {
            (Some(resource), None) => Ok(resource),
            _ => Err(TaskError(format!("{}, translated, has not one {kind}", self.template))),
        }
    }
}

/// The imported names in a value.
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

/// The ARN of a function, as Latchgate's stack exports it.
pub(super) fn imported(function: &str) -> Value {
    json!({ "Fn::ImportValue": { "Fn::Sub": format!("${{LatchgateStack}}-{function}Arn") } })
}

/// The routes of an API's definition, each with its method and whether it is public. A route that isn't certainly
/// protected counts as open.
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

/// Whether a REST API's own errors have the form of OAuth's.
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
