//! The list of a user's signed-in devices, and the end of one.

use std::collections::BTreeSet;

use axum::http::Request;
use local::{seed::UserSeed, template::ApiKind};
use serde_json::json;
use shared::route;

use crate::harness::{API_KIND, APP, Api, PASSWORD, Reply, START, Tokens, USERNAME, bearer, form, form_post};

async fn end(api: &Api, access_token: &str, session_id: &str) -> Reply {
    api.send(bearer(Request::delete(format!("/sessions/{session_id}")), access_token), "").await
}

async fn other_user(api: &Api) -> Tokens {
    let user = UserSeed { username: "eve", password: &PASSWORD.into(), user_id: "eve-id", claims: json!({}) };
    api.seeder().put_user(&user, &api.passwords()).await.unwrap();
    let parameters = [("client_id", APP), ("username", "eve"), ("password", PASSWORD)];
    api.post(route::LOGIN, &parameters).await.tokens()
}

#[tokio::test]
async fn the_list_shows_each_device_and_which_one_this_is() {
    let api = Api::start().await;
    let body = json!({
        "client_id": APP, "username": USERNAME, "password": PASSWORD, "device_name": "Phone", "scope": "read"
    });
    let request =
        Request::post(route::LOGIN).header("content-type", "application/json").header("user-agent", "App/1");
    let phone = api.send(request, body.to_string()).await.tokens();
    let phone_session =
        api.session().await["session_key"].as_s().unwrap().split_once('#').unwrap().1.to_owned();
    api.clock.advance(60);
    let laptop = api.login().await;
    other_user(&api).await;
    api.clock.advance(60);
    api.refresh(&phone.refresh).await.tokens();

    let reply = api.call(&laptop.access).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let sessions = reply.body["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let expected = json!({
        "session_id": phone_session, "client_id": APP, "device_name": "Phone", "user_agent": "App/1",
        "address": "203.0.113.9", "scope": "read", "created_at": START, "last_used_at": START + 120,
        "expires_at": START + 120 + 1_209_600, "dpop_bound": false, "current": false,
    });
    assert_eq!(sessions[0], expected);
    assert_eq!(sessions[1]["current"], true);
    assert!(sessions[1].get("device_name").is_none(), "what is absent is left out");
}

