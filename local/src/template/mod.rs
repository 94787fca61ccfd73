//! Reads template.yaml and template-http.yaml, so that `cargo run` serves the API that they deploy. It needs nothing
//! from template-alarms.yaml.
//!
//! It understands the parts of CloudFormation that the templates use. Anything else is an error, and is never skipped.

mod api;
mod bounds;
mod filter;
mod function;
mod http_api;
mod names;
pub mod near;
mod others;
mod place;
mod property;
mod resolve;
mod resources;
mod responses;
mod role;
mod sources;
mod tables;

use std::{collections::BTreeMap, time::Duration};

use serde_yaml_ng::{Mapping, Value};

pub use self::{
    api::{ANY, Api, ApiKind, BoundRoute, Cors},
    bounds::ParameterError,
    filter::Filter,
    function::{Function, NAMES, Route},
    http_api::HttpApiTemplate,
    others::OtherFunction,
    property::TemplateError,
    resolve::Parameters,
    responses::{GatewayResponse, GatewayResponses},
    role::Statement,
    sources::StreamSource,
    tables::TableDefinition,
};
use self::{
    place::STACK,
    property::{at, missing, text_at},
    resolve::{Resolver, argument},
    role::Roles,
};

/// The template.
#[derive(Clone, Debug)]
pub struct Template {
    lines: Vec<String>,
    resources: Mapping,
    parameters: Mapping,
    conditions: Mapping,
    outputs: Mapping,
    /// The properties that all functions share.
    function_globals: Value,
}

impl Template {
    /// Reads the template of this project.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read.
    pub fn of_project() -> Result<Self, TemplateError> {
        Self::checked(STACK.file, STACK.text)
    }

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        Self::of_document(source, &document(STACK.file, source)?)
    }

    /// Reads a template, and requires that every reference resolves.
    fn checked(file: &'static str, source: &str) -> Result<Self, TemplateError> {
        let document = document(file, source)?;
        names::check(file, source, &document)?;
        Self::of_document(source, &document)
    }

    fn of_document(source: &str, document: &Value) -> Result<Self, TemplateError> {
        let section =
            |name: &str| document.get(name).and_then(Value::as_mapping).cloned().ok_or_else(|| missing(name));
        Ok(Self {
            lines: source.lines().map(str::to_owned).collect(),
            resources: section("Resources")?,
            parameters: section("Parameters")?,
            conditions: section("Conditions")?,
            outputs: section("Outputs")?,
            function_globals: at(document, &["Globals", "Function"]).cloned().unwrap_or_default(),
        })
    }

    /// The parameters with their default values.
    pub fn parameters(&self) -> Parameters {
        Parameters::defaults(&self.parameters)
    }

    /// The properties of a parameter: `MinValue`, `MaxValue` and so on.
    pub fn parameter(&self, name: &str) -> Option<&Mapping> {
        self.parameters.get(name)?.as_mapping()
    }

    /// The parameters that set functions' variables, by the variables' names.
    pub fn parameters_by_variable(&self) -> BTreeMap<String, String> {
        let functions =
            self.of_type("AWS::Serverless::Function").map(|(_, function)| &function["Properties"]);
        let variables = functions
            .chain([&self.function_globals])
            .filter_map(|properties| at(properties, &["Environment", "Variables"])?.as_mapping());
        let of_parameter = |(name, value): (&Value, &Value)| {
            let parameter = argument(value, "Ref").filter(|name| self.parameter(name).is_some())?;
            Some((name.as_str()?.to_owned(), parameter.to_owned()))
        };
        variables.flatten().filter_map(of_parameter).collect()
    }

    /// The line on which a parameter or a resource begins.
    fn line_of(&self, id: &str) -> usize {
        place::line_of(self.lines.iter().map(String::as_str), id).unwrap_or(1)
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

    /// The streams of tables that call the function of this name.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if one can't be read.
    pub fn streams(
        &self,
        function: &str,
        parameters: &Parameters,
    ) -> Result<Vec<StreamSource>, TemplateError> {
        sources::of(&self.resources, function, self.resolver(parameters))
    }

    /// Latchgate's functions, by the name of their package and binary.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if one can't be read.
    pub fn functions(&self, parameters: &Parameters) -> Result<BTreeMap<String, Function>, TemplateError> {
        let roles = Roles { resources: &self.resources, resolver: self.resolver(parameters) };
        self.of_type("AWS::Serverless::Function")
            .filter(|(id, resource)| others::is_own(id, resource))
            .map(|(id, resource)| Function::parse(id, resource, &self.function_globals, &roles))
            .map(|function| function.map(|function| (function.name.clone(), function)))
            .collect()
    }

    /// The functions that you added.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if the API has no default authorizer.
    pub fn other_functions(&self, parameters: &Parameters) -> Result<Vec<OtherFunction>, TemplateError> {
        let authorizer = self.default_authorizer()?;
        let others = self.of_type("AWS::Serverless::Function");
        let others = others.filter(|(id, resource)| !others::is_own(id, resource));
        Ok(others.map(|(id, resource)| OtherFunction::parse(id, resource, authorizer, parameters)).collect())
    }

    /// The API in front of the functions.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read.
    pub fn api(&self, parameters: &Parameters) -> Result<Api, TemplateError> {
        Ok(Api {
            routes: self.routes(parameters)?,
            other_routes: self.other_functions(parameters)?.into_iter().flat_map(|f| f.routes).collect(),
            cors: Cors::parse(self.rest_api()?, self.resolver(parameters))?,
            authorizer_cache_ttl: self.authorizer_cache_ttl()?,
        })
    }

    /// API Gateway's own answers.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if it can't be read.
    pub fn gateway_responses(&self, parameters: &Parameters) -> Result<GatewayResponses, TemplateError> {
        GatewayResponses::parse(self.rest_api()?, self.resolver(parameters))
    }

    /// The name of the API's default authorizer, which protects each route that names none.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], if the API has no default authorizer.
    pub fn default_authorizer(&self) -> Result<&str, TemplateError> {
        let path = ["Properties", "Auth", "DefaultAuthorizer"];
        text_at(self.rest_api()?, &path).ok_or_else(|| missing("Api.Auth.DefaultAuthorizer"))
    }

    /// The functions' routes. A route that names no authorizer has the API's default one.
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

    /// A missing setting is an error: API Gateway would cache for five minutes.
    fn authorizer_cache_ttl(&self) -> Result<Duration, TemplateError> {
        let path =
            ["Properties", "Auth", "Authorizers", self.default_authorizer()?, "Identity", "ReauthorizeEvery"];
        let seconds = at(self.rest_api()?, &path).and_then(Value::as_u64);
        seconds.map(Duration::from_secs).ok_or_else(|| missing("ReauthorizeEvery"))
    }

    /// The names of Latchgate's functions with exported ARNs, by the export's name without the stack's.
    fn exported_functions(&self) -> Result<BTreeMap<String, String>, TemplateError> {
        let mut exported = BTreeMap::new();
        let own = self.of_type("AWS::Serverless::Function");
        for (id, resource) in own.filter(|(id, resource)| others::is_own(id, resource)) {
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
        // You may have added another API.
        let api = self.of_type("AWS::Serverless::Api").min_by_key(|(id, _)| *id != "Api");
        api.map(|(_, api)| api).ok_or_else(|| missing("an API"))
    }

    fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        resources::of_type(&self.resources, kind)
    }
}

