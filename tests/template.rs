//! template.yaml held against the code: keys, TTL, variables, actions and bounds.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Request;
use local::template::{Route, TableDefinition, Template};
use shared::{environment::variable, lifetimes, store::attribute};

use crate::harness::{Api, bearer};

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
        ("RevocationsTable", table(key(attribute::BUCKET, "N"), Some(key(attribute::REVOCATION, "S")), ttl)),
    ]);
    let expected: BTreeMap<_, _> = expected.into_iter().map(|(id, table)| (id.to_owned(), table)).collect();
    assert_eq!(Template::of_project().unwrap().tables().unwrap(), expected);
}

#[test]
fn the_routes_are_the_designs_and_only_the_token_endpoints_are_open() {
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
        ("login".to_owned(), vec![route("POST", "/login", Some("NONE"))]),
        ("refresh".to_owned(), vec![route("POST", "/refresh", Some("NONE"))]),
        ("logout".to_owned(), vec![route("POST", "/logout", Some("NONE"))]),
        (
            "sessions".to_owned(),
            vec![route("GET", "/sessions", None), route("DELETE", "/sessions/{session_id}", None)],
        ),
        ("authorizer".to_owned(), vec![]),
    ]);
    assert_eq!(routes, expected);
}

#[test]
fn every_variable_is_one_that_the_code_reads_and_the_authorizer_has_no_private_key() {
    let template = Template::of_project().unwrap();
    for (name, function) in template.functions(&template.parameters()).unwrap() {
        for variable in function.variables.keys() {
            assert!(variable::ALL.contains(&variable.as_str()), "{name}: {variable}");
        }
        let has_keyset = function.variables.contains_key(variable::KEYSET);
        assert_eq!(has_keyset, ["login", "refresh", "logout"].contains(&name.as_str()), "{name}");
    }
}

#[tokio::test]
async fn no_required_variable_is_spare() {
    let api = Api::start().await;
    let functions = api.template.functions(&api.deployment.parameters).unwrap();
    let optional = ["ACCESS_TTL", "IDLE_TTL", "ABSOLUTE_TTL", "LEEWAY", "ALLOWED_ORIGIN"];
    for (name, function) in functions {
        for variable in function.variables.keys().filter(|v| !optional.contains(&v.as_str())) {
            let error = start_without(&api, &name, variable).expect_err(variable);
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
fn start_without(api: &Api, name: &str, left_out: &str) -> Result<(), String> {
    let mut function = api.template.functions(&api.deployment.parameters).unwrap().remove(name).unwrap();
    function.variables.remove(left_out);
    let surroundings = api.deployment.surroundings(function);
    let started = match name {
        "login" => login::Login::new(&surroundings).map(drop),
        "refresh" => refresh::Refresh::new(&surroundings).map(drop),
        "logout" => logout::Logout::new(&surroundings).map(drop),
        "sessions" => sessions::SessionsApi::new(&surroundings).map(drop),
        "authorizer" => authorizer::Authorizer::new(&surroundings).map(drop),
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

/// Everything that each function does to its tables, in a run that needs each of its actions.
async fn actions_used() -> BTreeMap<String, BTreeSet<String>> {
    let api = Api::start().await;
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut note = |function: &str| {
        let calls = api.calls.take().into_iter().map(|call| call.name);
        used.entry(function.to_owned()).or_default().extend(calls);
    };
    let tokens = api.login().await;
    api.try_login("wrong password").await;
    note("login");
    let next = api.refresh(&tokens.refresh).await.tokens();
    let live = api.refresh(&next.refresh).await.tokens();
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    note("refresh");
    api.call(&live.access).await;
    note("authorizer");

    let (here, there) = (api.login().await, api.login().await);
    api.calls.take();
    let id = crate::access_tokens::claims(&there.access)["sid"].as_str().unwrap().to_owned();
    for request in [Request::get("/sessions"), Request::delete(format!("/sessions/{id}"))] {
        assert_eq!(api.send(bearer(request, &here.access), "").await.status / 100, 2);
    }
    let calls: Vec<String> = api.calls.take().into_iter().map(|call| call.name).collect();
    // The authorizer's own read stands before each of the two; any other would be the function's.
    let authorized = calls.iter().filter(|name| *name == "GetItem Sessions").count();
    assert_eq!(authorized, 2);
    let own = calls.into_iter().filter(|name| name != "GetItem Sessions");
    used.insert("sessions".to_owned(), own.collect());

    let mut note = |function: &str| {
        let calls = api.calls.take().into_iter().map(|call| call.name);
        used.entry(function.to_owned()).or_default().extend(calls);
    };
    let everywhere = [("client_id", "demo-app"), ("token", here.access.as_str()), ("everywhere", "true")];
    assert_eq!(api.restarted().post("/logout", &everywhere).await.status, 200);
    note("logout");
    used
}

#[tokio::test]
async fn each_function_may_do_what_it_does_and_nothing_else() {
    let template = Template::of_project().unwrap();
    let mut allowed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, function) in template.functions(&template.parameters()).unwrap() {
        for statement in function.statements {
            for action in statement.actions {
                let action = action.strip_prefix("dynamodb:").unwrap();
                let table = statement.resource.strip_suffix("Table").unwrap();
                allowed.entry(name.clone()).or_default().insert(format!("{action} {table}"));
            }
        }
    }
    assert_eq!(allowed, Box::pin(actions_used()).await);
}
