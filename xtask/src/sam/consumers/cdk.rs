//! `examples/consumer/cdk`: the REST API example with the CDK.

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
/// The API's resource identifier, so that the stack has all of its optional parts.
const RESOURCE: &str = "https://shop.example.com/orders";
/// The files that no lockfile covers, and that change more often.
const FILES: [&str; 5] = ["app.ts", "orders-stack.ts", "orders.py", "cdk.json", "tsconfig.json"];

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let stack = synthesized(tools)?;
    let (authorizer, resource) = stack.only("AWS::ApiGateway::Authorizer")?;
    let definition = &resource["Properties"];
    let request = |method: &str| json!({ "httpMethod": method, "headers": {}, "requestContext": { "authorizer": caller() } });
    let (_, function) = stack.only("AWS::Lambda::Function")?;
    let code = function["Properties"]["Code"]["ZipFile"].as_str().unwrap_or_default();
    let responses = gateway_responses(&stack);
    let (_, stage) = stack.only("AWS::ApiGateway::Stage")?;
    let facts: [Fact; 14] = [
        ("the authorizer is a REQUEST authorizer", definition["Type"] == "REQUEST"),
        (
            "the token is the Authorization header",
            definition["IdentitySource"] == "method.request.header.Authorization",
        ),
        ("the authorizer is not cached", definition["AuthorizerResultTtlInSeconds"] == 0),
        (
            "the one authorizer is the function that Parameter Store names",
            stored(&stack, "authorizer-arn").is_some_and(|arn| {
                joined(&definition["AuthorizerUri"])
                    .ends_with(&format!(":lambda:path/2015-03-31/functions/{arn}/invocations"))
            }),
        ),
        (
            "every method is protected by it, but preflights and the way to the metadata",
            are_protected(&stack, authorizer),
        ),
        ("it adds nothing to the authorizer's policy", stack.permits_nothing_of_others()),
        ("there is one stage", stack.of_type("AWS::ApiGateway::Stage").count() == 1),
        (
            "the authorizer is told of the resource",
            stage["Properties"]["Variables"] == json!({ "latchgate_resource": RESOURCE }),
        ),
        ("the well-known places lead to Latchgate's document", leads_to_metadata(&stack)),
        ("the gateway's challenges name the metadata", are_challenges(&responses)),
        ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(&responses)),
        ("pages can read the gateway's errors", are_readable(&responses)),
        ("the endpoint says who is calling", says_who_is_calling(tools, code, request)?),
        ("it names the page's origin if that is allowed", names_the_origin(tools, code)?),
    ];
    stack.hold_after("synthesized and linted", &facts)
}

/// The template that the CDK generates, linted.
fn synthesized(tools: &Tools) -> Result<Translated, TaskError> {
    let folder = packages::npm_of(&root().join(FOLDER), "consumer-cdk")?;
    for name in FILES {
        let copied = std::fs::copy(root().join(FOLDER).join(name), folder.join(name));
        copied.map_err(|e| TaskError(format!("{FOLDER}/{name}: {e}")))?;
    }
    let cdk = folder.join("node_modules/.bin/cdk");
    let origins = format!("allowedOrigins={}", ORIGINS.join(","));
    let resource = format!("resource={RESOURCE}");
    let context = ["--context", &origins, "--context", &resource];
    let mut synth = program(cdk, &[&["synth", "--quiet", "--no-notices"][..], &context].concat());
    synth.current_dir(&folder).env("CDK_DISABLE_CLI_TELEMETRY", "true");
    run(synth.env("AWS_REGION", REGION).env("AWS_EC2_METADATA_DISABLED", "true"))?;
    let template = folder.join("cdk.out/Orders.template.json");
    let path = template.to_string_lossy();
    // The CDK lists a dependency twice, which is W3005.
    run(&mut tools.program("cfn-lint", &["--regions", REGION, "--ignore-checks", "W3005", "--", &path]))?;
    let text = std::fs::read_to_string(&template).map_err(|e| TaskError(format!("{path}: {e}")))?;
    Translated::parse(&Path::new(FOLDER).to_string_lossy(), &text)
}

/// The reference to the parameter with this value of Latchgate's stack.
fn stored(stack: &Translated, value: &str) -> Option<String> {
    let names = stack.parameters_of("AWS::SSM::Parameter::Value<String>");
    let stored = format!("/latchgate/latchgate/{value}");
    let name = names.into_iter().find(|(_, name)| *name == stored)?.0;
    Some(json!({ "Ref": name }).to_string())
}

/// A text that the CDK joins from parts, with non-text parts as JSON.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(function) if function.contains_key("Fn::Join") => {
            value["Fn::Join"][1].as_array().into_iter().flatten().map(joined).collect()
        }
        other => other.to_string(),
    }
}

/// Whether two public methods lead to the host's documents at the issuer that Parameter Store names.
fn leads_to_metadata(stack: &Translated) -> bool {
    let methods = stack.of_type("AWS::ApiGateway::Method").map(|(_, method)| &method["Properties"]);
    let open = methods.filter(|method| method["Integration"]["Type"] == "HTTP_PROXY");
    let is_open = |method: &&Value| method["AuthorizationType"] == "NONE" && method["HttpMethod"] == "GET";
    let (open, others): (Vec<_>, Vec<_>) = open.partition(is_open);
    let uris: BTreeSet<_> = open.iter().map(|method| joined(&method["Integration"]["Uri"])).collect();
    let Some(issuer) = stored(stack, "issuer") else { return false };
    let place = format!("{issuer}/.well-known/oauth-protected-resource/shop.example.com");
    others.is_empty() && uris == BTreeSet::from([format!("{place}/{{proxy}}"), place])
}

fn are_challenges(responses: &Value) -> bool {
    let responses = &responses["x-amazon-apigateway-gateway-responses"];
    ["UNAUTHORIZED", "ACCESS_DENIED"].iter().all(|kind| {
        let header = &responses[kind]["responseParameters"]["gatewayresponse.header.WWW-Authenticate"];
        joined(header).contains("/.well-known/oauth-protected-resource/shop.example.com/orders\", DPoP ")
    })
}

/// Whether these two methods are behind the authorizer, and the only others are preflights without a function and
/// routes to elsewhere.
fn are_protected(stack: &Translated, authorizer: &str) -> bool {
    let methods = stack.of_type("AWS::ApiGateway::Method").map(|(_, method)| &method["Properties"]);
    let methods = methods.filter(|method| method["Integration"]["Type"] != "HTTP_PROXY");
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

/// The gateway responses in the form of a definition.
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
