//! template-http.yaml: an HTTP API in front of the stack's functions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    organisation::{if_given, unused},
    templates::HTTP_TEMPLATE,
    tools::Tools,
    translated::{Translated, imported},
};
use crate::shell::TaskError;

/// The routes of the REST API, except OPTIONS, which an HTTP API answers itself, with their functions.
const ROUTES: [&str; 52] = [
    "DELETE /account protected: Accounts",
    "DELETE /sessions/{session_id} protected: Sessions",
    "GET /.well-known/jwks.json open: Metadata",
    "GET /.well-known/oauth-authorization-server open: Metadata",
    "GET /.well-known/oauth-authorization-server/{issuer_path+} open: Metadata",
    "GET /.well-known/oauth-protected-resource open: Metadata",
    "GET /.well-known/oauth-protected-resource/{resource+} open: Metadata",
    "GET /.well-known/openid-configuration open: Metadata",
    "GET /account open: Authorize",
    "GET /account/confirm open: Authorize",
    "GET /account/delete open: Authorize",
    "GET /account/email open: Authorize",
    "GET /account/email/confirm open: Authorize",
    "GET /account/email/undo open: Authorize",
    "GET /account/forgot open: Authorize",
    "GET /account/new open: Authorize",
    "GET /account/reset open: Authorize",
    "GET /authorize open: Authorize",
    "GET /end-session open: Authorize",
    "GET /sessions protected: Sessions",
    "GET /userinfo protected: Userinfo",
    "HEAD /.well-known/jwks.json open: Metadata",
    "HEAD /.well-known/oauth-authorization-server open: Metadata",
    "HEAD /.well-known/oauth-authorization-server/{issuer_path+} open: Metadata",
    "HEAD /.well-known/oauth-protected-resource open: Metadata",
    "HEAD /.well-known/oauth-protected-resource/{resource+} open: Metadata",
    "HEAD /.well-known/openid-configuration open: Metadata",
    "POST /account open: Authorize",
    "POST /account/confirm open: Authorize",
    "POST /account/delete open: Authorize",
    "POST /account/email open: Authorize",
    "POST /account/email/confirm open: Authorize",
    "POST /account/email/undo open: Authorize",
    "POST /account/forgot open: Authorize",
    "POST /account/new open: Authorize",
    "POST /account/reset open: Authorize",
    "POST /authorize open: Authorize",
    "POST /email protected: Accounts",
    "POST /email/confirm open: Accounts",
    "POST /email/undo open: Accounts",
    "POST /end-session open: Authorize",
    "POST /forgot open: Accounts",
    "POST /login open: Login",
    "POST /logout open: Logout",
    "POST /password protected: Password",
    "POST /refresh open: Refresh",
    "POST /resend open: Accounts",
    "POST /reset open: Accounts",
    "POST /signup open: Accounts",
    "POST /signup/confirm open: Accounts",
    "POST /token open: Token",
    "POST /userinfo protected: Userinfo",
];

/// The routes that take passwords or send mails, which are the expensive ones.
const EXPENSIVE: [&str; 21] = [
    "DELETE /account",
    "POST /account",
    "POST /account/confirm",
    "POST /account/delete",
    "POST /account/email",
    "POST /account/email/confirm",
    "POST /account/email/undo",
    "POST /account/forgot",
    "POST /account/new",
    "POST /account/reset",
    "POST /authorize",
    "POST /email",
    "POST /email/confirm",
    "POST /email/undo",
    "POST /forgot",
    "POST /login",
    "POST /password",
    "POST /resend",
    "POST /reset",
    "POST /signup",
    "POST /signup/confirm",
];

/// The beginnings of paths that share a permission: a function's policy has little room.
const SHARED: [&str; 2] = ["/.well-known/", "/account/"];

