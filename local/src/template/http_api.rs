//! template-http.yaml: an HTTP API in front of the functions of the stack.

use std::{collections::BTreeMap, time::Duration};

use serde_yaml_ng::{Mapping, Value};

use super::{
    Template,
    api::{Api, BoundRoute, Cors},
    function::NAMES,
    place::HTTP_API,
    property::{TemplateError, at, missing, text_at},
    resolve::{Parameters, argument},
};

const AUTHORIZER: &str = "AWS::ApiGatewayV2::Authorizer";

/// The template of an HTTP API.
#[derive(Clone, Debug)]
pub struct HttpApiTemplate(Template);

impl HttpApiTemplate {
    /// Reads the template of this project.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read.
    pub fn of_project() -> Result<Self, TemplateError> {
        Template::checked(HTTP_API.file, HTTP_API.text).map(Self)
    }

    /// The properties of a parameter: `AllowedPattern` and so on.
    pub fn parameter(&self, name: &str) -> Option<&Mapping> {
        self.0.parameter(name)
    }

    /// The API in front of this stack's functions.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read, or imports a name that the stack doesn't export.
    pub fn api(&self, stack: &Template, parameters: &Parameters) -> Result<Api, TemplateError> {
        let (mut other_routes, routes): (Vec<_>, Vec<_>) = self
            .routes(&stack.exported_functions()?)?
            .into_iter()
            .partition(|route| !NAMES.contains(&route.function.as_str()));
        other_routes.extend(stack.other_functions(parameters)?.into_iter().flat_map(|other| other.routes));
        Ok(Api {
            routes,
            other_routes,
            cors: self.cors(parameters)?,
            authorizer_cache_ttl: self.authorizer_cache_ttl()?,
        })
    }

    /// The response headers that scripts may read, with commas.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if they can't be read.
    pub fn exposed_headers(&self, parameters: &Parameters) -> Result<String, TemplateError> {
        self.cors_value("ExposeHeaders", parameters)
    }

    /// The target of each route, by way of its integration.
    fn routes(&self, functions: &BTreeMap<String, String>) -> Result<Vec<BoundRoute>, TemplateError> {
        let authorizer = self.only(AUTHORIZER).map(|(id, _)| id);
        let mut integrations = BTreeMap::new();
        for (id, integration) in self.0.of_type("AWS::ApiGatewayV2::Integration") {
            // This program makes events in format 1.0, and the functions read them.
            let is_understood = text_at(integration, &["Properties", "PayloadFormatVersion"]) == Some("1.0");
            let function = match at(integration, &["Properties", "IntegrationUri"]).and_then(imported) {
                Some(export) => functions.get(export).filter(|_| is_understood).map(String::as_str),
                // An integration of yours.
                None => Some(id),
            };
            integrations.insert(id, function.ok_or_else(|| missing(format!("{id}'s function")))?);
        }
        let route = |route: &Value| {
            let (method, path) = text_at(route, &["Properties", "RouteKey"])?.split_once(' ')?;
            let target = at(route, &["Properties", "Target"]).and_then(|target| argument(target, "Sub"))?;
            let integration = target.strip_prefix("integrations/${")?.strip_suffix('}')?;
            let asked = at(route, &["Properties", "AuthorizerId"]).and_then(|id| argument(id, "Ref"));
            let is_protected = match text_at(route, &["Properties", "AuthorizationType"])? {
                "CUSTOM" if asked.is_some() && asked == authorizer => true,
                "NONE" if asked.is_none() => false,
                _ => return None,
            };
            let function = (*integrations.get(integration)?).to_owned();
            Some(BoundRoute { path: path.to_owned(), method: method.to_owned(), function, is_protected })
        };
        self.0
            .of_type("AWS::ApiGatewayV2::Route")
            .map(|(id, resource)| route(resource).ok_or_else(|| missing(format!("something of {id}"))))
            .collect()
    }

    /// A missing setting is an error, as in template.yaml.
    fn authorizer_cache_ttl(&self) -> Result<Duration, TemplateError> {
        let path = ["Properties", "AuthorizerResultTtlInSeconds"];
        let seconds = self.only(AUTHORIZER).and_then(|(_, authorizer)| at(authorizer, &path)?.as_u64());
        seconds.map(Duration::from_secs).ok_or_else(|| missing("AuthorizerResultTtlInSeconds"))
    }

    fn cors(&self, parameters: &Parameters) -> Result<Cors, TemplateError> {
        Ok(Cors {
            origins: self.cors_value("AllowOrigins", parameters)?,
            methods: self.cors_value("AllowMethods", parameters)?,
            headers: self.cors_value("AllowHeaders", parameters)?,
            max_age: self.cors_value("MaxAge", parameters)?,
        })
    }

    /// A value of the CORS configuration. A list becomes text with commas.
    fn cors_value(&self, property: &str, parameters: &Parameters) -> Result<String, TemplateError> {
        let path = ["Properties", "CorsConfiguration", property];
        let value = self.only("AWS::ApiGatewayV2::Api").and_then(|(_, api)| at(api, &path));
        let text = value.and_then(|value| self.0.resolver(parameters).resolve(value));
        text.ok_or_else(|| missing(format!("CorsConfiguration.{property}")))
    }

    /// The only resource of a type. `None` if there are several.
    fn only<'a>(&'a self, kind: &'a str) -> Option<(&'a str, &'a Value)> {
        let mut resources = self.0.of_type(kind);
        resources.next().filter(|_| resources.next().is_none())
    }
}

/// The export that a value imports, without the name of the stack.
fn imported(value: &Value) -> Option<&str> {
    argument(value.get("Fn::ImportValue")?, "Sub")?.strip_prefix("${LatchgateStack}-")
}
