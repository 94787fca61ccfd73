//! `examples/consumer/`: stacks of somebody else's that put their endpoints behind the authorizer of ours.

mod cdk;
mod endpoint;
mod terraform;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::endpoint::{ORIGINS, caller, inline_code, names_the_origin, says_who_is_calling};
use super::{
    Tools,
    translated::{Fact, Translated, gateway_responses_are_ours, imported, routes},
};
use crate::shell::TaskError;

/// A REST API's.
pub(super) const REST: &str = "examples/consumer/rest/template.yaml";
/// An HTTP API's.
pub(super) const HTTP: &str = "examples/consumer/http/template.yaml";
/// A REST API's, in front of a server.
pub(super) const SERVER_REST: &str = "examples/consumer/server-rest/template.yaml";
/// An HTTP API's, in front of a server.
pub(super) const SERVER_HTTP: &str = "examples/consumer/server-http/template.yaml";
const AUTHORIZER: &str = "Latchgate";

/// The headers that say who is calling, and what of the authorizer's context each is. A test holds the templates against what
/// `cargo run -- --upstream` sends.
const CONTEXT_HEADERS: [(&str, &str); 5] = [
    ("x-latchgate-sub", "sub"),
    ("x-latchgate-client-id", "client_id"),
    ("x-latchgate-sid", "sid"),
    ("x-latchgate-scope", "scope"),
    ("x-latchgate-claims", "claims_json"),
];
pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    check_rest(tools)?;
    check_http(tools)?;
    check_server_rest(tools)?;
    check_server_http(tools)?;
    cdk::check(tools)?;
    terraform::check(tools)
}

fn check_server_rest(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(SERVER_REST)?;
    let (api, resource) = stack.only("AWS::ApiGateway::RestApi")?;
    let definition = &resource["Properties"]["Body"];
    let any = |path: &str| &definition["paths"][path]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"];
    let before = ["integration.request.header.", "context.authorizer."];
    let integrations = [any("/"), any("/{proxy+}")];
    let expected = [
        "options / open",
        "options /{proxy+} open",
        "x-amazon-apigateway-any-method / protected",
        "x-amazon-apigateway-any-method /{proxy+} protected",
    ];
    let facts = [
        ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(definition)),
        ("headers say who is calling", integrations.iter().all(|i| maps_the_caller(i, before))),
        ("responses stream", integrations.iter().all(|i| i["responseTransferMode"] == "STREAM")),
        ("the server is behind a VPC link", integrations.iter().all(|i| i["connectionType"] == "VPC_LINK")),
        (
            "every path is protected, and preflights are not",
            routes(definition, AUTHORIZER) == expected.map(str::to_owned).into(),
        ),
    ];
    stack.hold(&[&facts[..], &facts_of_authorizer(&stack, api, definition)].concat())
}

fn check_server_http(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(SERVER_HTTP)?;
    let (api, resource) = stack.only("AWS::ApiGatewayV2::Api")?;
    let definition = &resource["Properties"]["Body"];
    let integration = &definition["components"]["x-amazon-apigateway-integrations"]["server"];
    let methods = ["delete", "get", "head", "patch", "post", "put"];
    let expected = ["/", "/{proxy+}"].into_iter();
    let expected = expected.flat_map(|path| methods.map(|method| format!("{method} {path} protected")));
    let before = ["overwrite:header.", "$context.authorizer."];
    let facts = [
        ("headers say who is calling", maps_the_caller(integration, before)),
        ("the path is passed on", integration["requestParameters"]["overwrite:path"] == "$request.path"),
        ("the server is behind a VPC link", integration["connectionType"] == "VPC_LINK"),
        (
            "every method is protected, and no route takes preflights",
            routes(definition, AUTHORIZER) == expected.collect(),
        ),
    ];
    stack.hold(&[&facts[..], &facts_of_authorizer(&stack, api, definition)].concat())
}

/// Whether an integration maps the authorizer's context to headers, all of it; `before` is what stands before the names.
fn maps_the_caller(integration: &Value, before: [&str; 2]) -> bool {
    CONTEXT_HEADERS.iter().all(|(header, member)| {
        let mapped = &integration["requestParameters"][format!("{}{header}", before[0])];
        *mapped == format!("{}{member}", before[1])
    })
}

fn check_rest(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(REST)?;
    let (api, resource) = stack.only("AWS::ApiGateway::RestApi")?;
    let definition = &resource["Properties"]["Body"];
    let authorizer =
        &definition["components"]["securitySchemes"][AUTHORIZER]["x-amazon-apigateway-authorizer"];

    let request = |method: &str| {
        let context = json!({ "authorizer": caller() });
        json!({ "httpMethod": method, "headers": { "origin": ORIGINS[1] }, "requestContext": context })
    };
    let facts = [
        ("the authorizer is a REQUEST authorizer", authorizer["type"] == "request"),
        (
            "the token is the Authorization header",
            authorizer["identitySource"] == "method.request.header.Authorization",
        ),
        (
            "there is one stage",
            stack.of_type("AWS::ApiGateway::Stage").count() == 1 && definition["openapi"] == "3.0.1",
        ),
        ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(definition)),
        ("pages may read the gateway's errors", errors_are_readable(definition)),
        (
            "every route is protected by it, but for preflights",
            routes(definition, AUTHORIZER) == with_routes(&["options /orders open"]),
        ),
        ("the endpoint says who is calling", says_who_is_calling(tools, inline_code(&stack)?, request)?),
        ("it names the page's origin if that is allowed", names_the_origin(tools, &stack)?),
    ];
    stack.hold(&[&facts[..], &facts_of_authorizer(&stack, api, definition)].concat())
}