/// The fields of access logs. A caller writes none of them.
const LOGGED: [&str; 11] = [
    "authorizer.error",
    "error.message",
    "extendedRequestId",
    "identity.sourceIp",
    "integrationErrorMessage",
    "integrationLatency",
    "requestTime",
    "responseLatency",
    "responseLength",
    "routeKey",
    "status",
];

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(HTTP_TEMPLATE)?;
    let (api, definition) = stack.only("AWS::ApiGatewayV2::Api")?;
    let (authorizer, asked) = stack.only("AWS::ApiGatewayV2::Authorizer")?;
    let (_, stage) = stack.only("AWS::ApiGatewayV2::Stage")?;
    let (asked, stage) = (&asked["Properties"], &stage["Properties"]);
    let cors = &definition["Properties"]["CorsConfiguration"];
    stack.hold(&[
        (
            "the routes are these, open and protected",
            routes(&stack, authorizer) == ROUTES.map(str::to_owned).into(),
        ),
        (
            "each route may call its function, those of documents and of pages together, the API its authorizer, and nothing else",
            permissions(&stack) == expected_permissions(api, authorizer),
        ),
        (
            "every function gets payload 1.0, with every value of a header",
            properties(&stack, "AWS::ApiGatewayV2::Integration").all(|integration| {
                integration["IntegrationType"] == "AWS_PROXY" && integration["PayloadFormatVersion"] == "1.0"
            }),
        ),
        ("the authorizer is a REQUEST authorizer", asked["AuthorizerType"] == "REQUEST"),
        (
            "it gets payload 2.0, and answers with a policy",
            asked["AuthorizerPayloadFormatVersion"] == "2.0" && asked["EnableSimpleResponses"] == false,
        ),
        (
            "the token is the Authorization header",
            asked["IdentitySource"] == json!(["$request.header.Authorization"]),
        ),
        ("the authorizer is not cached", asked["AuthorizerResultTtlInSeconds"] == 0),
        (
            "it is the stack's",
            asked["AuthorizerUri"]["Fn::Sub"][1] == json!({ "Function": imported("Authorizer") }),
        ),
        ("Parameter Store has its address", {
            stack.only("AWS::SSM::Parameter")?.1["Properties"]["Name"]
                == json!({ "Fn::Sub": "/latchgate/${AWS::StackName}/api-url" })
        }),
        ("it gives no role or policy", stack.types().iter().all(|kind| !kind.starts_with("AWS::IAM::"))),
        ("there is one stage, and it is that without a path", stage["StageName"] == "$default"),
        (
            "every route is throttled, and those that hash passwords or send mails by parameters of their own",
            is_throttled(stage),
        ),
        (
            "its own address is closed by HttpApi or by a domain, and is an output only if it is open",
            address_follows_parameters(&stack),
        ),
        (
            "it exports its address, its identifier and its log",
            stack.exports("${AWS::StackName}-")
                == ["AccessLogName", "ApiId", "ApiUrl"].map(str::to_owned).into(),
        ),
        (
            "the access log is where API Gateway needs no policy for it, in a group of this stack",
            has_own_log(&stack),
        ),
        ("every parameter takes effect", unused(&stack).is_empty()),
        ("a key of the operator's encrypts the access log", log_has_key(&stack)),
        ("the access log has no header, no query and no path", logged(stage) == LOGGED.into()),
        (
            "the origins of AllowedOrigins may call, or else that of AllowedOrigin",
            cors["AllowOrigins"] == allowed_origins() && cors.get("AllowCredentials").is_none(),
        ),
    ])
}

fn address_follows_parameters(stack: &Translated) -> bool {
    let is = |state: &str| json!({ "Fn::Equals": [{ "Ref": "HttpApi" }, state] });
    let or_domain = |state: &str| json!({ "Fn::Or": [{ "Condition": "HasDomain" }, is(state)] });
    let closes = json!({ "Fn::If": ["IsHttpApiClosed", true, false] });
    stack.condition("IsHttpApiClosed") == Some(&or_domain("closed"))
        && stack.condition("HasAddress") == Some(&or_domain("open"))
        && properties(stack, "AWS::ApiGatewayV2::Api").all(|api| api["DisableExecuteApiEndpoint"] == closes)
        && stack.output("ApiUrl").is_some_and(|output| output["Condition"] == "HasAddress")
}

fn allowed_origins() -> Value {
    let all = json!({ "Fn::Split": [",", { "Ref": "AllowedOrigins" }] });
    json!({ "Fn::If": ["HasOrigins", all, [{ "Ref": "AllowedOrigin" }]] })
}

fn properties<'a>(stack: &'a Translated, kind: &'static str) -> impl Iterator<Item = &'a Value> {
    stack.of_type(kind).map(|(_, resource)| &resource["Properties"])
}

