//! `examples/consumer/terraform`: the HTTP API example with Terraform.
//!
//! The providers come from HashiCorp's registry, which not every machine reaches, so nothing is planned here.
//! HashiCorp's parser reads the files, and the content is checked against the facts of the other examples.

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

/// Prints a folder's Terraform files as JSON, with HashiCorp's parser.
const PARSER: &str = "import { convertFiles } from '@cdktf/hcl2json';
    console.log(JSON.stringify(await convertFiles(process.argv[1])));";

fn parsed() -> Result<Value, TaskError> {
    let folder = root().join(FOLDER);
    let mut parser = program("node", &["--input-type=module", "--eval", PARSER, &folder.to_string_lossy()]);
    // Node looks for packages from its working directory.
    let printed = output(parser.current_dir(packages::npm("lint")?))?;
    serde_json::from_str(&printed).map_err(|e| TaskError(format!("{FOLDER}: {e}")))
}

type Facts = Vec<(&'static str, bool)>;

fn facts(said: &Value) -> Facts {
    let authorizer = only(said, "aws_apigatewayv2_authorizer", "latchgate");
    let api = "${aws_apigatewayv2_api.orders.id}";
    let routes = &said["resource"]["aws_apigatewayv2_route"];
    let (route, metadata) = (&routes["orders"][0], &routes["metadata"][0]);
    let proxy = &said["resource"]["aws_apigatewayv2_integration"]["metadata"][0];
    let uri = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/\
               ${local.authorizer_arn}/invocations";
    let parameter = &said["data"]["aws_ssm_parameter"]["authorizer"][0];
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
        ("the one authorizer is the function that Parameter Store names", {
            parameter["name"] == "/latchgate/${var.latchgate_stack}/authorizer-arn"
                && said["locals"][0]["authorizer_arn"]
                    == "${data.aws_ssm_parameter.authorizer.insecure_value}"
                && authorizer["authorizer_uri"] == uri
        }),
        ("every route is protected by it, but those on the way to the metadata", {
            of_type(said, "aws_apigatewayv2_route").count() == 2
                && metadata["route_key"] == "GET /.well-known/oauth-protected-resource${each.key}"
                && metadata["for_each"] == "${aws_apigatewayv2_integration.metadata}"
                && route["authorization_type"] == "CUSTOM"
                && route["authorizer_id"] == "${aws_apigatewayv2_authorizer.latchgate.id}"
                && route["api_id"] == api
                && route["route_key"] == "${each.value}"
                && route["for_each"] == "${toset([\"GET /orders\", \"POST /orders\"])}"
        }),
        ("the well-known places lead to Latchgate's document", {
            proxy["integration_type"] == "HTTP_PROXY"
                && proxy["integration_uri"] == "${local.metadata}${each.value}"
        }),
        ("the authorizer is told of the resource, if there is one", {
            only(said, "aws_apigatewayv2_stage", "default")["stage_variables"]
                == "${var.resource == \"\" ? {} : { latchgate_resource = var.resource }}"
        }),
        ("it adds nothing to the authorizer's policy", permits_nothing_of_others(said)),
        ("there is one stage", of_type(said, "aws_apigatewayv2_stage").count() == 1),
        ("the origins of the variable may call from a browser", {
            cors["allow_origins"] == "${var.allowed_origins}"
                && cors["allow_headers"] == json!(["authorization", "content-type", "dpop"])
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

/// The only resource of a type, which has this name. Null if there are others.
fn only<'a>(said: &'a Value, kind: &str, name: &str) -> &'a Value {
    if of_type(said, kind).count() == 1 { &said["resource"][kind][name][0] } else { &Value::Null }
}

/// Whether each permission is for the example's own function.
fn permits_nothing_of_others(said: &Value) -> bool {
    of_type(said, "aws_lambda_permission")
        .all(|permission| permission["function_name"] == "${aws_lambda_function.orders.function_name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_route_without_an_authorizer_is_noticed() {
        let route = json!({ "for_each": "${toset([\"GET /orders\", \"POST /orders\"])}", "route_key": "${each.value}",
            "api_id": "${aws_apigatewayv2_api.orders.id}", "authorization_type": "CUSTOM",
            "authorizer_id": "${aws_apigatewayv2_authorizer.latchgate.id}" });
        let holds = |said: &Value| {
            facts(said).into_iter().find(|(fact, _)| fact.starts_with("every route")).map(|(_, holds)| holds)
        };
        let metadata = json!({ "for_each": "${aws_apigatewayv2_integration.metadata}",
            "route_key": "GET /.well-known/oauth-protected-resource${each.key}" });
        let routes = json!({ "orders": [route], "metadata": [metadata] });
        let mut said = json!({ "resource": { "aws_apigatewayv2_route": routes } });
        assert_eq!(holds(&said), Some(true));
        said["resource"]["aws_apigatewayv2_route"]["open"] = json!([{ "route_key": "GET /open" }]);
        assert_eq!(holds(&said), Some(false));
    }
}
