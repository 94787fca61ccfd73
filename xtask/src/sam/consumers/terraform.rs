//! `examples/consumer/terraform`: the HTTP API again, by Terraform.
//!
//! The providers come from HashiCorp's registry, which not every machine reaches, so nothing is planned here: the files are parsed by
//! HashiCorp's parser, and what they say is held to the facts of the other examples.

use serde_json::{Value, json};

use super::endpoint::{caller, says_who_is_calling};
use crate::{
    packages,
    sam::Tools,
    shell::{TaskError, output, program, root, run, works},
};

const FOLDER: &str = "examples/consumer/terraform";

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let formatted = if works("terraform", "version") {
        let fmt = ["fmt", "-check", "-diff", "-recursive", FOLDER];
        run(program("terraform", &fmt).env("CHECKPOINT_DISABLE", "1"))?;
        "formatted and parsed"
    } else {
        "parsed (not held to `terraform fmt`: there is no terraform here)"
    };
    let said = parsed()?;
    let code = std::fs::read_to_string(root().join(FOLDER).join("orders.py"));
    let code = code.map_err(|e| TaskError(format!("{FOLDER}/orders.py: {e}")))?;
    let request = |method: &str| {
        let context = json!({ "http": { "method": method }, "authorizer": { "lambda": caller() } });
        json!({ "requestContext": context })
    };
    let mut facts = facts(&said);
    facts.push(("the endpoint says who is calling", says_who_is_calling(tools, &code, request)?));
    if let Some((fact, _)) = facts.iter().find(|(_, holds)| !holds) {
        return Err(TaskError(format!("{FOLDER} contradicts: {fact}")));
    }
    println!("{FOLDER}: {formatted}; {} facts hold", facts.len());
    Ok(())
}

fn parsed() -> Result<Value, TaskError> {
    let folder = packages::npm("terraform")?;
    let script = folder.join("hcl.mjs");
    let copied = std::fs::copy(root().join("xtask/src/sam/hcl.mjs"), &script);
    copied.map_err(|e| TaskError(format!("{}: {e}", script.display())))?;
    let printed = output(&mut program("node", &[&*script.to_string_lossy(), FOLDER]))?;
    serde_json::from_str(&printed).map_err(|e| TaskError(format!("{FOLDER}: {e}")))
}

type Facts = Vec<(&'static str, bool)>;

fn facts(said: &Value) -> Facts {
    let authorizer = only(said, "aws_apigatewayv2_authorizer", "latchgate");
    let api = "${aws_apigatewayv2_api.orders.id}";
    let permission = only(said, "aws_lambda_permission", "authorizer");
    let route = only(said, "aws_apigatewayv2_route", "orders");
    let arn = "${local.authorizer_arn}";
    let uri = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/\
               ${local.authorizer_arn}/invocations";
    let export = &said["data"]["aws_cloudformation_export"]["authorizer"][0];
    let cors = &only(said, "aws_apigatewayv2_api", "orders")["cors_configuration"][0];
    vec![
        ("the authorizer is a REQUEST authorizer of the API", {
            authorizer["authorizer_type"] == "REQUEST" && authorizer["api_id"] == api
        }),
        ("it gets payload 2.0", authorizer["authorizer_payload_format_version"] == "2.0"),
        ("it answers with a policy", authorizer["enable_simple_responses"] == false),
        ("the token is the Authorization header", {
            authorizer["identity_sources"] == json!(["$request.header.Authorization"])
        }),
        ("the authorizer is not cached", authorizer["authorizer_result_ttl_in_seconds"] == 0),
        ("the one authorizer is the exported function", {
            export["name"] == "${var.latchgate_stack}-AuthorizerArn"
                && said["locals"][0]["authorizer_arn"] == "${data.aws_cloudformation_export.authorizer.value}"
                && authorizer["authorizer_uri"] == uri
        }),
        ("every route is protected by it", {
            route["authorization_type"] == "CUSTOM"
                && route["authorizer_id"] == "${aws_apigatewayv2_authorizer.latchgate.id}"
                && route["api_id"] == api
                && route["route_key"] == "${each.value}"
                && route["for_each"] == "${toset([\"GET /orders\", \"POST /orders\"])}"
        }),
        ("one permission lets this API's authorizer call it, and nothing else", {
            permissions_of(said, arn) == 1
                && permission["function_name"] == arn
                && permission["action"] == "lambda:InvokeFunction"
                && permission["principal"] == "apigateway.amazonaws.com"
                && permission["source_arn"]
                    == "${aws_apigatewayv2_api.orders.execution_arn}/authorizers/${aws_apigatewayv2_authorizer.latchgate.id}"
        }),
        ("there is one stage", of_type(said, "aws_apigatewayv2_stage").count() == 1),
        ("the origins of the variable may call from a browser", {
            cors["allow_origins"] == "${var.allowed_origins}"
                && cors["allow_headers"] == json!(["authorization", "content-type"])
        }),
    ]
}

/// The resources of a type.
fn of_type<'a>(said: &'a Value, kind: &str) -> impl Iterator<Item = &'a Value> {
    said["resource"][kind]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(_, all)| all.as_array().into_iter().flatten())
}

/// The one resource of a type with this name; null, if there are others, but for permissions.
fn only<'a>(said: &'a Value, kind: &str, name: &str) -> &'a Value {
    let is_one = kind == "aws_lambda_permission" || of_type(said, kind).count() == 1;
    if is_one { &said["resource"][kind][name][0] } else { &Value::Null }
}

fn permissions_of(said: &Value, function: &str) -> usize {
    of_type(said, "aws_lambda_permission")
        .filter(|permission| permission["function_name"] == function)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_route_is_noticed_that_names_no_authorizer() {
        let route = json!({ "for_each": "${toset([\"GET /orders\", \"POST /orders\"])}", "route_key": "${each.value}",
            "api_id": "${aws_apigatewayv2_api.orders.id}", "authorization_type": "CUSTOM",
            "authorizer_id": "${aws_apigatewayv2_authorizer.latchgate.id}" });
        let holds = |said: &Value| {
            facts(said).into_iter().find(|(fact, _)| fact.starts_with("every route")).map(|(_, holds)| holds)
        };
        let mut said = json!({ "resource": { "aws_apigatewayv2_route": { "orders": [route] } } });
        assert_eq!(holds(&said), Some(true));
        said["resource"]["aws_apigatewayv2_route"]["open"] = json!([{ "route_key": "GET /open" }]);
        assert_eq!(holds(&said), Some(false));
    }
}
