//! Events between a code's issue and its redemption.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use shared::{clock::Timestamp, route, store::attribute};

use super::code_bindings::code_in;
use crate::harness::{APP, Api, Flow, PASSWORD, USER_ID, WEB, bearer, client, number};

#[tokio::test]
async fn a_user_disabled_meanwhile_gets_nothing() {
    let api = Api::with_pages().await;
    let (flow, code, _) = code_in(&api).await;
    let disabled = vec![(attribute::DISABLED, AttributeValue::Bool(true))];
    api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), disabled).await.unwrap();
    assert_gets_nothing(&api, &flow, &code).await;
}

#[tokio::test]
async fn a_user_cut_off_meanwhile_gets_nothing() {
    let api = Api::with_pages().await;
    let (flow, code, _) = code_in(&api).await;
    let cut_off = vec![(attribute::NOT_BEFORE, number(api.clock.unix() + 1))];
    api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), cut_off).await.unwrap();
    assert_gets_nothing(&api, &flow, &code).await;
}

#[tokio::test]
async fn a_change_of_password_meanwhile_leaves_nothing_for_the_code() {
    let api = Api::with_pages().await;
    let (flow, code, _) = code_in(&api).await;
    let elsewhere = api.login().await;
    api.change_password(&elsewhere.access, PASSWORD, "a much better password").await.tokens();
    assert_gets_nothing(&api, &flow, &code).await;
}

#[tokio::test]
async fn a_logout_everywhere_meanwhile_leaves_nothing_for_the_code() {
    let api = Api::with_pages().await;
    let (flow, code, mut browser) = code_in(&api).await;
    let elsewhere = api.login().await;
    let parameters = [("client_id", APP), ("token", &elsewhere.access), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &parameters).await.status, 200);
    assert_gets_nothing(&api, &flow, &code).await;
    assert!(flow.begin(&mut browser).await.asks_for_password());
}

/// The session at the pages ends like any other of the user.
#[tokio::test]
async fn a_session_at_the_pages_that_is_ended_meanwhile_takes_its_codes_along() {
    let api = Api::with_pages().await;
    let (flow, code, _) = code_in(&api).await;
    let sid =
        api.session().await[attribute::SESSION_KEY].as_s().unwrap().rsplit('#').next().unwrap().to_owned();
    let other = api.login().await;
    let request = Request::delete(format!("{}/{sid}", route::SESSIONS));
    let ended = api.send(bearer(request, &other.access), "").await;
    assert_eq!(ended.status, 204, "{ended:?}");
    assert_gets_nothing(&api, &flow, &code).await;
}

/// A client that was cut off or disabled gets nothing.
#[tokio::test]
async fn a_client_that_is_disabled_or_cut_off_meanwhile_gets_nothing() {
    for attribute in [attribute::DISABLED, attribute::NOT_BEFORE] {
        let api = Api::with_pages().await;
        let (flow, code, _) = code_in(&api).await;
        let mut client = client(WEB);
        client.disabled = attribute == attribute::DISABLED;
        client.not_before = Timestamp::from_unix(api.clock.unix() + u64::from(!client.disabled));
        api.put_client(&client).await;
        // The restart clears the cached client.
        let api = api.restarted().await;
        let sessions = api.items("SessionsTable").await;
        let reply = flow.redeem(&api, &code).await;
        assert!([400, 401].contains(&reply.status), "{attribute}: {reply:?}");
        assert_eq!(api.items("SessionsTable").await, sessions, "{attribute}");
    }
}

async fn assert_gets_nothing(api: &Api, flow: &Flow, code: &str) {
    flow.redeem(api, code).await.assert_error(400, "invalid_grant");
    let of_client = |row: &std::collections::BTreeMap<String, AttributeValue>| {
        row[attribute::SESSION_KEY].as_s().unwrap().starts_with("web#")
    };
    assert!(!api.items("SessionsTable").await.iter().any(of_client));
    flow.redeem(api, code).await.assert_error(400, "invalid_grant");
}