fn document(file: &'static str, source: &str) -> Result<Value, TemplateError> {
    serde_yaml_ng::from_str(source)
        .map_err(|error| TemplateError::Yaml(file, place::of_fault(source, &error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions as you might add them.
    const ADDED: &str = r#"
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: app.handler
      CodeUri: hello/
      Policies: [!Sub "arn:${AWS::Partition}:iam::aws:policy/X"]
      Environment: { Variables: { A: !If [HasDomain, a, !Ref AWS::NoValue] } }
      Events:
        Hello: { Type: Api, Properties: { RestApiId: !Ref Api, Path: /hello, Method: get } }
        Open: { Type: Api, Properties: { RestApiId: !Ref Api, Path: "/open/{id}", Method: post, Auth: { Authorizer: NONE } } }
        Queue: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } }
        Night: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
  InlineFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      InlineCode: |
        def handler(event, context): return {"statusCode": 200}
      Events:
        Any: { Type: HttpApi, Properties: { Path: /inline, Method: ANY } }
        All: { Type: HttpApi }
  ImageFunction:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: Dockerfile, DockerContext: image }
    Properties: { PackageType: Image, ImageUri: !Ref Image, Events: { A: { Type: Api, Properties: { Path: /image, Method: "*" } } } }
  OrdersFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda }
    Properties:
      CodeUri: functions/orders/
      Events: { Orders: { Type: Api, Properties: { RestApiId: !Ref Api, Path: /orders, Method: GET } } }
  BucketFunction:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: { Bucket: b, Key: k }, Runtime: java21, Handler: x }
  OwnApi:
    Type: AWS::Serverless::Api
    Properties: { StageName: v1 }

