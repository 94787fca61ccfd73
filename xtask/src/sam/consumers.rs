//! `examples/consumer/`: stacks whose endpoints use the authorizer of a Latchgate stack.

mod cdk;
mod endpoint;
mod role;
mod terraform;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::endpoint::{ORIGINS, caller, inline_code, names_the_origin, says_who_is_calling};
use super::{
    Tools,
    translated::{Fact, Translated, gateway_responses_are_ours, routes},
};
use crate::shell::TaskError;

/// The example with a REST API.
const REST: &str = "examples/consumer/rest/template.yaml";
/// The example with an HTTP API.
const HTTP: &str = "examples/consumer/http/template.yaml";
/// The example with a REST API in front of a server.
const SERVER_REST: &str = "examples/consumer/server-rest/template.yaml";
/// The example with an HTTP API in front of a server.
const SERVER_HTTP: &str = "examples/consumer/server-http/template.yaml";
/// All examples.
pub(super) const TEMPLATES: [&str; 4] = [REST, HTTP, SERVER_REST, SERVER_HTTP];
const AUTHORIZER: &str = "Latchgate";
/// The public routes where clients look for a resource's metadata (RFC 9728 section 3.1).
const METADATA: &str = "/.well-known/oauth-protected-resource";
const METADATA_ROUTES: [&str; 2] = [
    "get /.well-known/oauth-protected-resource open",
    "get /.well-known/oauth-protected-resource/{proxy+} open",
];
/// The parameter with the authorizer's ARN.
const ARN: &str = "AuthorizerArn";

/// The headers about the caller, with the members of the authorizer's context. A test compares them with those of
/// `cargo run -- --upstream`.
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
    role::check(tools)?;
    check_server_rest(tools)?;
    check_server_http(tools)?;
    cdk::check(tools)?;
    terraform::check(tools)
}

fn check_server_rest(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(SERVER_REST)?;
    let (_, resource) = stack.only("AWS::ApiGateway::RestApi")?;
    let definition = &resource["Properties"]["Body"];
    let any = |path: &str| &definition["paths"][path]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"];
    let before = ["integration.request.header.", "context.authorizer."];
    let integrations = [any("/"), any("/{proxy+}")];
    let expected = [
        "options / open",
        "options /.well-known/oauth-protected-resource open",
        "options /.well-known/oauth-protected-resource/{proxy+} open",
        "options /{proxy+} open",
        "x-amazon-apigateway-any-method / protected",
        "x-amazon-apigateway-any-method /{proxy+} protected",
    ];
    let expected = expected.into_iter().chain(METADATA_ROUTES).map(str::to_owned);
    let facts = [
        ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(definition)),
        ("headers name the caller", integrations.iter().all(|i| maps_the_caller(i, before))),
        ("responses stream", integrations.iter().all(|i| i["responseTransferMode"] == "STREAM")),
        ("the server is behind a VPC link", integrations.iter().all(|i| i["connectionType"] == "VPC_LINK")),
        (
            "every path is protected, and preflights and the way to the metadata are not",
            routes(definition, AUTHORIZER) == expected.collect(),
        ),
        ("the gateway's challenges name the metadata of a resource", are_challenges(definition)),
    ];
    let of_resource = facts_of_resource(&stack, definition, "AWS::ApiGateway::Stage", "Variables");
    stack.hold(&[&facts[..], &of_resource, &facts_of_authorizer(&stack, definition)].concat())
}

fn check_server_http(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(SERVER_HTTP)?;
    let (_, resource) = stack.only("AWS::ApiGatewayV2::Api")?;
    let definition = &resource["Properties"]["Body"];
    let integration = &definition["components"]["x-amazon-apigateway-integrations"]["server"];
    let methods = ["delete", "get", "head", "patch", "post", "put"];
    let expected = ["/", "/{proxy+}"].into_iter();
    let expected = expected.flat_map(|path| methods.map(|method| format!("{method} {path} protected")));
    let expected = expected.chain(METADATA_ROUTES.map(str::to_owned));
    let before = ["overwrite:header.", "$context.authorizer."];
    let facts = [
        ("headers name the caller", maps_the_caller(integration, before)),
        ("the path is passed on", integration["requestParameters"]["overwrite:path"] == "$request.path"),
        ("the server is behind a VPC link", integration["connectionType"] == "VPC_LINK"),
        (
            "every method is protected, but those on the way to the metadata, and no route takes preflights",
            routes(definition, AUTHORIZER) == expected.collect(),
        ),
    ];
    let of_resource = facts_of_resource(&stack, definition, "AWS::ApiGatewayV2::Stage", "StageVariables");
    stack.hold(&[&facts[..], &of_resource, &facts_of_authorizer(&stack, definition)].concat())
}

