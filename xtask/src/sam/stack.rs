//! template.yaml: the stack.

use serde_json::Value;

use super::{
    TEMPLATE, Tools,
    translated::{Translated, gateway_responses_are_ours, routes},
};
use crate::shell::TaskError;

const AUTHORIZER: &str = "LatchgateAuthorizer";

const ROUTES: [&str; 18] = [
    "delete /sessions/{session_id} protected",
    "get /.well-known/jwks.json open",
    "get /.well-known/oauth-authorization-server open",
    "get /.well-known/openid-configuration open",
    "get /sessions protected",
    "options /.well-known/jwks.json open",
    "options /.well-known/oauth-authorization-server open",
    "options /.well-known/openid-configuration open",
    "options /login open",
    "options /logout open",
    "options /password open",
    "options /refresh open",
    "options /sessions open",
    "options /sessions/{session_id} open",
    "post /login open",
    "post /logout open",
    "post /password protected",
    "post /refresh open",
];

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(TEMPLATE)?;
    let (_, api) = stack.only("AWS::ApiGateway::RestApi")?;
    let definition = &api["Properties"]["Body"];
    let authorizer =
        &definition["components"]["securitySchemes"][AUTHORIZER]["x-amazon-apigateway-authorizer"];
    stack.hold(&[
        ("the authorizer is not cached", authorizer["authorizerResultTtlInSeconds"] == 0),
        ("the authorizer is a TOKEN authorizer", authorizer["type"] == "token"),
        (
            "the routes are these, open and protected",
            routes(definition, AUTHORIZER) == ROUTES.map(str::to_owned).into(),
        ),
        (
            "there is one stage",
            stack.of_type("AWS::ApiGateway::Stage").count() == 1 && definition["openapi"] == "3.0.1",
        ),
        ("six tables, each retained", tables_are_retained(&stack, 6)),
        (
            "no policy has a wildcard, and every action is one of its resource's service",
            policies_are_exact(&stack),
        ),
        (
            "the API may call each function and the authorizer, and Secrets Manager the rotation",
            stack.of_type("AWS::Lambda::Permission").count() == 11,
        ),
        ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(definition)),
    ])
}

fn tables_are_retained(stack: &Translated, count: usize) -> bool {
    let is_retained =
        |table: &Value| table["DeletionPolicy"] == "Retain" && table["UpdateReplacePolicy"] == "Retain";
    stack.of_type("AWS::DynamoDB::Table").count() == count
        && stack.of_type("AWS::DynamoDB::Table").all(|(_, table)| is_retained(table))
}

fn policies_are_exact(stack: &Translated) -> bool {
    let mut statements = stack
        .of_type("AWS::IAM::Role")
        .flat_map(|(_, role)| role["Properties"]["Policies"].as_array().into_iter().flatten())
        .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().into_iter().flatten())
        .peekable();
    let is_exact = |statement: &Value| {
        let mut actions = statement["Action"].as_array().into_iter().flatten();
        let resource = &statement["Resource"];
        let service = if resource["Ref"] == "Keyset" { "secretsmanager:" } else { "dynamodb:" };
        (resource["Ref"] == "Keyset" || resource["Fn::GetAtt"].is_array())
            && actions.all(|a| a.as_str().is_some_and(|a| a.starts_with(service) && !a.contains('*')))
    };
    statements.peek().is_some() && statements.all(is_exact)
}
