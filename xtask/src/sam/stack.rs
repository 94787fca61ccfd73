//! template.yaml: the stack.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    roles,
    templates::TEMPLATE,
    tools::Tools,
    translated::{Translated, gateway_responses_are_ours, routes},
};
use crate::shell::TaskError;

const AUTHORIZER: &str = "LatchgateAuthorizer";

const ROUTES: [&str; 24] = [
    "delete /sessions/{session_id} protected",
    "get /.well-known/jwks.json open",
    "get /.well-known/oauth-authorization-server open",
    "get /.well-known/oauth-authorization-server/{issuer_path+} open",
    "get /.well-known/openid-configuration open",
    "get /sessions protected",
    "head /.well-known/jwks.json open",
    "head /.well-known/oauth-authorization-server open",
    "head /.well-known/oauth-authorization-server/{issuer_path+} open",
    "head /.well-known/openid-configuration open",
    "options /.well-known/jwks.json open",
    "options /.well-known/oauth-authorization-server open",
    "options /.well-known/oauth-authorization-server/{issuer_path+} open",
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

/// The status of each of the gateway's own answers; `None` is that of whatever went wrong.
const REFUSALS: [(&str, Option<u16>); 9] = [
    ("ACCESS_DENIED", Some(403)),
    ("DEFAULT_4XX", None),
    ("DEFAULT_5XX", None),
    ("MISSING_AUTHENTICATION_TOKEN", Some(404)),
    ("REQUEST_TOO_LARGE", Some(413)),
    ("THROTTLED", Some(429)),
    ("UNAUTHORIZED", Some(401)),
    ("UNSUPPORTED_MEDIA_TYPE", Some(415)),
    ("WAF_FILTERED", Some(429)),
];

/// The tables whose items end by themselves; clients and users don't.
const WITH_TTL: [&str; 4] = ["CredentialsTable", "KeysTable", "RevocationsTable", "SessionsTable"];

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(TEMPLATE)?;
    let (_, api) = stack.only("AWS::ApiGateway::RestApi")?;
    let definition = &api["Properties"]["Body"];
    let authorizer =
        &definition["components"]["securitySchemes"][AUTHORIZER]["x-amazon-apigateway-authorizer"];
    stack.hold(&[
        ("the authorizer is not cached", authorizer["authorizerResultTtlInSeconds"] == 0),
        ("the authorizer is a REQUEST authorizer", authorizer["type"] == "request"),
        (
            "the token is the Authorization header",
            authorizer["identitySource"] == "method.request.header.Authorization",
        ),
        (
            "the routes are these, open and protected",
            routes(definition, AUTHORIZER) == ROUTES.map(str::to_owned).into(),
        ),
        (
            "there is one stage",
            stack.of_type("AWS::ApiGateway::Stage").count() == 1 && definition["openapi"] == "3.0.1",
        ),
        (
            "login and the change of password are throttled by themselves, and all else together",
            throttling(&stack) == [("/*", "Request"), ("/~1login", "Login"), ("/~1password", "Login")].into(),
        ),
        ("six tables, each retained", tables_are_retained(&stack, 6)),
        ("four tables drop what has expired, by expires_at", with_ttl(&stack) == WITH_TTL),
        (
            "each function has a role of its own, with exactly the rights that are listed in roles.rs",
            roles::are_exact(&stack),
        ),
        ("traces are off by default", roles::traces_are_off_by_default(&stack)),
        (
            "the API may call each function and the authorizer, and Secrets Manager the rotation",
            stack.of_type("AWS::Lambda::Permission").count() == 26,
        ),
        (
            "a function answers every preflight, and names the page's own origin",
            preflights_are_a_functions(definition),
        ),
        ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(definition)),
        ("pages may read the gateway's errors, as the parameters say", errors_are_readable(definition)),
        ("the gateway's errors have these statuses", statuses(definition) == REFUSALS.into()),
    ])
}

/// By which parameters each path of the stage is throttled: `Request` or `Login`, before `Rate` and `Burst`.
fn throttling(stack: &Translated) -> BTreeMap<&str, &str> {
    let settings = stack
        .of_type("AWS::ApiGateway::Stage")
        .flat_map(|(_, stage)| stage["Properties"]["MethodSettings"].as_array().into_iter().flatten());
    let by = |setting: &Value| {
        ["Request", "Login"].into_iter().find(|by| {
            setting["ThrottlingRateLimit"] == json!({ "Ref": format!("{by}Rate") })
                && setting["ThrottlingBurstLimit"] == json!({ "Ref": format!("{by}Burst") })
        })
    };
    settings
        .map(|setting| {
            let path = setting["ResourcePath"].as_str().unwrap_or_default();
            (path, by(setting).unwrap_or("nothing"))
        })
        .collect()
}

fn with_ttl(stack: &Translated) -> Vec<&str> {
    let ends = json!({ "AttributeName": "expires_at", "Enabled": true });
    let tables = stack.of_type("AWS::DynamoDB::Table");
    let mut tables: Vec<_> = tables
        .filter(|(_, table)| table["Properties"]["TimeToLiveSpecification"] == ends)
        .map(|(name, _)| name)
        .collect();
    tables.sort_unstable();
    tables
}

/// What SAM makes of `Cors` is a fixed answer, which suits one origin.
fn preflights_are_a_functions(definition: &Value) -> bool {
    let paths = definition["paths"].as_object().into_iter().flatten();
    let mut preflights = paths.map(|(_, methods)| &methods["options"]["x-amazon-apigateway-integration"]);
    preflights.all(|integration| integration["type"] == "aws_proxy")
}

fn errors_are_readable(definition: &Value) -> bool {
    let one = json!({ "Fn::Sub": "'${AllowedOrigin}'" });
    let readers = json!({ "Fn::If": ["HasOrigins", "'*'", one] });
    let mut responses = definition["x-amazon-apigateway-gateway-responses"].as_object().into_iter().flatten();
    responses.all(|(_, response)| {
        response["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == readers
    })
}

fn statuses(definition: &Value) -> BTreeMap<&str, Option<u16>> {
    let responses = definition["x-amazon-apigateway-gateway-responses"].as_object().into_iter().flatten();
    let status = |response: &Value| response["statusCode"].to_string().trim_matches('"').parse().ok();
    responses.map(|(kind, response)| (kind.as_str(), status(response))).collect()
}

fn tables_are_retained(stack: &Translated, count: usize) -> bool {
    let is_retained =
        |table: &Value| table["DeletionPolicy"] == "Retain" && table["UpdateReplacePolicy"] == "Retain";
    stack.of_type("AWS::DynamoDB::Table").count() == count
        && stack.of_type("AWS::DynamoDB::Table").all(|(_, table)| is_retained(table))
}
