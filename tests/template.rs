//! template.yaml held against the code: keys, TTL, variables, actions and bounds.

use std::collections::BTreeMap;

use local::template::{Route, TableDefinition, Template};
use shared::{environment::variable, lifetimes, route, store::attribute};

use crate::{
    harness::Api,
    operations::{template_called, untagged},
};

/// What everyone may read.
const PUBLIC: [&str; 4] = [
    route::JWKS,
    route::AUTHORIZATION_SERVER,
    "/.well-known/oauth-authorization-server/{issuer_path+}",
    route::OPENID_CONFIGURATION,
];

/// The paths whose preflights a function answers, because API Gateway can't choose among origins.
const PREFLIGHTS: [&str; 6] =
    [route::LOGIN, route::REFRESH, route::LOGOUT, route::PASSWORD, route::SESSIONS, "/sessions/{session_id}"];

fn key(name: &str, kind: &str) -> (String, String) {
    (name.to_owned(), kind.to_owned())
}

#[test]
fn the_tables_have_the_keys_and_the_ttl_that_the_code_uses_and_are_guarded() {
    let table = |partition, sort, ttl: Option<&str>| TableDefinition {
        partition_key: partition,
        sort_key: sort,
        ttl_attribute: ttl.map(str::to_owned),
        is_guarded: true,
    };
    let ttl = Some(attribute::EXPIRES_AT);
    let expected = BTreeMap::from([
        ("ClientsTable", table(key(attribute::CLIENT_ID, "S"), None, None)),
        ("CredentialsTable", table(key(attribute::USERNAME, "S"), None, ttl)),
        ("UsersTable", table(key(attribute::USER_ID, "S"), None, None)),
        ("SessionsTable", table(key(attribute::USER_ID, "S"), Some(key(attribute::SESSION_KEY, "S")), ttl)),
        ("KeysTable", table(key(attribute::KEY_USE, "S"), Some(key(attribute::KID, "S")), ttl)),
        ("RevocationsTable", table(key(attribute::BUCKET, "N"), Some(key(attribute::REVOCATION, "S")), ttl)),
    ]);
    let expected: BTreeMap<_, _> = expected.into_iter().map(|(id, table)| (id.to_owned(), table)).collect();
    assert_eq!(Template::of_project().unwrap().tables().unwrap(), expected);
}

#[test]
fn the_routes_are_the_designs_and_only_the_token_endpoints_and_the_metadata_are_open() {
    let template = Template::of_project().unwrap();
    assert_eq!(template.default_authorizer().unwrap(), "LatchgateAuthorizer");
    let functions = template.functions(&template.parameters()).unwrap();
    let routes: BTreeMap<_, _> = functions.into_iter().map(|(name, f)| (name, f.routes)).collect();
    let route = |method: &str, path: &str, authorizer: Option<&str>| Route {
        method: method.to_owned(),
        path: path.to_owned(),
        authorizer: authorizer.map(str::to_owned),
    };
    let expected = BTreeMap::from([
        ("login".to_owned(), vec![route("POST", route::LOGIN, Some("NONE"))]),
        ("refresh".to_owned(), vec![route("POST", route::REFRESH, Some("NONE"))]),
        ("logout".to_owned(), vec![route("POST", route::LOGOUT, Some("NONE"))]),
        (
            "sessions".to_owned(),
            vec![route("GET", route::SESSIONS, None), route("DELETE", "/sessions/{session_id}", None)],
        ),
        ("password".to_owned(), vec![route("POST", route::PASSWORD, None)]),
        ("authorizer".to_owned(), vec![]),
        ("keys".to_owned(), vec![]),
        (
            "metadata".to_owned(),
            PREFLIGHTS
                .into_iter()
                .map(|path| route("OPTIONS", path, Some("NONE")))
                .chain(PUBLIC.into_iter().flat_map(|path| {
                    ["GET", "HEAD", "OPTIONS"].map(|method| route(method, path, Some("NONE")))
                }))
                .collect(),
        ),
    ]);
    assert_eq!(routes, expected);
}

/// Scripts read no other header than a few, unless they are told that they may.
#[test]
fn whatever_the_gateway_answers_its_headers_may_be_read_by_scripts_of_the_allowed_origin() {
    let template = template_called("template.yaml");
    let responses = &template["Resources"]["Api"]["Properties"]["GatewayResponses"];
    let responses = responses.as_mapping().unwrap();
    assert_eq!(responses.len(), 9, "they were found");
    for (kind, response) in responses {
        let headers = &response["ResponseParameters"]["Headers"];
        let readers = untagged(&headers["Access-Control-Allow-Origin"]).as_sequence().unwrap();
        let readers: Vec<_> = readers.iter().map(untagged).collect();
        assert_eq!(readers, ["HasOrigins", "'*'", "'${AllowedOrigin}'"], "{kind:?}");
        assert_eq!(
            headers["Access-Control-Expose-Headers"], "'Retry-After, WWW-Authenticate, Date'",
            "{kind:?}"
        );
    }
}