/// Whether an integration maps the authorizer's whole context to headers. `before` has the prefixes of the names.
fn maps_the_caller(integration: &Value, before: [&str; 2]) -> bool {
    CONTEXT_HEADERS.iter().all(|(header, member)| {
        let mapped = &integration["requestParameters"][format!("{}{header}", before[0])];
        *mapped == format!("{}{member}", before[1])
    })
}

fn check_rest(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(REST)?;
    let (_, resource) = stack.only("AWS::ApiGateway::RestApi")?;
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
            "every route is protected by it, but for preflights and the way to the metadata",
            routes(definition, AUTHORIZER) == with_routes(&["options /orders open"]),
        ),
        ("the gateway's challenges name the metadata of a resource", are_challenges(definition)),
        ("the endpoint names the caller", says_who_is_calling(tools, inline_code(&stack)?, request)?),
        ("it names the page's origin if that is allowed", names_the_origin(tools, &stack)?),
    ];
    let of_resource = facts_of_resource(&stack, definition, "AWS::ApiGateway::Stage", "Variables");
    stack.hold(&[&facts[..], &of_resource, &facts_of_authorizer(&stack, definition)].concat())
}

fn check_http(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(HTTP)?;
    let (_, resource) = stack.only("AWS::ApiGatewayV2::Api")?;
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
            // This is API Gateway's default, so SAM omits it.
            "it answers with a policy",
            [Value::Null, json!(false)].contains(&authorizer["enableSimpleResponses"]),
        ),
        (
            "the token is the Authorization header",
            authorizer["identitySource"] == json!(["$request.header.Authorization"]),
        ),
        ("there is one stage", stack.of_type("AWS::ApiGatewayV2::Stage").count() == 1),
        (
            "every route is protected by it, but those on the way to the metadata",
            routes(definition, AUTHORIZER) == with_routes(&[]),
        ),
        ("the origins of the parameter may call, and none without it", has_origins(definition)),
        ("the endpoint names the caller", says_who_is_calling(tools, inline_code(&stack)?, request)?),
        ("both methods call the endpoint", are_called_by_integration(definition)),
    ];
    let of_resource = facts_of_resource(&stack, definition, "AWS::ApiGatewayV2::Stage", "StageVariables");
    stack.hold(&[&facts[..], &of_resource, &facts_of_authorizer(&stack, definition)].concat())
}

/// The facts of every API behind the authorizer.
pub(super) fn facts_of_authorizer(stack: &Translated, definition: &Value) -> [Fact; 3] {
    let authorizers = &definition["components"]["securitySchemes"];
    let authorizer = &authorizers[AUTHORIZER]["x-amazon-apigateway-authorizer"];
    let (uri, function) =
        (&authorizer["authorizerUri"]["Fn::Sub"][0], &authorizer["authorizerUri"]["Fn::Sub"][1]);
    let uri_ends = ":lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations";
    [
        (
            "the one authorizer is the function that Parameter Store names",
            authorizers.as_object().is_some_and(|authorizers| authorizers.len() == 1)
                && uri.as_str().is_some_and(|uri| uri.ends_with(uri_ends))
                && *function == json!({ "__FunctionArn__": { "Ref": ARN } })
                && is_in_parameter_store(stack),
        ),
        ("the authorizer is not cached", authorizer["authorizerResultTtlInSeconds"] == 0),
        // The statement in the policy of Latchgate's stack is enough.
        ("it adds nothing to the authorizer's policy", stack.permits_nothing_of_others()),
    ]
}

