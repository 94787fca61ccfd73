//! Every login, refusal, rotation, retry, theft, logout, revocation and change of password is one audit event.

use axum::http::Request;
use serde_json::{Value, json};
use shared::{log::Cause, route};

use crate::harness::{
    APP, Api, Fault, Log, PASSWORD, SECRET, SERVER, USER_ID, USERNAME, bearer, claims, metrics,
};

/// The events since the last time, each as its name and what tells it from its like.
fn names(log: &Log) -> Vec<String> {
    let name = |event: &Value| {
        let text = |name: &str| event[name].as_str();
        let detail = text("reason").or(text("cause")).or(text("subtype"));
        [text("event"), detail].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    log.take_events().iter().map(name).collect()
}

#[tokio::test]
async fn what_happens_is_one_event_each_with_a_stable_name() {
    let api = Api::start().await;
    let (log, _guard) = Log::listen();
    let first = api.login().await;
    assert_eq!(names(&log), ["login_succeeded"]);
    let second = api.refresh(&first.refresh).await.tokens();
    assert_eq!(names(&log), ["refresh_succeeded"]);
    api.refresh(&first.refresh).await.tokens();
    assert_eq!(names(&log), ["refresh_retry_served"]);
    api.call(&second.access).await;
    assert_eq!(names(&log), ["access_allowed", "sessions_succeeded"]);
    api.clock.advance(11);
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    let theft =
        ["refresh_token_reused stale_replay", "session_revoked theft", "refresh_refused token_reused"];
    assert_eq!(names(&log), theft);
    api.call(&second.access).await;
    assert_eq!(names(&log), ["access_refused session_over"]);

    let (here, there) = (api.login().await, api.login().await);
    names(&log);
    let id = claims(&there.access)["sid"].as_str().unwrap().to_owned();
    api.send(bearer(Request::delete(format!("/sessions/{id}")), &here.access), "").await;
    assert_eq!(names(&log), ["access_allowed", "session_revoked user", "sessions_succeeded"]);
    let _third = api.login().await;
    let everywhere = [("client_id", APP), ("token", here.refresh.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    let logout = ["session_revoked logout_everywhere", "session_revoked logout", "logout_succeeded"];
    assert_eq!(names(&log)[1..], logout);
    api.logout("junk").await;
    assert_eq!(names(&log), ["logout_ignored"]);

    let (here, _there) = (api.login().await, api.login().await);
    names(&log);
    api.change_password(&here.access, PASSWORD, "a much better password").await.tokens();
    let change = ["access_allowed", "session_revoked password_change", "session_revoked password_change"];
    let change: Vec<_> = change.into_iter().chain(["password_changed"]).collect();
    assert_eq!(names(&log), change);
}

#[tokio::test]
async fn a_refusal_says_why_and_a_failure_is_told_apart() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let (log, _guard) = Log::listen();
    let login =
        |client, username, password| [("client_id", client), ("username", username), ("password", password)];
    for (parameters, expected) in [
        (login(APP, USERNAME, "a wrong password"), "login_refused wrong_password"),
        (login(APP, "nobody", PASSWORD), "login_refused unknown_username"),
        (login("unheard-of", USERNAME, PASSWORD), "login_refused unknown_client"),
        (login(SERVER, USERNAME, PASSWORD), "login_refused client_unproven"),
        (login(APP, USERNAME, "a\u{0}b"), "login_refused malformed_parameter"),
    ] {
        api.post(route::LOGIN, &parameters).await;
        assert_eq!(names(&log), [expected]);
    }
    for (client, expected) in [(SERVER, json!(SERVER)), ("unheard-of", Value::Null)] {
        api.post(route::LOGIN, &login(client, USERNAME, PASSWORD)).await;
        assert_eq!(log.take_events()[0]["client_id"], expected, "a client that there is, and no other");
    }
    api.refresh("junk").await;
    assert_eq!(names(&log), ["refresh_refused malformed_token"]);
    api.change_password(&tokens.access, "a wrong password", "a much better password").await;
    assert_eq!(names(&log), ["access_allowed", "password_refused wrong_password"]);
    api.change_password(&tokens.access, PASSWORD, "password1").await;
    assert_eq!(names(&log), ["access_allowed", "password_refused common_password"]);
    for _ in 0..passwords::BUDGET {
        api.try_login("a wrong password").await;
    }
    assert_eq!(names(&log).pop().unwrap(), "login_refused budget_spent");
    api.calls.fail(Fault::Before("UpdateItem Sessions"));
    api.calls.fail(Fault::Before("GetItem Sessions"));
    api.refresh(&tokens.refresh).await;
    api.call(&tokens.access).await;
    assert_eq!(names(&log), ["refresh_failed store_unavailable", "access_failed store_unavailable"]);
}

#[tokio::test]
async fn an_event_says_who_where_and_in_which_request_and_nothing_that_was_merely_claimed() {
    let api = Api::start().await;
    let (log, _guard) = Log::listen();
    let tokens = api.login().await;
    let event = log.take_events().remove(0);
    let session_id = claims(&tokens.access)["sid"].clone();
    for (name, value) in [
        ("user_id", json!(USER_ID)),
        ("client_id", json!(APP)),
        ("session_id", session_id),
        ("address", json!("203.0.113.9")),
        ("function", json!("login")),
        ("status", json!(200)),
        ("level", json!("INFO")),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert!(event["request_id"].as_str().is_some_and(|id| id.len() > 10));

    // A secret in the place of an identifier stays out of the log.
    let misplaced = [("client_id", SECRET), ("username", PASSWORD), ("password", "a wrong password")];
    api.post(route::LOGIN, &misplaced).await;
    let misplaced = [("client_id", APP), ("username", "hunter2hunter2"), ("password", "a wrong password")];
    api.post(route::LOGIN, &misplaced).await;
    let events = json!(log.take_events()).to_string();
    assert!(events.contains("unknown_username") && !events.contains(SECRET) && !events.contains("hunter2"));
}

#[test]
fn the_document_lists_every_event_every_reason_and_every_field() {
    let document = include_str!("../docs/operations/events.md");
    // Every event is counted, and what else is measured is no event.
    let names: Vec<String> =
        metrics().into_iter().map(|metric| metric.name).filter(|name| name != "duration").collect();
    let of_operators = admin::audit::OperatorEvent::ALL.map(|event| event.name().to_owned());
    for name in names.iter().chain(&of_operators) {
        assert!(document.contains(&format!("`{name}`")), "{name} is not documented");
    }
    let documented = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for name in
        documented.filter(|name| ["_succeeded", "_refused", "_failed"].iter().any(|end| name.ends_with(end)))
    {
        assert!(names.iter().any(|known| known == name), "{name} is documented and is no event");
    }
    for reason in reasons() {
        assert!(document.contains(&format!("`{reason}`")), "the reason {reason} is not documented");
    }
    for cause in Cause::ALL {
        assert!(document.contains(&format!("`{}`", cause.name())), "{cause:?} is not documented");
    }
}

/// Every reason that the code gives, read from it: the texts in the functions of that name.
fn reasons() -> Vec<String> {
    let sources = [
        include_str!("../functions/login/src/error.rs"),
        include_str!("../functions/refresh/src/error.rs"),
        include_str!("../functions/logout/src/error.rs"),
        include_str!("../functions/sessions/src/error.rs"),
        include_str!("../functions/password/src/error.rs"),
        include_str!("../functions/metadata/src/error.rs"),
        include_str!("../functions/authorizer/src/error.rs"),
        include_str!("../functions/keys/src/error.rs"),
        include_str!("../shared/src/aborted.rs"),
        include_str!("../shared/src/http/endpoint_error.rs"),
        include_str!("../shared/src/http/request_error.rs"),
        include_str!("../shared/src/http/client_credentials.rs"),
        include_str!("../shared/src/client/clients.rs"),
        include_str!("../shared/src/store/error.rs"),
        include_str!("../shared/src/keys/keysets.rs"),
        include_str!("../shared/src/keys/public.rs"),
        include_str!("../shared/src/tokens/access.rs"),
        include_str!("../shared/src/tokens/refresh_error.rs"),
        include_str!("../shared/src/tokens/verify_error.rs"),
        include_str!("../passwords/src/error.rs"),
        include_str!("../passwords/src/policy.rs"),
    ];
    let mut reasons = Vec::new();
    for source in sources {
        let body = source.split("fn reason(").nth(1).expect("a list of reasons");
        let body = body.split("\n    }\n").next().unwrap();
        reasons.extend(body.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    assert!(reasons.len() > 40, "they were found");
    reasons
}
