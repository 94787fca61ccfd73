//! template.yaml: the stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    mails,
    order::Order,
    organisation, roles,
    templates::TEMPLATE,
    tools::Tools,
    translated::{Translated, gateway_responses_are_ours, routes},
};
use crate::shell::TaskError;

const AUTHORIZER: &str = "LatchgateAuthorizer";

const ROUTES: [&str; 85] = [
    "delete /account protected",
    "delete /sessions/{session_id} protected",
    "get /.well-known/jwks.json open",
    "get /.well-known/oauth-authorization-server open",
    "get /.well-known/oauth-authorization-server/{issuer_path+} open",
    "get /.well-known/oauth-protected-resource open",
    "get /.well-known/oauth-protected-resource/{resource+} open",
    "get /.well-known/openid-configuration open",
    "get /account open",
    "get /account/confirm open",
    "get /account/delete open",
    "get /account/email open",
    "get /account/email/confirm open",
    "get /account/email/undo open",
    "get /account/forgot open",
    "get /account/new open",
    "get /account/reset open",
    "get /authorize open",
    "get /end-session open",
    "get /sessions protected",
    "get /userinfo protected",
    "head /.well-known/jwks.json open",
    "head /.well-known/oauth-authorization-server open",
    "head /.well-known/oauth-authorization-server/{issuer_path+} open",
    "head /.well-known/oauth-protected-resource open",
    "head /.well-known/oauth-protected-resource/{resource+} open",
    "head /.well-known/openid-configuration open",
    "options /.well-known/jwks.json open",
    "options /.well-known/oauth-authorization-server open",
    "options /.well-known/oauth-authorization-server/{issuer_path+} open",
    "options /.well-known/oauth-protected-resource open",
    "options /.well-known/oauth-protected-resource/{resource+} open",
    "options /.well-known/openid-configuration open",
    "options /account open",
    "options /account/confirm open",
    "options /account/delete open",
    "options /account/email open",
    "options /account/email/confirm open",
    "options /account/email/undo open",
    "options /account/forgot open",
    "options /account/new open",
    "options /account/reset open",
    "options /authorize open",
    "options /email open",
    "options /email/confirm open",
    "options /email/undo open",
    "options /end-session open",
    "options /forgot open",
    "options /login open",
    "options /logout open",
    "options /password open",
    "options /refresh open",
    "options /resend open",
    "options /reset open",
    "options /sessions open",
    "options /sessions/{session_id} open",
    "options /signup open",
    "options /signup/confirm open",
    "options /token open",
    "options /userinfo open",
    "post /account open",
    "post /account/confirm open",
    "post /account/delete open",
    "post /account/email open",
    "post /account/email/confirm open",
    "post /account/email/undo open",
    "post /account/forgot open",
    "post /account/new open",
    "post /account/reset open",
    "post /authorize open",
    "post /email protected",
    "post /email/confirm open",
    "post /email/undo open",
    "post /end-session open",
    "post /forgot open",
    "post /login open",
    "post /logout open",
    "post /password protected",
    "post /refresh open",
    "post /resend open",
    "post /reset open",
    "post /signup open",
    "post /signup/confirm open",
    "post /token open",
    "post /userinfo protected",
];

/// The throttling of each method and path: of what checks or hashes a password or sends a mail, and of all else.
const THROTTLING: [(&str, &str); 22] = [
    ("* /*", "Request"),
    ("DELETE /~1account", "Login"),
    ("POST /~1account", "Login"),
    ("POST /~1account~1confirm", "Login"),
    ("POST /~1account~1delete", "Login"),
    ("POST /~1account~1email", "Login"),
    ("POST /~1account~1email~1confirm", "Login"),
    ("POST /~1account~1email~1undo", "Login"),
    ("POST /~1account~1forgot", "Login"),
    ("POST /~1account~1new", "Login"),
    ("POST /~1account~1reset", "Login"),
    ("POST /~1authorize", "Login"),
    ("POST /~1email", "Login"),
    ("POST /~1email~1confirm", "Login"),
    ("POST /~1email~1undo", "Login"),
    ("POST /~1forgot", "Login"),
    ("POST /~1login", "Login"),
    ("POST /~1password", "Login"),
    ("POST /~1resend", "Login"),
    ("POST /~1reset", "Login"),
    ("POST /~1signup", "Login"),
    ("POST /~1signup~1confirm", "Login"),
];

