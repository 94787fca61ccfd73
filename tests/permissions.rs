//! What each function may do, held against what it does: in a run that needs each of its actions.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Request;
use keys::KeyRotation;
use local::template::{Statement, Template};
use shared::route;

use crate::{
    harness::{APP, Api, PASSWORD, Secrets, bearer},
    key_rotation::rotate,
};

type Actions = BTreeMap<String, BTreeSet<String>>;

/// Notes what the functions have done since the last note, as the work of this one.
fn note(used: &mut Actions, function: &str, api: &Api, secrets: &Secrets) {
    let secret = secrets.take_calls().into_iter().map(|operation| format!("{operation} Keyset"));
    let calls = api.calls.take().into_iter().flat_map(|call| actions(&call.name));
    used.entry(function.to_owned()).or_default().extend(calls.chain(secret));
}

/// The actions of a call: each of the writes of a transaction needs its own.
fn actions(call: &str) -> Vec<String> {
    let (operations, table) = call.split_once(' ').unwrap();
    operations.split('+').map(|operation| format!("{operation} {table}")).collect()
}

async fn keys_and_metadata(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let rotation = KeyRotation::start(&api.context("keys")).unwrap();
    // The first makes a keyset, the second replaces a key.
    rotate(&rotation, secrets, "first").await.unwrap();
    rotate(&rotation, secrets, "second").await.unwrap();
    note(used, "keys", api, secrets);
    assert_eq!(api.send(Request::get(route::JWKS), "").await.status, 200);
    note(used, "metadata", api, secrets);
}

async fn token_endpoints(used: &mut Actions, api: &Api, secrets: &Secrets) {
    login::Login::start(&api.context("login")).await.unwrap();
    api.login().await;
    api.try_login("wrong password").await;
    // A name that an earlier release may have stored otherwise.
    let greek = [("client_id", APP), ("username", "νους"), ("password", PASSWORD)];
    api.post(route::LOGIN, &greek).await.assert_error(400, "invalid_grant");
    let mut deployment = api.deployment.clone();
    deployment.parameters = deployment.parameters.with("MaxSessions", "1");
    let function = api.template.functions(&deployment.parameters).unwrap().remove("login").unwrap();
    let login = login::Login::start(&deployment.context(function)).await.unwrap();
    let event = serde_json::from_str(include_str!("events/login.json")).unwrap();
    let request = shared::http::request_of(event);
    assert_eq!(login.handle(&request).await.status(), 200);
    note(used, "login", api, secrets);
    let tokens = api.login().await;
    note(&mut Actions::new(), "login", api, secrets);
    refresh::Refresh::start(&api.context("refresh")).await.unwrap();
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    note(used, "refresh", api, secrets);
}

async fn logout(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let (here, _there) = (api.login().await, api.login().await);
    note(&mut Actions::new(), "login", api, secrets);
    logout::Logout::start(&api.context("logout")).await.unwrap();
    let everywhere = [("client_id", "demo-app"), ("token", here.access.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    note(used, "logout", api, secrets);
}

async fn password(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let (here, _there) = (api.login().await, api.login().await);
    note(&mut Actions::new(), "login", api, secrets);
    password::PasswordChange::start(&api.context("password")).await.unwrap();
    // The authorizer's read of the session, before it, is one that the function makes as well.
    assert_eq!(api.change_password(&here.access, PASSWORD, "another good password").await.status, 200);
    note(used, "password", api, secrets);
}

async fn authorizer_and_sessions(used: &mut Actions, api: &Api, secrets: &Secrets) {
    let (here, there) = (api.login().await, api.login().await);
    // The gateway's own authorizer, started before there were keys, has them from now on.
    assert_eq!(api.call(&here.access).await.status, 200);
    note(&mut Actions::new(), "login", api, secrets);
    for check in ["session", "denylist"] {
        let mut deployment = api.deployment.clone();
        deployment.parameters = deployment.parameters.with("RevocationCheck", check);
        let function = api.template.functions(&deployment.parameters).unwrap().remove("authorizer").unwrap();
        let authorizer = authorizer::Authorizer::start(&deployment.context(function)).await.unwrap();
        let arn = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/me";
        let token = format!("Bearer {}", here.access);
        let event = serde_json::json!({ "type": "TOKEN", "authorizationToken": token, "methodArn": arn });
        authorizer.handle(event, None).await.unwrap();
    }
    note(used, "authorizer", api, secrets);

    let id = crate::harness::claims(&there.access)["sid"].as_str().unwrap().to_owned();
    for request in [Request::get(route::SESSIONS), Request::delete(format!("/sessions/{id}"))] {
        assert_eq!(api.send(bearer(request, &here.access), "").await.status / 100, 2);
    }
    let mut both = Actions::new();
    note(&mut both, "sessions", api, secrets);
    let mut own = both.remove("sessions").unwrap();
    // The authorizer's read stands before each of the two.
    assert!(own.remove("GetItem Sessions"));
    used.insert("sessions".to_owned(), own);
}

/// Beside what it may do with tables and the secret. (`cargo xtask sam templates` looks for the same in the translated template.)
#[test]
fn each_function_may_write_its_log_group_and_traces_only_if_they_are_on() {
    let template = Template::of_project().unwrap();
    let statement = |actions: [&str; 2], resource: &str| Statement {
        actions: actions.map(str::to_owned).into(),
        resource: resource.to_owned(),
    };
    let logs = statement(["logs:CreateLogStream", "logs:PutLogEvents"], "FunctionLogs");
    let traces = statement(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");
    assert_eq!(template.parameter("Tracing").unwrap()["Default"], "off");
    for (tracing, expected) in [
        ("off", vec![logs.clone()]),
        ("PassThrough", vec![logs.clone(), traces.clone()]),
        ("Active", vec![logs, traces]),
    ] {
        let parameters = template.parameters().with("Tracing", tracing);
        for (name, function) in template.functions(&parameters).unwrap() {
            assert_eq!(function.common_statements, expected, "{name}, {tracing}");
        }
    }
}

#[tokio::test]
async fn each_function_may_do_what_it_does_and_nothing_else() {
    let template = Template::of_project().unwrap();
    let mut allowed = Actions::new();
    for (name, function) in template.functions(&template.parameters()).unwrap() {
        for statement in function.statements {
            for action in statement.actions {
                let (service, action) = action.split_once(':').unwrap();
                let service_of_resource =
                    if statement.resource == "Keyset" { "secretsmanager" } else { "dynamodb" };
                assert_eq!(service, service_of_resource, "{name}: {action}");
                let resource = statement.resource.trim_end_matches("Table");
                allowed.entry(name.clone()).or_default().insert(format!("{action} {resource}"));
            }
        }
    }
    let secrets = Secrets::emulated().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    secrets.take_calls();
    let mut used = Actions::new();
    keys_and_metadata(&mut used, &api, &secrets).await;
    token_endpoints(&mut used, &api, &secrets).await;
    logout(&mut used, &api, &secrets).await;
    Box::pin(authorizer_and_sessions(&mut used, &api, &secrets)).await;
    Box::pin(password(&mut used, &api, &secrets)).await;
    assert_eq!(allowed, used);
}