#[tokio::test]
async fn expired_sessions_are_not_listed() {
    let api = Api::with(|p| p.with("IdleTtl", "100")).await;
    api.login().await;
    api.clock.advance(100);
    let tokens = api.login().await;
    assert_eq!(api.items("SessionsTable").await.len(), 2);
    assert_eq!(api.call(&tokens.access).await.body["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn ending_a_session_ends_it_at_once_and_no_other() {
    let api = Api::start().await;
    let (here, there) = (api.login().await, api.login().await);
    let list = api.call(&here.access).await;
    let there_id = list.body["sessions"].as_array().unwrap().iter().find(|s| s["current"] == false).unwrap();
    let reply = end(&api, &here.access, there_id["session_id"].as_str().unwrap()).await;
    assert_eq!((reply.status, reply.body.is_null()), (204, true));
    api.call(&there.access).await.assert_gateway_error(401, "unauthorized");
    api.refresh(&there.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.items("RevocationsTable").await.len(), 1);
    assert_eq!(api.call(&here.access).await.status, 200);
}

#[tokio::test]
async fn the_session_of_another_user_is_not_found() {
    let api = Api::start().await;
    let (mine, eves) = (api.login().await, other_user(&api).await);
    let eves_id = api.call(&eves.access).await.body["sessions"][0]["session_id"].as_str().unwrap().to_owned();
    for id in [eves_id.as_str(), "AAAAAAAAAAAAAAAAAAAAAA", "x", "a%20b", "%40"] {
        end(&api, &mine.access, id).await.assert_error(404, "not_found");
    }
    // API Gateway's treatment of these isn't known.
    for id in ["%23", "..%2f", "%41"] {
        end(&api, &mine.access, id).await.assert_error(400, "invalid_request");
    }
    assert_eq!(api.call(&eves.access).await.status, 200);
    assert!(api.items("RevocationsTable").await.is_empty());
}

/// The session IDs on all pages, and the length of each page.
async fn pages(api: &Api, access: &str, limit: usize) -> (Vec<String>, Vec<usize>) {
    let (mut ids, mut lengths, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request = Request::get(format!("/sessions?limit={limit}{cursor}"));
        let page = api.send(bearer(request, access), "").await;
        assert_eq!(page.status, 200, "{page:?}");
        let sessions = page.body["sessions"].as_array().unwrap();
        let is_current = sessions.iter().any(|session| session["current"] == true);
        assert_eq!(is_current, lengths.is_empty(), "the session that asks is on the first page alone");
        ids.extend(sessions.iter().map(|session| session["session_id"].as_str().unwrap().to_owned()));
        lengths.push(sessions.len());
        let Some(next) = page.body.get("next_cursor") else { return (ids, lengths) };
        cursor = format!("&cursor={}", next.as_str().unwrap());
    }
}

#[tokio::test]
async fn pages_of_any_size_list_every_session_once_to_any_session() {
    let api = Api::start().await;
    let mut tokens = Vec::new();
    for _ in 0..7 {
        tokens.push(api.login().await);
    }
    other_user(&api).await;
    for limit in [1, 2, 3, 6, 7, 8, 100] {
        for own in &tokens {
            let (ids, lengths) = pages(&api, &own.access, limit).await;
            let different: BTreeSet<_> = ids.iter().collect();
            assert_eq!((ids.len(), different.len()), (7, 7), "{limit}: {lengths:?}");
            assert!(lengths.iter().all(|length| *length <= limit), "{limit}: {lengths:?}");
        }
    }
    assert!(api.call(&tokens[0].access).await.body.get("next_cursor").is_none(), "all are on one page");
}

#[tokio::test]
async fn pages_of_thousands_of_large_sessions_stay_below_the_limit_of_lambda() {
    let api = Api::start().await;
    let tokens = api.login().await;
    crate::logout_flow::many_sessions(&api, 30).await;
    let reply = api.call(&tokens.access).await;
    assert!(reply.body["sessions"].as_array().unwrap().len() < 30);
    assert!(reply.body.to_string().len() < 1_100_000);
    let (ids, lengths) = pages(&api, &tokens.access, 100).await;
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>().len(), 31, "{lengths:?}");
}

#[tokio::test]
async fn the_next_page_works_even_if_the_last_session_is_over() {
    let api = Api::start().await;
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(api.login().await);
    }
    let list = async |query: &str| {
        api.send(bearer(Request::get(format!("/sessions?limit=2{query}")), &tokens[0].access), "").await.body
    };
    let first = list("").await;
    for session in first["sessions"].as_array().unwrap().iter().filter(|session| session["current"] == false)
    {
        assert_eq!(end(&api, &tokens[0].access, session["session_id"].as_str().unwrap()).await.status, 204);
    }
    let cursor = format!("&cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = list(&cursor).await["sessions"].as_array().unwrap().len();
    assert!((1..=2).contains(&rest), "{rest}");
}

#[tokio::test]
async fn a_malformed_limit_or_cursor_is_refused() {
    let api = Api::start().await;
    let (mine, _other, eves) = (api.login().await, api.login().await, other_user(&api).await);
    let list = async |access: &str, query: &str| {
        api.send(bearer(Request::get(format!("/sessions?{query}")), access), "").await
    };
    let good = list(&mine.access, "limit=1").await.body["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(list(&mine.access, &format!("cursor={good}")).await.status, 200);
    let mut changed = good.clone();
    changed.replace_range(3..4, if &good[3..4] == "A" { "B" } else { "A" });
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.5",
        "limit=%2B5",
        "limit=1&limit=2",
        "cursor=",
        "cursor=x",
        "cursor=AAAAAAAAAAA",
        &format!("cursor={changed}"),
        &format!("cursor={}", &good[1..]),
        &format!("cursor={good}&cursor={good}"),
        &format!("cursor={}", "A".repeat(5000)),
    ] {
        list(&mine.access, query).await.assert_error(400, "invalid_request");
    }
    list(&eves.access, &format!("cursor={good}")).await.assert_error(400, "invalid_request");
    assert_eq!(list(&mine.access, "utm_source=x").await.status, 200);
}

#[tokio::test]
async fn the_list_needs_an_access_token() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.send(Request::get(route::SESSIONS), "").await.assert_gateway_error(401, "unauthorized");
    for header in [
        tokens.access.clone(),
        "Bearer".into(),
        format!("Basic {}", tokens.access),
        format!("Bearer {}", tokens.refresh),
    ] {
        api.send(Request::get(route::SESSIONS).header("authorization", header), "")
            .await
            .assert_gateway_error(401, "unauthorized");
    }
    let good = format!("Bearer {}", tokens.access);
    let twice = Request::get(route::SESSIONS).header("authorization", &good).header("authorization", &good);
    api.send(twice, "").await.assert_gateway_error(401, "unauthorized");
    let lower = Request::get(route::SESSIONS).header("authorization", format!("bearer {}", tokens.access));
    assert_eq!(api.send(lower, "").await.status, 200);
}

#[tokio::test]
async fn the_address_is_from_the_gateway_and_not_from_a_header() {
    let api = Api::start().await;
    let mut login = form_post(route::LOGIN);
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "client-ip", "true-client-ip"] {
        login = login.header(name, "198.51.100.7");
    }
    let body = form(&[("client_id", APP), ("username", USERNAME), ("password", PASSWORD)]);
    let tokens = api.send(login, body).await.tokens();
    assert_eq!(api.call(&tokens.access).await.body["sessions"][0]["address"], "203.0.113.9");
}

/// A REST API answers both the same. Neither the challenge nor the body says that a token was wrong, since there may
/// have been none.
#[tokio::test]
async fn the_401_is_true_with_and_without_a_token() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let none = Request::get(route::SESSIONS);
    let wrong = bearer(Request::get(route::SESSIONS), "x");
    let twice = bearer(bearer(Request::get(route::SESSIONS), &token), &token);
    let in_query = Request::get(format!("{}?access_token={token}", route::SESSIONS));
    for request in [none, wrong, twice, in_query] {
        let refused = api.send(request, "").await;
        refused.assert_gateway_error(401, "unauthorized");
        if *API_KIND == ApiKind::Rest {
            let description = "This needs a valid access token: log in or refresh.";
            assert_eq!(refused.body, json!({ "error": "unauthorized", "error_description": description }));
            refused.assert_readable_by(Some("https://app.example.com"));
        }
    }
}