fn check_http(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(HTTP)?;
    let (api, resource) = stack.only("AWS::ApiGatewayV2::Api")?;
    let definition = &resource["Properties"]["Body"];
    let authorizer =
        &definition["components"]["securitySchemes"][AUTHORIZER]["x-amazon-apigateway-authorizer"];

    let request = |method: &str| {
        let context = json!({ "http": { "method": method }, "authorizer": { "lambda": caller() } });
        json!({ "requestContext": context })
    };
    let facts = [
        ("the authorizer is a REQUEST authorizer", authorizer["type"] == "request"),
        ("it gets payload 2.0", authorizer["authorizerPayloadFormatVersion"] == "2.0"),
        (
            // API Gateway's default, so SAM leaves it out.
            "it answers with a policy",
            [Value::Null, json!(false)].contains(&authorizer["enableSimpleResponses"]),
        ),
        (
            "the token is the Authorization header",
            authorizer["identitySource"] == json!(["$request.header.Authorization"]),
        ),
        ("there is one stage", stack.of_type("AWS::ApiGatewayV2::Stage").count() == 1),
        ("every route is protected by it", routes(definition, AUTHORIZER) == with_routes(&[])),
        ("the origins of the parameter may call, and none without it", has_origins(definition)),
        ("the endpoint says who is calling", says_who_is_calling(tools, inline_code(&stack)?, request)?),
    ];
    stack.hold(&[&facts[..], &facts_of_authorizer(&stack, api, definition)].concat())
}

/// What has to hold of every API behind the authorizer; `api` is the name of the resource.
fn facts_of_authorizer(stack: &Translated, api: &str, definition: &Value) -> [Fact; 3] {
    let authorizers = &definition["components"]["securitySchemes"];
    let authorizer = &authorizers[AUTHORIZER]["x-amazon-apigateway-authorizer"];
    let (uri, function) =
        (&authorizer["authorizerUri"]["Fn::Sub"][0], &authorizer["authorizerUri"]["Fn::Sub"][1]);
    let uri_ends = ":lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations";
    [
        (
            "the one authorizer is the imported function",
            authorizers.as_object().is_some_and(|authorizers| authorizers.len() == 1)
                && uri.as_str().is_some_and(|uri| uri.ends_with(uri_ends))
                && *function == json!({ "__FunctionArn__": imported("Authorizer") }),
        ),
        ("the authorizer is not cached", authorizer["authorizerResultTtlInSeconds"] == 0),
        ("one permission lets this API's authorizer call it, and nothing else", is_permitted(stack, api)),
    ]
}

/// The routes that both have, and these.
fn with_routes(others: &[&str]) -> BTreeSet<String> {
    let both = ["get /orders protected", "post /orders protected"];
    both.iter().chain(others).map(|route| (*route).to_owned()).collect()
}

fn errors_are_readable(definition: &Value) -> bool {
    let mut responses = definition["x-amazon-apigateway-gateway-responses"].as_object().into_iter().flatten();
    responses.all(|(_, response)| {
        response["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    })
}

fn has_origins(definition: &Value) -> bool {
    let alternatives = definition["x-amazon-apigateway-cors"]["Fn::If"].as_array().map(Vec::as_slice);
    let Some([condition, cors, otherwise]) = alternatives else { return false };
    condition == "HasOrigins"
        && cors["allowOrigins"] == json!({ "Fn::Split": [",", { "Ref": "AllowedOrigins" }] })
        && cors.get("allowCredentials").is_none()
        && *otherwise == json!({ "Ref": "AWS::NoValue" })
}

/// Without the permission API Gateway answers every request with a 500; with a wider one, APIs of others could ask.
fn is_permitted(stack: &Translated, api: &str) -> bool {
    let mut permissions = stack
        .of_type("AWS::Lambda::Permission")
        .map(|(_, permission)| &permission["Properties"])
        .filter(|permission| permission["FunctionName"] == imported("Authorizer"));
    let (Some(permission), None) = (permissions.next(), permissions.next()) else { return false };
    let (arn, names) = (&permission["SourceArn"]["Fn::Sub"][0], &permission["SourceArn"]["Fn::Sub"][1]);
    let arn_ends = ":execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*";
    permission["Action"] == "lambda:InvokeFunction"
        && permission["Principal"] == "apigateway.amazonaws.com"
        && arn.as_str().is_some_and(|arn| arn.ends_with(arn_ends))
        && *names == json!({ "__ApiId__": { "Ref": api } })
}