/// The status of each gateway response. `None` keeps the status of the failure.
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

/// The role with which API Gateway writes access logs.
const LOGS_ROLE: &str = "ApiGatewayLogsRole";

/// The parameters below `/latchgate/STACK/`.
const PARAMETERS: [&str; 5] = ["api-url", "audience", "authorizer-arn", "issuer", "jwks-uri"];

/// The tables with expiring items. Registered clients, users and consents don't expire.
const WITH_TTL: [&str; 7] = [
    "ClientsTable",
    "CodesTable",
    "CredentialsTable",
    "KeysTable",
    "MailsTable",
    "RevocationsTable",
    "SessionsTable",
];

pub(super) fn check(tools: &Tools) -> Result<(), TaskError> {
    let stack = tools.translate(TEMPLATE)?;
    let (_, api) = stack.only("AWS::ApiGateway::RestApi")?;
    let definition = &api["Properties"]["Body"];
    let authorizer =
        &definition["components"]["securitySchemes"][AUTHORIZER]["x-amazon-apigateway-authorizer"];
    let order = Order::of(&stack);
    let has_order = |earlier, later| order.has(&stack, earlier, later);
    let facts = [
        (
            "the account's role for access logs is set after there is an API, and before the stage logs by it",
            has_order("AWS::ApiGateway::RestApi", "AWS::ApiGateway::Account")
                && has_order("AWS::ApiGateway::Account", "AWS::ApiGateway::Stage")
                && order.has_no_circle(),
        ),
        (
            "a route that is new is there only with the mailer that sends its mails",
            order.waits("ApiprodStage", "MailerFunction"),
        ),
        (
            "the account's role stays as it is by default, and when the stack goes",
            keeps_accounts_role(&stack),
        ),
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
            "what takes a password or sends a mail is throttled by parameters of its own, and all else by others",
            throttling(&stack) == THROTTLING.map(|(call, by)| (call.to_owned(), by)).into(),
        ),
        ("nine tables, kept unless a first deployment fails", tables_are_kept(&stack, 9)),
        ("a change of SigningKeyDays rotates at once, as its description says", rotates_at_once(&stack)),
        ("seven tables drop what has expired, by expires_at", with_ttl(&stack) == WITH_TTL),
        (
            "each function has a role of its own, with exactly the rights that are listed in roles.rs",
            roles::are_exact(&stack),
        ),
        ("traces are off by default", roles::traces_are_off_by_default(&stack)),
        (
            "the API may call each function and the authorizer, and Secrets Manager the rotation",
            unconditional_permissions(&stack) == 88,
        ),
        (
            "APIs of this account may call the authorizer, of other accounts and an organization as the parameters say",
            consumers_may_call(&stack),
        ),
        ("Parameter Store has what consumers need", parameters(&stack) == PARAMETERS.into()),
        (
            "a function answers every preflight, and names the page's own origin",
            preflights_are_a_functions(definition),
        ),
        ("the gateway's errors are JSON with no-store", gateway_responses_are_ours(definition)),
        ("pages may read the gateway's errors, as the parameters say", errors_are_readable(definition)),
        ("the gateway's errors have these statuses", statuses(definition) == REFUSALS.into()),
        (
            "the domain leads to one API, and from a REST API to an HTTP API by a change in place",
            domain_can_move(&stack),
        ),
        (
            "the address is an output only if the API answers there",
            stack.output("ApiUrl").is_some_and(|output| output["Condition"] == "HasAddress")
                && stack.condition("HasAddress") == Some(&has_address()),
        ),
    ];
    stack.hold(&[&facts[..], &mails::facts(&stack), &organisation::facts(&stack)].concat())
}

