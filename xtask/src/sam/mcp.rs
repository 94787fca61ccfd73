//! `examples/mcp/`: an MCP server on an HTTP API, as a separate resource behind the authorizer.

use serde_json::{Value, json};

use super::{Tools, consumers::facts_of_authorizer, translated::routes};
use crate::shell::TaskError;

pub(super) const TEMPLATE: &str = "examples/mcp/template.yaml";
/// The route where clients look for the server's metadata, and the URL of Latchgate's document.
const METADATA: &str = "/.well-known/oauth-protected-resource/{path+}";
const DOCUMENT: &str = "${Issuer}/.well-known/oauth-protected-resource/${!stageVariables.host}/{path}";

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(TEMPLATE)?;
    let (_, api) = stack.only("AWS::ApiGatewayV2::Api")?;
    let (_, stage) = stack.only("AWS::ApiGatewayV2::Stage")?;
    let (_, function) = stack.only("AWS::Lambda::Function")?;
    let definition = &api["Properties"]["Body"];
    let metadata = &definition["paths"][METADATA]["get"]["x-amazon-apigateway-integration"];
    let variables = &stage["Properties"]["StageVariables"];
    let expected = [
        "delete /mcp protected",
        "get /mcp protected",
        "post /mcp protected",
        &format!("get {METADATA} open"),
    ];
    let facts = [
        (
            "every route is protected, but for the metadata",
            routes(definition, "Latchgate") == expected.map(str::to_owned).into(),
        ),
        (
            "the metadata is Latchgate's",
            metadata["type"] == "http_proxy" && metadata["uri"] == json!({ "Fn::Sub": DOCUMENT }),
        ),
        (
            "tokens are for the URL of the server, which the outputs name",
            stack.output("Resource").is_some_and(|output| output["Value"] == variables["latchgate_resource"])
                && is_at(&variables["latchgate_resource"], &variables["host"]),
        ),
        (
            "the function reads and adds notes, and may do nothing else",
            actions(&stack.only("AWS::IAM::Role")?.1["Properties"])
                == json!(["dynamodb:PutItem", "dynamodb:Query"]),
        ),
        ("the function is the handler of lambda.mjs", function["Properties"]["Handler"] == "lambda.handler"),
    ];
    stack.hold(&[&facts[..], &facts_of_authorizer(&stack, definition)].concat())
}

/// Whether a resource is `/mcp` at a host, with a custom domain and without.
fn is_at(resource: &Value, host: &Value) -> bool {
    let written = |value: &Value| {
        let text = value["Fn::Sub"].as_str().map(str::to_owned);
        text.or_else(|| value["Ref"].as_str().map(|name| format!("${{{name}}}")))
    };
    (1..=2).all(|alternative| {
        let host = written(&host["Fn::If"][alternative]);
        host.is_some_and(|host| {
            resource["Fn::If"][alternative] == json!({ "Fn::Sub": format!("https://{host}/mcp") })
        })
    })
}

/// The actions of a role's only statement.
fn actions(role: &Value) -> Value {
    let statements = &role["Policies"][0]["PolicyDocument"]["Statement"];
    let is_only = role["Policies"].as_array().is_some_and(|policies| policies.len() == 1)
        && statements.as_array().is_some_and(|statements| statements.len() == 1);
    if is_only { statements[0]["Action"].clone() } else { Value::Null }
}
