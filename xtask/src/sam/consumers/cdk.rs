//! `examples/consumer/cdk`: the REST API again, by the CDK.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Map, Value, json};

use super::endpoint::{ORIGINS, call, caller, says_who_is_calling};
use crate::{
    packages,
    sam::{
        Tools,
        tools::REGION,
        translated::{Fact, Translated, gateway_responses_are_ours},
    },
    shell::{TaskError, program, root, run},
};

const FOLDER: &str = "examples/consumer/cdk";
/// What isn't locked, and changes more often.
const FILES: [&str; 5] = ["app.ts", "orders-stack.ts", "orders.py", "cdk.json", "tsconfig.json"];

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let stack = synthesized(tools)?;
    let (api, _) = stack.only("AWS::ApiGateway::RestApi")?;
    let (authorizer, resource) = stack.only("AWS::ApiGateway::Authorizer")?;
    let definition = &resource["Properties"];
    let request = |method: &str| json!({ "httpMethod": method, "headers": {}, "requestContext": { "authorizer": caller() } });
    let (_, function) = stack.only("AWS::Lambda::Function")?;
    let code = function["Properties"]["Code"]["ZipFile"].as_str().unwrap_or_default();
    let responses = gateway_responses(&stack);
    let facts: [Fact; 11] = [
        ("the authorizer is a REQUEST authorizer", definition["Type"] == "REQUEST"),
        (
            "the token is the Authorization header",
            definition["IdentitySource"] == "method.request.header.Authorization",
        ),
        ("the authorizer is not cached", definition["AuthorizerResultTtlInSeconds"] == 0),
        (
            "the one authorizer is the imported function",
            joined(&definition["AuthorizerUri"])
                .ends_with(&format!(":lambda:path/2015-03-31/functions/{}/invocations", joined(&imported()))),
        ),
        ("every method but a preflight is protected by it", are_protected(&stack, authorizer)),
        (
            "one permission lets this API's authorizer call it, and nothing else",
            is_permitted(&stack, api, authorizer),
        ),
        ("there is one stage", stack.of_type("AWS::ApiGateway::Stage").count() == 1),
        ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(&responses)),
        ("pages can read the gateway's errors", are_readable(&responses)),
        ("the endpoint says who is calling", says_who_is_calling(tools, code, request)?),
        ("it names the page's origin if that is allowed", names_the_origin(tools, code)?),
    ];
    stack.hold_after("synthesized and linted", &facts)
}

/// The template that CDK makes of it, linted.
fn synthesized(tools: &Tools) -> Result<Translated, TaskError> {
    let folder = packages::npm_of(&root().join(FOLDER), "consumer-cdk")?;
    for name in FILES {
        let copied = std::fs::copy(root().join(FOLDER).join(name), folder.join(name));
        copied.map_err(|e| TaskError(format!("{FOLDER}/{name}: {e}")))?;
    }
    let cdk = folder.join("node_modules/.bin/cdk");
    let context = format!("allowedOrigins={}", ORIGINS.join(","));
    let mut synth = program(cdk, &["synth", "--quiet", "--no-notices", "--context", &context]);
    synth.current_dir(&folder).env("CDK_DISABLE_CLI_TELEMETRY", "true");
    run(synth.env("AWS_REGION", REGION).env("AWS_EC2_METADATA_DISABLED", "true"))?;
    let template = folder.join("cdk.out/Orders.template.json");
    let path = template.to_string_lossy();
    // CDK says a dependency twice: W3005.
    run(&mut tools.program("cfn-lint", &["--regions", REGION, "--ignore-checks", "W3005", "--", &path]))?;
    let text = std::fs::read_to_string(&template).map_err(|e| TaskError(format!("{path}: {e}")))?;
    Translated::parse(&Path::new(FOLDER).to_string_lossy(), &text)
}

fn imported() -> Value {
    json!({ "Fn::ImportValue": "latchgate-AuthorizerArn" })
}

/// A text that CDK joins of parts, each that isn't text itself as JSON.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(function) if function.contains_key("Fn::Join") => {
            value["Fn::Join"][1].as_array().into_iter().flatten().map(joined).collect()
        }
        other => other.to_string(),
    }
}