Outputs:
"#;

    fn with_more() -> Template {
        let (before, after) = STACK.text.split_once("\nOutputs:\n").unwrap();
        Template::parse(&format!("{before}\n{ADDED}{after}")).unwrap()
    }

    #[test]
    fn a_users_functions_change_nothing_about_latchgates() {
        let (template, plain) = (with_more(), Template::of_project().unwrap());
        let parameters = template.parameters();
        let names =
            |template: &Template| template.functions(&parameters).unwrap().into_keys().collect::<Vec<_>>();
        assert_eq!(names(&template), names(&plain));
        assert_eq!(template.api(&parameters).unwrap().routes, plain.api(&parameters).unwrap().routes);
        assert_eq!(template.exported_functions().unwrap(), plain.exported_functions().unwrap());
        assert!(plain.other_functions(&parameters).unwrap().is_empty());
        let http = HttpApiTemplate::of_project().unwrap();
        let [with_more, without] = [&template, &plain].map(|t| http.api(t, &parameters).unwrap());
        assert_eq!(with_more.routes, without.routes);
        assert_eq!(with_more.other_routes.len(), 5);
    }

    #[test]
    fn the_routes_of_a_users_functions_are_known() {
        let template = with_more();
        let others = template.other_functions(&template.parameters()).unwrap();
        let shown = others.iter().flat_map(|function| {
            function.routes.iter().map(|route| {
                let protection = if route.is_protected { "protected" } else { "open" };
                format!("{}: {} {} {protection}", function.id, route.method, route.path)
            })
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                "HelloFunction: GET /hello protected",
                "HelloFunction: POST /open/{id} open",
                "InlineFunction: ANY /inline protected",
                "ImageFunction: ANY /image protected",
                "OrdersFunction: GET /orders protected",
            ]
        );
        let ids: Vec<_> = others.iter().map(|function| function.id.as_str()).collect();
        assert_eq!(
            ids,
            ["HelloFunction", "InlineFunction", "ImageFunction", "OrdersFunction", "BucketFunction"]
        );
    }

    #[test]
    fn a_mistake_in_a_function_of_latchgates_is_still_an_error() {
        for (from, to) in [
            ("Role: !GetAtt LoginFunctionRole.Arn", "Policies: [x]"),
            (
                "          Type: Api\n          Properties: { RestApiId: !Ref Api, Path: /login",
                "          Type: HttpApi\n          Properties: { RestApiId: !Ref Api, Path: /login",
            ),
            ("ACCESS_TTL: !Ref AccessTtl", "ACCESS_TTL: !Nonsense x"),
        ] {
            let source = STACK.text.replacen(from, to, 1);
            assert_ne!(source, STACK.text, "{from}");
            let template = Template::parse(&source).unwrap();
            assert!(template.functions(&template.parameters()).is_err(), "{to}");
        }
        // With another CodeUri it isn't Latchgate's function, and the start fails because login is missing.
        let template = Template::parse(&STACK.text.replace("functions/login/", "functions/logn/")).unwrap();
        assert!(!template.functions(&template.parameters()).unwrap().contains_key("login"));
    }

    const REST: &str = "Resources: {}\nConditions: {}\nOutputs: {}\n";

    #[test]
    fn errors_in_a_template_name_the_file_and_the_line() {
        for (source, said) in [
            ("Parameters:\n  A: [\n  B: 1\n", "template.yaml is not YAML: "),
            ("Parameters: {}\nParameters: {}\n", "line 2"),
            (
                "Parameters:\n  AccessTtl: { Type: Number }\nResources:\n  X: !Ref AcessTtl\n",
                "template.yaml, line 4: AcessTtl is no parameter and no resource: did you mean AccessTtl?",
            ),
            ("Resources:\n  X: !Sub 'a-${Y.Arn}-${AWS::Region}-${!Z}'\n", "line 2: Y is no parameter"),
            ("Resources:\n  X: { Y: [!GetAtt Nothing.Arn] }\n", "line 2: Nothing is no"),
        ] {
            let error = Template::checked("template.yaml", source).unwrap_err().to_string();
            assert!(error.contains(said), "{source}: {error}");
        }
        let broken =
            Template::checked("template.yaml", "Parameters:\n  A: [\n  B: 1\n").unwrap_err().to_string();
        assert!(broken.contains("line "), "{broken}");
        let fine = format!("Parameters: {{}}\n{REST}X: !Ref AWS::Region\n");
        assert!(Template::checked("template.yaml", &fine).is_ok());
    }

    #[test]
    fn a_property_that_is_not_understood_is_found() {
        let said = missing("LoginFunction.CodeUri").to_string();
        let line = STACK.text.lines().position(|line| line == "  LoginFunction:").unwrap() + 1;
        assert!(said.ends_with(&format!("(template.yaml, line {line})")), "{said}");
        assert!(missing("ReauthorizeEvery").to_string().ends_with("(template.yaml)"));
    }
}
