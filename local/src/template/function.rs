//! Functions: their routes, variables and rights.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use super::{
    property::{TemplateError, at, missing, text_at},
    resolve::{Resolver, argument},
    role::{Roles, Statement},
};

/// The names of Latchgate's functions: of their packages, their folders, and in template.yaml. A test compares them.
/// Every other function is yours.
pub const NAMES: [&str; 13] = [
    "login",
    "refresh",
    "logout",
    "sessions",
    "password",
    "token",
    "authorize",
    "userinfo",
    "metadata",
    "accounts",
    "authorizer",
    "keys",
    "mailer",
];

/// The types of events that call a function without a route: a table's stream, and a topic.
const WITHOUT_ROUTE: [&str; 2] = ["DynamoDB", "SNS"];

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
        let mut variables = variables(id, globals, roles.resolver)?;
        variables.extend(self::variables(id, &resource["Properties"], roles.resolver)?);
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
    let has_route =
        |event: &&Value| !text_at(event, &["Type"]).is_some_and(|kind| WITHOUT_ROUTE.contains(&kind));
    let route = |event: &Value| {
        (text_at(event, &["Type"]) == Some("Api")).then_some(())?;
        let properties = event.get("Properties")?;
        Some(Route {
            method: text_at(properties, &["Method"])?.to_ascii_uppercase(),
            path: text_at(properties, &["Path"])?.to_owned(),
            authorizer: text_at(properties, &["Auth", "Authorizer"]).map(str::to_owned),
        })
    };
    let events = events.values().filter(has_route);
    events.map(|event| route(event).ok_or_else(|| missing(format!("an event of {id}")))).collect()
}

/// The variables in the properties of one function, or of all. One that is `!Ref AWS::NoValue` isn't set.
fn variables(
    id: &str,
    properties: &Value,
    resolver: Resolver<'_>,
) -> Result<BTreeMap<String, String>, TemplateError> {
    let written = at(properties, &["Environment", "Variables"]).and_then(Value::as_mapping);
    let mut variables = BTreeMap::new();
    for (name, value) in written.into_iter().flatten() {
        let fault = || missing(format!("a variable of {id}"));
        let (name, value) = (name.as_str().ok_or_else(fault)?, resolver.chosen(value).ok_or_else(fault)?);
        if argument(value, "Ref") != Some("AWS::NoValue") {
            let text = resolver.parameters.resolve(value).ok_or_else(fault)?;
            variables.insert(name.to_owned(), text);
        }
    }
    Ok(variables)
}