/// Checks that the role is optional and outlives the stack: every API of the account in this region logs with it.
fn keeps_accounts_role(stack: &Translated) -> bool {
    let creates = json!({ "Fn::Equals": [{ "Ref": "AccessLogs" }, "create-role"] });
    let of_account = stack.of_type("AWS::ApiGateway::Account");
    let mut all = of_account.chain(stack.of_type("AWS::IAM::Role").filter(|(name, _)| *name == LOGS_ROLE));
    stack.parameter("AccessLogs").is_some_and(|parameter| parameter["Default"] == "off")
        && stack.condition("CreatesLogsRole") == Some(&creates)
        && all.all(|(_, resource)| {
            resource["Condition"] == "CreatesLogsRole"
                && resource["DeletionPolicy"] == "Retain"
                && resource["UpdateReplacePolicy"] == "Retain"
        })
}

fn unconditional_permissions(stack: &Translated) -> usize {
    let permissions = stack.of_type("AWS::Lambda::Permission");
    permissions.filter(|(_, permission)| permission.get("Condition").is_none()).count()
}

/// Checks that statements with an account only allow its authorizers, and that the one for everyone only allows
/// principals of an organization.
fn consumers_may_call(stack: &Translated) -> bool {
    let permission = |name: &str, condition: Option<&str>, who: Value| {
        let (_, permission) = stack.of_type("AWS::Lambda::Permission").find(|(id, _)| *id == name)?;
        let mut expected =
            json!({ "Action": "lambda:InvokeFunction", "FunctionName": { "Ref": "AuthorizerFunction" } });
        expected.as_object_mut()?.extend(who.as_object()?.clone());
        let is_so = permission["Properties"] == expected
            && permission.get("Condition").and_then(Value::as_str) == condition;
        Some(is_so)
    };
    let authorizers_of = |account: &str| {
        format!("arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{{account}}}:*/authorizers/*")
    };
    let api_gateway = |source: Value| json!({ "Principal": "apigateway.amazonaws.com", "SourceArn": source });
    let own = api_gateway(json!({ "Fn::Sub": authorizers_of("AWS::AccountId") }));
    let padded = json!({ "Fn::Split": [",", { "Fn::Sub": "${ConsumerAccounts},,,," }] });
    let others = (0..5).all(|index| {
        let account = json!({ "Fn::Select": [index, padded] });
        let number = index + 1;
        let condition = format!("HasConsumerAccount{number}");
        let source = json!({ "Fn::Sub": [authorizers_of("Account"), { "Account": account }] });
        let name = format!("ConsumerAccount{number}Permission");
        let has = json!({ "Fn::Not": [{ "Fn::Equals": [account, ""] }] });
        stack.condition(&condition) == Some(&has)
            && permission(&name, Some(&condition), api_gateway(source)) == Some(true)
    });
    let organization = json!({ "Principal": "*", "PrincipalOrgID": { "Ref": "ConsumerOrganization" } });
    let condition = Some("HasConsumerOrganization");
    permission("ConsumerPermission", None, own) == Some(true)
        && others
        && permission("ConsumerOrganizationPermission", condition, organization) == Some(true)
}

/// The names of the parameters that the stack writes, without their common prefix.
fn parameters(stack: &Translated) -> BTreeSet<&str> {
    let parameters = stack.of_type("AWS::SSM::Parameter").map(|(_, parameter)| &parameter["Properties"]);
    let standard = parameters.filter(|parameter| parameter.get("Tier").is_none());
    let names = standard.filter_map(|parameter| parameter["Name"]["Fn::Sub"].as_str());
    names.map(|name| name.strip_prefix("/latchgate/${AWS::StackName}/").unwrap_or(name)).collect()
}