/// The facts of an API that may be a separate resource.
fn facts_of_resource(
    stack: &Translated,
    definition: &Value,
    stage: &'static str,
    variables: &str,
) -> [Fact; 3] {
    let is_given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Resource" }, ""] }] });
    let variable = json!({ "latchgate_resource": { "Ref": "Resource" } });
    let chosen = json!({ "Fn::If": ["HasResource", variable, { "Ref": "AWS::NoValue" }] });
    let issuer = stack.parameter("Issuer");
    [
        (
            "the authorizer is told of the resource, if there is one",
            stack.condition("HasResource") == Some(&is_given)
                && stack.of_type(stage).all(|(_, stage)| stage["Properties"][variables] == chosen),
        ),
        ("the well-known places lead to Latchgate's document", leads_to_metadata(definition)),
        (
            "Parameter Store says where Latchgate is",
            issuer.is_some_and(|issuer| {
                issuer["Type"] == "AWS::SSM::Parameter::Value<String>"
                    && issuer["Default"] == "/latchgate/latchgate/issuer"
            }),
        ),
    ]
}

fn leads_to_metadata(definition: &Value) -> bool {
    let host = json!({ "Fn::Select": [2, { "Fn::Split": ["/", { "Fn::Sub": "${Resource}///" }] }] });
    [("", ""), ("/{proxy+}", "/{proxy}")].iter().all(|(path, rest)| {
        let method = &definition["paths"][format!("{METADATA}{path}")]["get"];
        let integration = &method["x-amazon-apigateway-integration"];
        let uri = format!("${{Issuer}}{METADATA}/${{Host}}{rest}");
        integration["type"] == "http_proxy"
            && integration["httpMethod"] == "GET"
            && integration["uri"] == json!({ "Fn::Sub": [uri, { "Host": host }] })
    })
}

/// Whether a REST API's own refusals name the metadata. `tests/upstream` compares the whole text with that of
/// `cargo run`.
fn are_challenges(definition: &Value) -> bool {
    let responses = &definition["x-amazon-apigateway-gateway-responses"];
    let place =
        json!({ "Fn::Select": [1, { "Fn::Split": ["https://", { "Fn::Sub": "${Resource}https://" }] }] });
    ["UNAUTHORIZED", "ACCESS_DENIED"].iter().all(|kind| {
        let header = &responses[kind]["responseParameters"]["gatewayresponse.header.WWW-Authenticate"];
        let [text, values] = [0, 1].map(|at| &header["Fn::If"][1]["Fn::Sub"][at]);
        let metadata = format!(r#"${{Scope}}, resource_metadata="${{Issuer}}{METADATA}/${{Place}}", DPoP "#);
        header["Fn::If"][0] == "HasResource"
            && values["Place"] == place
            && text.as_str().is_some_and(|text| text.contains(&metadata))
    })
}

/// Whether the definition has this integration. SAM doesn't add one to a definition.
fn are_called_by_integration(definition: &Value) -> bool {
    let integration = &definition["components"]["x-amazon-apigateway-integrations"]["orders"];
    let uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${OrdersFunction.Arn}/invocations";
    let name = "#/components/x-amazon-apigateway-integrations/orders";
    integration["type"] == "aws_proxy"
        && integration["payloadFormatVersion"] == "2.0"
        && integration["uri"] == json!({ "Fn::Sub": uri })
        && ["get", "post"].iter().all(|method| {
            definition["paths"]["/orders"][method]["x-amazon-apigateway-integration"]
                == json!({ "$ref": name })
        })
}

/// The routes of both examples, and these.
fn with_routes(others: &[&str]) -> BTreeSet<String> {
    let both = ["get /orders protected", "post /orders protected"];
    both.iter().chain(&METADATA_ROUTES).chain(others).map(|route| (*route).to_owned()).collect()
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

fn is_in_parameter_store(stack: &Translated) -> bool {
    stack.parameter(ARN).is_some_and(|parameter| {
        parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
            && parameter["Default"] == "/latchgate/latchgate/authorizer-arn"
    })
}
