//! Functions: their routes, variables and rights.

use std::collections::BTreeMap;

use serde_yaml_ng::{Mapping, Value};

use super::{
    property::{TemplateError, at, missing, text_at},
    resolve::Parameters,
    role::{Roles, Statement},
};

/// The names of Latchgate's functions: of their packages, their folders, and in template.yaml. A test compares them.
/// Every other function is yours.
pub const NAMES: [&str; 11] = [
    "login",
    "refresh",
    "logout",
    "sessions",
    "password",
    "token",
    "authorize",
    "userinfo",
    "metadata",
    "authorizer",
    "keys",
];

/// A function, as the template defines it.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name of its package and of its binary.
    pub name: String,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Its environment.
    pub variables: BTreeMap<String, String>,
    /// Its rights to the stack's resources.
    pub statements: Vec<Statement>,
    /// The rights that every function has: to write logs, and traces if they are on.
    pub common_statements: Vec<Statement>,
}

/// A path and a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method, in upper case.
    pub method: String,
    /// The path, with `{parameters}`.
    pub path: String,
    /// The authorizer that it names. `NONE` stands for none; without a name, the API's default applies.
    pub authorizer: Option<String>,
}

impl Function {
    /// Reads a function. `globals` are the template's properties of all functions.
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

/// The variables in the properties of one function, or of all.
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
