//! Functions that you added to the template. This program doesn't run them; it only knows their routes.

use serde_yaml_ng::Value;

use super::{
    api::{ANY, BoundRoute},
    function,
    property::{at, text_at},
    resolve::Parameters,
};

/// A function that isn't Latchgate's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFunction {
    /// Its logical id.
    pub id: String,
    /// Its routes, as far as they can be read.
    pub routes: Vec<BoundRoute>,
}

impl OtherFunction {
    /// Reads the routes of a function. Its other properties don't matter, so they can't cause an error.
    pub(super) fn parse(
        id: &str,
        resource: &Value,
        default_authorizer: &str,
        parameters: &Parameters,
    ) -> Self {
        let events = at(resource, &["Properties", "Events"]).and_then(Value::as_mapping);
        let route = |event: &Value| {
            let kind = text_at(event, &["Type"])?;
            let properties = event.get("Properties")?;
            let text = |name: &str| properties.get(name).and_then(|value| parameters.resolve(value));
            let method = text("Method").unwrap_or_else(|| "ANY".to_owned()).to_ascii_uppercase();
            let authorizer = text_at(properties, &["Auth", "Authorizer"]).unwrap_or(default_authorizer);
            ["Api", "HttpApi"].contains(&kind).then_some(BoundRoute {
                path: text("Path")?,
                method: if ["*", "X-AMAZON-APIGATEWAY-ANY-METHOD"].contains(&method.as_str()) {
                    ANY.to_owned()
                } else {
                    method
                },
                function: id.to_owned(),
                is_protected: authorizer != "NONE",
            })
        };
        let events = events.into_iter().flat_map(|events| events.values());
        Self { id: id.to_owned(), routes: events.filter_map(route).collect() }
    }
}

/// Whether this program runs the function.
pub(super) fn is_own(id: &str, resource: &Value) -> bool {
    function::name(id, resource).is_ok_and(|name| function::NAMES.contains(&name))
}
