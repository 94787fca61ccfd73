//! Reads template.yaml and template-http.yaml, so that `cargo run` serves what they deploy. It needs nothing of
//! template-alarms.yaml.
//!
//! Only as much of CloudFormation as the templates use. What can't be read is an error, never skipped.

mod api;
mod function;
mod http_api;
mod property;
mod resolve;
mod responses;
mod role;
mod tables;

use std::{collections::BTreeMap, time::Duration};

use serde_yaml_ng::{Mapping, Value};

pub use self::{
    api::{Api, ApiKind, BoundRoute, Cors},
    function::{Function, Route},
    http_api::HttpApiTemplate,
    property::TemplateError,
    resolve::Parameters,
    responses::{GatewayResponse, GatewayResponses},
    role::Statement,
    tables::TableDefinition,
};
use self::{
    property::{at, missing, text_at},
    resolve::{Resolver, argument},
    role::Roles,
};

/// The template of this project.
const SOURCE: &str = include_str!("../../../template.yaml");

/// The template.
#[derive(Clone, Debug)]
pub struct Template {
    resources: Mapping,
    parameters: Mapping,
    conditions: Mapping,
    outputs: Mapping,
    /// The properties that all functions have.
    function_globals: Value,
}

impl Template {
    /// Reads the template of this project.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read.
    pub fn of_project() -> Result<Self, TemplateError> {
        Self::parse(SOURCE)
    }

    fn parse(source: &str) -> Result<Self, TemplateError> {
        let document: Value = serde_yaml_ng::from_str(source)?;
        let section =
            |name: &str| document.get(name).and_then(Value::as_mapping).cloned().ok_or_else(|| missing(name));
        Ok(Self {
            resources: section("Resources")?,
            parameters: section("Parameters")?,
            conditions: section("Conditions")?,
            outputs: section("Outputs")?,
            function_globals: at(&document, &["Globals", "Function"]).cloned().unwrap_or_default(),
        })
    }

    /// The parameters with their default values.
    pub fn parameters(&self) -> Parameters {
        Parameters::defaults(&self.parameters)
    }

    /// What a parameter allows, as the template says: `MinValue`, `MaxValue` and so on.
    pub fn parameter(&self, name: &str) -> Option<&Mapping> {
        self.parameters.get(name)?.as_mapping()
    }

    /// The tables, by logical id.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if one can't be read.
    pub fn tables(&self) -> Result<BTreeMap<String, TableDefinition>, TemplateError> {
        self.of_type("AWS::DynamoDB::Table")
            .map(|(id, resource)| Ok((id.to_owned(), TableDefinition::parse(id, resource)?)))
            .collect()
    }

    /// The functions, by name: that of their package and of their binary.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if one can't be read.
    pub fn functions(&self, parameters: &Parameters) -> Result<BTreeMap<String, Function>, TemplateError> {
        let roles = Roles { resources: &self.resources, resolver: self.resolver(parameters) };
        self.of_type("AWS::Serverless::Function")
            .map(|(id, resource)| Function::parse(id, resource, &self.function_globals, &roles))
            .map(|function| function.map(|function| (function.name.clone(), function)))
            .collect()
    }

    /// The API in front of the functions.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read.
    pub fn api(&self, parameters: &Parameters) -> Result<Api, TemplateError> {
        Ok(Api {
            routes: self.routes(parameters)?,
            cors: Cors::parse(self.rest_api()?, self.resolver(parameters))?,
            authorizer_cache_ttl: self.authorizer_cache_ttl()?,
        })
    }

    /// What API Gateway answers by itself.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read.
    pub fn gateway_responses(&self, parameters: &Parameters) -> Result<GatewayResponses, TemplateError> {
        GatewayResponses::parse(self.rest_api()?, self.resolver(parameters))
    }

    /// How a route that names no authorizer is protected: by the API's default.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if the API has no default authorizer.
    pub fn default_authorizer(&self) -> Result<&str, TemplateError> {
        let path = ["Properties", "Auth", "DefaultAuthorizer"];
        text_at(self.rest_api()?, &path).ok_or_else(|| missing("Api.Auth.DefaultAuthorizer"))
    }

    /// The functions' routes. Whatever names no authorizer has the API's default one.
    fn routes(&self, parameters: &Parameters) -> Result<Vec<BoundRoute>, TemplateError> {
        let default_authorizer = self.default_authorizer()?;
        let bound = self.functions(parameters)?.into_values().flat_map(|function| {
            let name = function.name;
            function.routes.into_iter().map(move |route| BoundRoute {
                is_protected: route.authorizer.as_deref().unwrap_or(default_authorizer) != "NONE",
                method: route.method,
                path: route.path,
                function: name.clone(),
            })
        });
        Ok(bound.collect())
    }

    /// An authorizer that doesn't say is an error: API Gateway would cache for five minutes then.
    fn authorizer_cache_ttl(&self) -> Result<Duration, TemplateError> {
        let path =
            ["Properties", "Auth", "Authorizers", self.default_authorizer()?, "Identity", "ReauthorizeEvery"];
        let seconds = at(self.rest_api()?, &path).and_then(Value::as_u64);
        seconds.map(Duration::from_secs).ok_or_else(|| missing("ReauthorizeEvery"))
    }

    /// The names of the functions whose ARNs are exported, by what follows the stack's own name there.
    fn exported_functions(&self) -> Result<BTreeMap<String, String>, TemplateError> {
        let mut exported = BTreeMap::new();
        for (id, resource) in self.of_type("AWS::Serverless::Function") {
            let arn = format!("{id}.Arn");
            let is_its_arn = |output: &&Value| {
                output.get("Value").and_then(|value| argument(value, "GetAtt")) == Some(arn.as_str())
            };
            let name =
                self.outputs.values().find(is_its_arn).and_then(|output| at(output, &["Export", "Name"]));
            let name = name.and_then(|name| argument(name, "Sub")?.strip_prefix("${AWS::StackName}-"));
            if let Some(name) = name {
                exported.insert(name.to_owned(), function::name(id, resource)?.to_owned());
            }
        }
        Ok(exported)
    }

    fn resolver<'a>(&'a self, parameters: &'a Parameters) -> Resolver<'a> {
        Resolver { conditions: &self.conditions, parameters }
    }

    fn rest_api(&self) -> Result<&Value, TemplateError> {
        self.of_type("AWS::Serverless::Api").map(|(_, api)| api).next().ok_or_else(|| missing("an API"))
    }

    fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.resources
            .iter()
            .filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind))
            .filter_map(|(id, resource)| Some((id.as_str()?, resource)))
    }
}