/// Whether there are these two methods behind the authorizer, and beside them preflights alone, which call no function.
fn are_protected(stack: &Translated, authorizer: &str) -> bool {
    let methods = stack.of_type("AWS::ApiGateway::Method").map(|(_, method)| &method["Properties"]);
    let (preflights, methods): (Vec<_>, Vec<_>) =
        methods.partition(|method| method["HttpMethod"] == "OPTIONS");
    let names: BTreeSet<_> = methods.iter().filter_map(|method| method["HttpMethod"].as_str()).collect();
    let is_protected = |method: &&Value| {
        method["AuthorizationType"] == "CUSTOM" && method["AuthorizerId"] == json!({ "Ref": authorizer })
    };
    names == BTreeSet::from(["GET", "POST"])
        && methods.iter().all(is_protected)
        && preflights.iter().all(|preflight| preflight["Integration"]["Type"] == "MOCK")
}

fn is_permitted(stack: &Translated, api: &str, authorizer: &str) -> bool {
    let permissions =
        stack.of_type("AWS::Lambda::Permission").map(|(_, permission)| &permission["Properties"]);
    let mut permissions = permissions.filter(|permission| permission["FunctionName"] == imported());
    let (Some(permission), None) = (permissions.next(), permissions.next()) else { return false };
    let reference = |name: &str| json!({ "Ref": name }).to_string();
    permission["Action"] == "lambda:InvokeFunction"
        && permission["Principal"] == "apigateway.amazonaws.com"
        && joined(&permission["SourceArn"]).ends_with(&format!(
            ":{}/authorizers/{}",
            reference(api),
            reference(authorizer)
        ))
}

/// The gateway responses as a definition has them.
fn gateway_responses(stack: &Translated) -> Value {
    let responses = stack.of_type("AWS::ApiGateway::GatewayResponse").map(|(_, response)| {
        let properties = &response["Properties"];
        let name = properties["ResponseType"].as_str().unwrap_or_default().to_owned();
        let response = json!({
            "responseTemplates": properties["ResponseTemplates"],
            "responseParameters": properties["ResponseParameters"],
        });
        (name, response)
    });
    json!({ "x-amazon-apigateway-gateway-responses": responses.collect::<Map<_, _>>() })
}

fn are_readable(definition: &Value) -> bool {
    let responses = definition["x-amazon-apigateway-gateway-responses"].as_object().into_iter().flatten();
    responses
        .map(|(_, response)| &response["responseParameters"])
        .all(|headers| headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'")
}

fn names_the_origin(tools: &Tools, code: &str) -> Result<bool, TaskError> {
    for (origin, allowed) in
        ORIGINS.map(|origin| (origin, json!(origin))).into_iter().chain([("null", Value::Null)])
    {
        let event = json!({ "httpMethod": "GET", "headers": { "Origin": origin }, "requestContext": { "authorizer": caller() } });
        let answer = call(tools, code, &event.to_string())?;
        if answer["headers"]["Access-Control-Allow-Origin"] != allowed {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_without_the_authorizer_is_noticed() {
        let method = |kind: &str, id: Value| {
            json!({ "Type": "AWS::ApiGateway::Method", "Properties": {
                "HttpMethod": kind, "AuthorizationType": "CUSTOM", "AuthorizerId": id } })
        };
        let stack = |post: Value| {
            let get = method("GET", json!({ "Ref": "Latchgate" }));
            let resources = json!({ "Resources": { "Get": get, "Post": post } });
            Translated::parse("t", &resources.to_string()).unwrap()
        };
        let protected = method("POST", json!({ "Ref": "Latchgate" }));
        assert!(are_protected(&stack(protected.clone()), "Latchgate"));
        let mut open = protected.clone();
        open["Properties"]["AuthorizationType"] = json!("NONE");
        for post in
            [open, method("POST", json!({ "Ref": "Another" })), method("PUT", json!({ "Ref": "Latchgate" }))]
        {
            assert!(!are_protected(&stack(post.clone()), "Latchgate"), "{post}");
        }
    }
}