/// The parameters that throttle each method and path of the stage: `Request` or `Login`, before `Rate` and `Burst`.
fn throttling(stack: &Translated) -> BTreeMap<String, &str> {
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
            let text = |name: &str| setting[name].as_str().unwrap_or_default();
            let call = format!("{} {}", text("HttpMethod"), text("ResourcePath"));
            (call, by(setting).unwrap_or("nothing"))
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

/// SAM turns `Cors` into a fixed answer, which only suits one origin.
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

/// Checks the two kinds of mapping, of which at most one exists. The kind that older stacks have keeps its name.
fn domain_can_move(stack: &Translated) -> bool {
    let is = |value: &str| json!({ "Fn::Equals": [{ "Ref": "DomainApi" }, value] });
    let has_domain = json!({ "Condition": "HasDomain" });
    let by_choice = |rest, http| json!({ "Fn::If": ["IsDomainOfRestApi", rest, http] });
    let base_path = stack.properties("ApiMapping", "AWS::ApiGateway::BasePathMapping");
    let either = stack.properties("DomainMapping", "AWS::ApiGatewayV2::ApiMapping");
    base_path.is_some_and(|mapping| mapping["RestApiId"] == json!({ "Ref": "Api" }))
        && either.is_some_and(|mapping| {
            mapping["DomainName"] == json!({ "Ref": "ApiDomain" })
                && mapping["ApiId"] == by_choice(json!({ "Ref": "Api" }), json!({ "Ref": "DomainApi" }))
                && mapping["Stage"] == by_choice(json!({ "Ref": "ApiprodStage" }), json!("$default"))
        })
        && stack.condition("IsDomainOfRestApi") == Some(&is("rest"))
        && stack.condition("HasBasePathMapping")
            == Some(&json!({ "Fn::And": [&has_domain, is("base-path")] }))
        && stack.condition("HasApiMapping")
            == Some(
                &json!({ "Fn::And": [&has_domain, { "Fn::Not": [is("base-path")] }, { "Fn::Not": [is("none")] }] }),
            )
        && stack.parameter("DomainApi").is_some_and(|parameter| parameter["Default"] == "base-path")
}

fn has_address() -> Value {
    json!({ "Fn::Or": [{ "Condition": "HasDomain" }, { "Fn::Not": [{ "Condition": "IsRestApiClosed" }] }] })
}

fn statuses(definition: &Value) -> BTreeMap<&str, Option<u16>> {
    let responses = definition["x-amazon-apigateway-gateway-responses"].as_object().into_iter().flatten();
    let status = |response: &Value| response["statusCode"].to_string().trim_matches('"').parse().ok();
    responses.map(|(kind, response)| (kind.as_str(), status(response))).collect()
}

/// The first rotation creates the keys, so it can't wait. Later changes of the schedule behave the same.
fn rotates_at_once(stack: &Translated) -> bool {
    let schedules: Vec<_> = stack.of_type("AWS::SecretsManager::RotationSchedule").collect();
    let description = stack.parameter("SigningKeyDays").map(|parameter| parameter["Description"].to_string());
    schedules.len() == 1
        && schedules[0].1["Properties"]["RotateImmediatelyOnUpdate"] == true
        && description.is_some_and(|text| text.contains("A change of this number rotates at once"))
}

fn tables_are_kept(stack: &Translated, count: usize) -> bool {
    let protected = json!({ "Fn::If": ["ProtectsTables", true, false] });
    let is_kept = |table: &Value| {
        table["DeletionPolicy"] == "RetainExceptOnCreate"
            && table["UpdateReplacePolicy"] == "Retain"
            && table["Properties"]["DeletionProtectionEnabled"] == protected
    };
    stack.of_type("AWS::DynamoDB::Table").count() == count
        && stack.of_type("AWS::DynamoDB::Table").all(|(_, table)| is_kept(table))
}
