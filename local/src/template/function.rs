//! Functions: their routes, their variables, and what they may do.

use std::collections::BTreeMap;

use serde_yaml_ng::{Mapping, Value};

use super::{
    property::{TemplateError, at, missing, text_at},
    resolve::Parameters,
    role::{Roles, Statement},
};

/// Latchgate's functions by name: the names of their packages, of their folders, and in template.yaml. A test holds them
/// together. Every other function is a user's.
pub const NAMES: [&str; 8] =
    ["login", "refresh", "logout", "sessions", "password", "metadata", "authorizer", "keys"];

/// A function, as the template defines it.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name of its package and of its binary.
    pub name: String,
    /// What it is called for.
    pub routes: Vec<Route>,
    /// Its environment.
    pub variables: BTreeMap<String, String>,
    /// What it may do with what the stack keeps.
    pub statements: Vec<Statement>,
    /// What it may do besides, as every function may: write logs, and traces if they are on.
    pub common_statements: Vec<Statement>,
}

/// A method of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method, in upper case.
    pub method: String,
    /// The path, with `{parameters}`.
    pub path: String,
    /// The authorizer it names; `NONE` for none, absent for the API's default.
    pub authorizer: Option<String>,
}

impl Function {
    /// Reads a function; `globals` is what the template says of all of them.
    pub(super) fn parse(
        id: &str,
        resource: &Value,
        globals: &Value,
        roles: &Roles<'_>,
    ) -> Result<Self, TemplateError> {
        let mut variables = variables(id, globals, roles.resolver.parameters)?;
        variables.extend(self::variables(id, &resource["Properties"], roles.resolver.parameters)?);
        let (statements, common_statements) = roles.statements(resource)?;
        Ok(Self {
            name: name(id, resource)?.to_owned(),
            routes: routes(id, resource)?,
            variables,
            statements,
            common_statements,
        })
    }
}

/// The name of a function's package.
pub(super) fn name<'a>(id: &str, resource: &'a Value) -> Result<&'a str, TemplateError> {
    text_at(resource, &["Properties", "CodeUri"])
        .and_then(|uri| uri.strip_prefix("functions/")?.strip_suffix('/'))
        .ok_or_else(|| missing(format!("{id}.CodeUri")))
}

fn routes(id: &str, resource: &Value) -> Result<Vec<Route>, TemplateError> {
    let Some(events) = at(resource, &["Properties", "Events"]).and_then(Value::as_mapping) else {
        return Ok(Vec::new());
    };
    let route = |(_, event): (&Value, &Value)| {
        (text_at(event, &["Type"]) == Some("Api")).then_some(())?;
        let properties = event.get("Properties")?;
        Some(Route {
            method: text_at(properties, &["Method"])?.to_ascii_uppercase(),
            path: text_at(properties, &["Path"])?.to_owned(),
            authorizer: text_at(properties, &["Auth", "Authorizer"]).map(str::to_owned),
        })
    };
    events.iter().map(|event| route(event).ok_or_else(|| missing(format!("an event of {id}")))).collect()
}

/// The variables among the properties of a function, or of all of them.
fn variables(
    id: &str,
    properties: &Value,
    parameters: &Parameters,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let variables = at(properties, &["Environment", "Variables"]);
    let empty = Mapping::new();
    let variables = variables.and_then(Value::as_mapping).unwrap_or(&empty);
    let variable =
        |(name, value): (&Value, &Value)| Some((name.as_str()?.to_owned(), parameters.resolve(value)?));
    variables
        .iter()
        .map(|entry| variable(entry).ok_or_else(|| missing(format!("a variable of {id}"))))
        .collect()
}
