//! `examples/consumer/`: stacks of somebody else's that put their endpoints behind the authorizer of ours.

use serde_json::{Value, json};

use super::{
    Tools,
    translated::{Fact, Translated, gateway_responses_are_ours, imported, routes},
};
use crate::shell::{TaskError, output};

/// A REST API's.
pub(super) const REST: &str = "examples/consumer/rest/template.yaml";
/// An HTTP API's.
pub(super) const HTTP: &str = "examples/consumer/http/template.yaml";
const AUTHORIZER: &str = "Latchgate";

/// Calls the handler of the code and the event that it gets as arguments, as Lambda would.
const CALL: &str = "\
import json, sys
code = {}
exec(sys.argv[1], code)
print(json.dumps(code['handler'](json.loads(sys.argv[2]), None)))
";

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    check_rest(tools)?;
    check_http(tools)
}

fn check_rest(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(REST)?;
    let (api, resource) = stack.only("AWS::ApiGateway::RestApi")?;
    let definition = &resource["Properties"]["Body"];
    let authorizer =
        &definition["components"]["securitySchemes"][AUTHORIZER]["x-amazon-apigateway-authorizer"];

    let request =
        |method: &str| json!({ "httpMethod": method, "requestContext": { "authorizer": caller() } });
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
        ("the endpoint says who is calling", says_who_is_calling(tools, &stack, request)?),
    ];
    stack.hold(&[&facts[..], &facts_of_both(&stack, api, definition)].concat())
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
        ("the endpoint says who is calling", says_who_is_calling(tools, &stack, request)?),
    ];
    stack.hold(&[&facts[..], &facts_of_both(&stack, api, definition)].concat())
}

/// What has to hold whichever kind of API it is; `api` is the name of the resource.
fn facts_of_both(stack: &Translated, api: &str, definition: &Value) -> [Fact; 4] {
    let authorizers = &definition["components"]["securitySchemes"];
    let authorizer = &authorizers[AUTHORIZER]["x-amazon-apigateway-authorizer"];
    let (uri, function) =
        (&authorizer["authorizerUri"]["Fn::Sub"][0], &authorizer["authorizerUri"]["Fn::Sub"][1]);
    let uri_ends = ":lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations";
    let expected = ["get /orders protected", "post /orders protected"];
    [
        (
            "the one authorizer is the imported function",
            authorizers.as_object().is_some_and(|authorizers| authorizers.len() == 1)
                && uri.as_str().is_some_and(|uri| uri.ends_with(uri_ends))
                && *function == json!({ "__FunctionArn__": imported("Authorizer") }),
        ),
        ("the authorizer is not cached", authorizer["authorizerResultTtlInSeconds"] == 0),
        (
            "every route is protected by it",
            routes(definition, AUTHORIZER) == expected.map(str::to_owned).into(),
        ),
        ("one permission lets this API's authorizer call it, and nothing else", is_permitted(stack, api)),
    ]
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

/// What the authorizer says of a caller.
fn caller() -> Value {
    json!({ "sub": "u1", "client_id": "web", "sid": "s1", "scope": "read", "exp": "1", "level": "3" })
}

/// Runs the endpoint: no linter reads its code.
fn says_who_is_calling(
    tools: &Tools,
    stack: &Translated,
    request: impl Fn(&str) -> Value,
) -> Result<bool, TaskError> {
    let (_, function) = stack.only("AWS::Lambda::Function")?;
    let code = function["Properties"]["Code"]["ZipFile"].as_str().unwrap_or_default();
    for (method, status, name) in [("GET", 200, "for"), ("POST", 201, "ordered_by")] {
        let event = request(method).to_string();
        let answer = output(&mut tools.program("python", &["-c", CALL, code, &event]))?;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        let body: Value =
            serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
        let who = json!({ "sub": "u1", "client_id": "web", "scope": "read" });
        if answer["statusCode"] != status || body[name] != who {
            return Ok(false);
        }
    }
    Ok(true)
}
