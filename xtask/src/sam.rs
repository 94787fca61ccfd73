//! template.yaml, as SAM and CloudFormation see it.
//!
//! `sam validate --lint` alone misses a bad reference in a policy and an authorizer that isn't there, so the template
//! is translated as well, the result linted, and what no linter knows is held against what was meant.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;

use crate::shell::{TaskError, output, program, root, run, tool_folder};

const PACKAGES: [&str; 3] = ["aws-sam-cli==1.170.0", "aws-sam-translator==1.115.0", "cfn-lint==1.58.0"];
/// Any region: nothing is deployed.
const REGION: &str = "eu-west-1";

pub(crate) fn run_checks() -> Result<(), TaskError> {
    let tools = tools()?;
    let template = root().join("template.yaml");
    let template = template.to_string_lossy();

    let validate = ["validate", "--lint", "--template", &template];
    run(program(tools.join("sam"), &validate)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("SAM_CLI_TELEMETRY", "0"))?;

    let script = root().join("xtask/src/translate.py");
    let translated = output(
        program(tools.join("python"), &[&*script.to_string_lossy(), &template])
            .env("AWS_DEFAULT_REGION", REGION),
    )?;
    let file = root().join("target").join("template.translated.json");
    std::fs::write(&file, &translated).map_err(|e| TaskError(format!("{}: {e}", file.display())))?;
    run(&mut program(tools.join("cfn-lint"), &["--regions", REGION, "--", &file.to_string_lossy()]))?;

    let translated = serde_json::from_str(&translated).map_err(|e| TaskError(e.to_string()))?;
    let facts = Translated(translated).check()?;
    println!(
        "template.yaml: valid, linted, translated and linted again; {facts} facts of the translation hold"
    );
    Ok(())
}

fn tools() -> Result<PathBuf, TaskError> {
    let folder = tool_folder("sam")?;
    let tools = folder.join("bin");
    if !tools.join("sam").exists() {
        run(&mut program("python3", &["-m", "venv", &folder.to_string_lossy()]))?;
        let install = [&["install", "--quiet", "--disable-pip-version-check"][..], &PACKAGES].concat();
        run(&mut program(tools.join("pip"), &install))?;
    }
    Ok(tools)
}

/// The template as CloudFormation gets it.
struct Translated(Value);

impl Translated {
    /// Holds the translation against what was meant, and counts what held.
    fn check(&self) -> Result<usize, TaskError> {
        let api = self.of_type("AWS::ApiGateway::RestApi").next().ok_or_else(|| wrong("there is no API"))?;
        let body = &api["Properties"]["Body"];
        let authorizer =
            &body["components"]["securitySchemes"]["LatchgateAuthorizer"]["x-amazon-apigateway-authorizer"];
        let expected = [
            "delete /sessions/{session_id} protected",
            "get /sessions protected",
            "options /login open",
            "options /logout open",
            "options /refresh open",
            "options /sessions open",
            "options /sessions/{session_id} open",
            "post /login open",
            "post /logout open",
            "post /refresh open",
        ];
        let facts = [
            ("the authorizer is not cached", authorizer["authorizerResultTtlInSeconds"] == 0),
            ("the authorizer is a TOKEN authorizer", authorizer["type"] == "token"),
            ("the routes are these, open and protected", routes(body) == expected.map(str::to_owned).into()),
            (
                "there is one stage",
                self.of_type("AWS::ApiGateway::Stage").count() == 1 && body["openapi"] == "3.0.1",
            ),
            ("five tables, each retained", self.tables_are_retained(5)),
            ("no policy has a wildcard, and every action is one of DynamoDB's", self.policies_are_exact()),
            (
                "the API may call each function and the authorizer",
                self.of_type("AWS::Lambda::Permission").count() == 6,
            ),
            ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(body)),
        ];
        match facts.iter().find(|(_, holds)| !holds) {
            Some((fact, _)) => Err(wrong(fact)),
            None => Ok(facts.len()),
        }
    }

    fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        let resources = self.0["Resources"].as_object().into_iter().flatten();
        resources.map(|(_, resource)| resource).filter(move |resource| resource["Type"] == kind)
    }

    fn tables_are_retained(&self, count: usize) -> bool {
        let mut tables = self.of_type("AWS::DynamoDB::Table");
        self.of_type("AWS::DynamoDB::Table").count() == count
            && tables
                .all(|table| table["DeletionPolicy"] == "Retain" && table["UpdateReplacePolicy"] == "Retain")
    }

    fn policies_are_exact(&self) -> bool {
        let mut statements = self
            .of_type("AWS::IAM::Role")
            .flat_map(|role| role["Properties"]["Policies"].as_array().into_iter().flatten())
            .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().into_iter().flatten())
            .peekable();
        let is_exact = |statement: &Value| {
            let mut actions = statement["Action"].as_array().into_iter().flatten();
            statement["Resource"]["Fn::GetAtt"].is_array()
                && actions.all(|a| a.as_str().is_some_and(|a| a.starts_with("dynamodb:") && !a.contains('*')))
        };
        statements.peek().is_some() && statements.all(is_exact)
    }
}

/// The routes, each with its method and whether anybody may call it.
fn routes(body: &Value) -> BTreeSet<String> {
    let is_open = |operation: &Value| {
        operation["security"].as_array().is_none_or(|security| {
            security
                .iter()
                .any(|s| s.get("NONE").is_some() || s.as_object().is_some_and(serde_json::Map::is_empty))
        })
    };
    let paths = body["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, operation)| {
                format!("{method} {path} {}", if is_open(operation) { "open" } else { "protected" })
            })
        })
        .collect()
}

fn gateway_responses_are_ours(body: &Value) -> bool {
    let Some(responses) = body["x-amazon-apigateway-gateway-responses"].as_object() else { return false };
    let is_ours = |response: &Value| {
        let template = response["responseTemplates"]["application/json"].as_str().unwrap_or_default();
        let error: Option<Value> = serde_json::from_str(template).ok();
        error.is_some_and(|e| e["error"].is_string() && e["error_description"].is_string())
            && response["responseParameters"]["gatewayresponse.header.Cache-Control"] == "'no-store'"
    };
    ["DEFAULT_4XX", "DEFAULT_5XX"].iter().all(|kind| responses.contains_key(*kind))
        && responses.values().all(is_ours)
}

fn wrong(fact: &str) -> TaskError {
    TaskError(format!("the translated template contradicts: {fact}"))
}