/// The routes, each with its authorization and its function's export. A route that isn't certainly protected counts as
/// open.
fn routes(stack: &Translated, authorizer: &str) -> BTreeSet<String> {
    let route = |route: &Value| {
        let is_protected =
            route["AuthorizationType"] == "CUSTOM" && route["AuthorizerId"] == json!({ "Ref": authorizer });
        let target = route["Target"]["Fn::Sub"].as_str().unwrap_or_default();
        let mut integrations = stack.of_type("AWS::ApiGatewayV2::Integration");
        let integration = integrations.find(|(id, _)| target == format!("integrations/${{{id}}}"));
        let function = integration.and_then(|(_, i)| exporter(&i["Properties"]["IntegrationUri"]));
        let key = route["RouteKey"].as_str().unwrap_or_default();
        let access = if is_protected { "protected" } else { "open" };
        format!("{key} {access}: {}", function.unwrap_or_default())
    };
    properties(stack, "AWS::ApiGatewayV2::Route").map(route).collect()
}

/// The function that a value imports.
fn exporter(value: &Value) -> Option<&str> {
    let name = value["Fn::ImportValue"]["Fn::Sub"].as_str()?;
    name.strip_prefix("${LatchgateStack}-")?.strip_suffix("Arn")
}

/// The permitted callers of each function.
fn permissions(stack: &Translated) -> BTreeSet<String> {
    let permission = |permission: &Value| {
        let is_gateway = permission["Action"] == "lambda:InvokeFunction"
            && permission["Principal"] == "apigateway.amazonaws.com";
        let function = exporter(&permission["FunctionName"]).filter(|_| is_gateway);
        let source = permission["SourceArn"]["Fn::Sub"].as_str().unwrap_or_default();
        format!("{} from {source}", function.unwrap_or_default())
    };
    properties(stack, "AWS::Lambda::Permission").map(permission).collect()
}

fn expected_permissions(api: &str, authorizer: &str) -> BTreeSet<String> {
    let from = format!("arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}");
    let of_route = |route: &str| {
        let (key, function) = route.split_once(": ")?;
        let mut words = key.split(' ');
        let (method, path) = (words.next()?, words.next()?);
        // There is only one stage.
        if let Some(shared) = SHARED.into_iter().find(|shared| path.starts_with(shared)) {
            return Some(format!("{function} from {from}/*/*{shared}*"));
        }
        let path = path.replace("{session_id}", "*");
        Some(format!("{function} from {from}/*/{method}{path}"))
    };
    let of_authorizer = format!("Authorizer from {from}/authorizers/${{{authorizer}}}");
    ROUTES.into_iter().filter_map(of_route).chain([of_authorizer]).collect()
}

fn is_throttled(stage: &Value) -> bool {
    let limits = |of: &str| {
        let limit = |kind: &str| json!({ "Ref": format!("{of}{kind}") });
        json!({ "ThrottlingRateLimit": limit("Rate"), "ThrottlingBurstLimit": limit("Burst") })
    };
    let expected = EXPENSIVE.map(|route| (route.to_owned(), limits("Login")));
    stage["DefaultRouteSettings"] == limits("Request")
        && stage["RouteSettings"] == Value::Object(expected.into_iter().collect())
}

/// Log groups under other names need a statement in the account's log policy, which has little room. Groups outlive
/// their stack, so the name includes the stack's ID, not just its name.
fn has_own_log(stack: &Translated) -> bool {
    let id = json!({ "Fn::Select": [2, { "Fn::Split": ["/", { "Ref": "AWS::StackId" }] }] });
    let name = "/aws/vendedlogs/${AWS::StackName}-AccessLog-${Id}";
    let mut groups = properties(stack, "AWS::Logs::LogGroup");
    groups.next().is_some_and(|group| group["LogGroupName"] == json!({ "Fn::Sub": [name, { "Id": id }] }))
        && groups.next().is_none()
}

fn log_has_key(stack: &Translated) -> bool {
    let key = if_given("HasKmsKey", "KmsKeyArn");
    properties(stack, "AWS::Logs::LogGroup").all(|group| group["KmsKeyId"] == key)
}

/// The fields of the access log. Braces mark those that CloudFormation fills in.
fn logged(stage: &Value) -> BTreeSet<&str> {
    let settings = &stage["AccessLogSettings"]["Fn::If"];
    let is_there = settings[0] == "HasAccessLogs" && settings[2] == json!({ "Ref": "AWS::NoValue" });
    let format = settings[1]["Format"]["Fn::Sub"].as_str().filter(|_| is_there).unwrap_or_default();
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '.';
    let variables = format.split('$').skip(1).filter(|rest| !rest.starts_with('{'));
    let names = variables.map(|rest| rest.split(is_end).next().unwrap_or_default());
    names.map(|name| name.strip_prefix("context.").unwrap_or(name)).collect()
}