#[test]
fn every_variable_is_one_that_the_code_reads_and_the_authorizer_has_no_private_key() {
    let template = Template::of_project().unwrap();
    for (name, function) in template.functions(&template.parameters()).unwrap() {
        for variable in function.variables.keys() {
            assert!(variable::ALL.contains(&variable.as_str()), "{name}: {variable}");
        }
        let has_keyset = function.variables.contains_key(variable::KEYSET_SECRET);
        let needs_keyset = ["login", "refresh", "logout", "password", "keys"].contains(&name.as_str());
        assert_eq!(has_keyset, needs_keyset, "{name}");
        let may_read = function.statements.iter().any(|statement| statement.resource == "Keyset");
        assert_eq!(may_read, needs_keyset, "{name}");
    }
}

#[tokio::test]
async fn no_required_variable_is_spare() {
    let api = Api::start().await;
    let functions = api.template.functions(&api.deployment.parameters).unwrap();
    let optional = [
        "ACCESS_TTL",
        "IDLE_TTL",
        "ABSOLUTE_TTL",
        "LEEWAY",
        "MAX_SESSIONS",
        "ALLOWED_ORIGINS",
        "ALLOWED_ORIGIN",
        "SIGNING_ALGORITHM",
        "KEY_LEAD",
        "REFRESH_KEY_TTL",
        "REVOCATION_CHECK",
        "DENYLIST_INTERVAL",
        "DENYLIST_MAX_AGE",
        "DENYLIST_MAX_ROWS",
        "SCOPE_RULES",
        "SCOPE_DEFAULT",
        "CONTEXT_CLAIMS",
        "CONTEXT_CLAIMS_AS",
        "CACHE_TTL",
        "STACK_NAME",
        "TRUST_STORE",
    ];
    for (name, function) in functions {
        // What the documents only repeat is left out where it is missing, while an upgrade is under way.
        let repeated = |variable: &str| (name.as_str(), variable) == ("metadata", "AUDIENCE");
        let needed = |variable: &&String| !optional.contains(&variable.as_str()) && !repeated(variable);
        for variable in function.variables.keys().filter(needed) {
            // What one mode of the authorizer has no use for, another has.
            let checks = if variable == "REVOCATIONS_TABLE" { "denylist" } else { "session" };
            let error = start_without(&api, &name, variable, checks).await.expect_err(variable);
            assert!(error.contains(variable), "{name} without {variable}: {error}");
        }
    }
}

/// SAM's cache looks at a function's own folder: with it, a change in `shared` would not be deployed.
#[test]
fn sam_does_not_cache_builds() {
    let is_cache = |line: &str| line.trim_start().starts_with("cached");
    assert!(!include_str!("../samconfig.toml").lines().any(is_cache));
}

/// Starts one function with its variables but one.
async fn start_without(api: &Api, name: &str, left_out: &str, revocation_check: &str) -> Result<(), String> {
    let parameters = api.deployment.parameters.clone().with("RevocationCheck", revocation_check);
    let mut function = api.template.functions(&parameters).unwrap().remove(name).unwrap();
    function.variables.remove(left_out);
    let mut deployment = api.deployment.clone();
    deployment.keyset = local::functions::Keyset::Secret("keyset".to_owned());
    let context = deployment.context(function);
    let started = match name {
        "login" => login::Login::start(&context).await.map(drop),
        "refresh" => refresh::Refresh::start(&context).await.map(drop),
        "logout" => logout::Logout::start(&context).await.map(drop),
        "sessions" => sessions::SessionsApi::start(&context).map(drop),
        "password" => password::PasswordChange::start(&context).await.map(drop),
        "metadata" => metadata::Metadata::start(&context).await.map(drop),
        "keys" => keys::KeyRotation::start(&context).map(drop),
        "authorizer" => authorizer::Authorizer::start(&context).await.map(drop),
        other => panic!("an unknown function {other}"),
    };
    started.map_err(|error| error.to_string())
}

#[test]
fn the_bounds_of_the_lifetimes_are_the_codes() {
    let template = Template::of_project().unwrap();
    for (parameter, range) in [
        ("AccessTtl", lifetimes::ACCESS_TTL),
        ("IdleTtl", lifetimes::IDLE_TTL),
        ("AbsoluteTtl", lifetimes::ABSOLUTE_TTL),
        ("Leeway", lifetimes::LEEWAY),
    ] {
        let definition = template.parameter(parameter).unwrap();
        let number = |name: &str| definition.get(name).and_then(serde_yaml_ng::Value::as_u64);
        let bounds = (number("MinValue"), number("MaxValue"));
        assert_eq!(bounds, (Some(*range.start()), Some(*range.end())), "{parameter}");
        assert!(range.contains(&number("Default").unwrap()), "{parameter}");
    }
}
