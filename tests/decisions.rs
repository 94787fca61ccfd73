//! Every row of the refresh decision list (docs/design.md, section 6), at the endpoint and in the table.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use crate::harness::{
    APP, Api, Log, PASSWORD, SECRET, SERVER, START, USER_ID, USERNAME, number, refresh_form,
};

#[tokio::test]
async fn a_rotation_replaces_the_token_and_moves_the_idle_end_only() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    api.clock.advance(100);
    api.refresh(&tokens.refresh).await.tokens();
    let after = api.session().await;
    assert_eq!(after[attribute::GENERATION], number(1));
    assert_eq!(after[attribute::ROTATED_AT], number(api.clock.unix()));
    assert_eq!(after[attribute::EXPIRES_AT], number(api.clock.unix() + 1_209_600));
    for unmoved in
        [attribute::ABSOLUTE_EXPIRES_AT, attribute::CREATED_AT, attribute::AUTH_TIME, attribute::SCOPE]
    {
        assert_eq!(after[unmoved], before[unmoved], "{unmoved}");
    }
}

#[tokio::test]
async fn row_1_an_absent_session_is_an_invalid_grant() {
    let api = Api::start().await;
    let tokens = api.login().await;
    assert_eq!(api.logout(&tokens.access).await.status, 200);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty(), "an update must not bring it back");
}

#[tokio::test]
async fn row_1_an_expired_session_is_an_invalid_grant_although_it_is_not_swept() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.clock.advance(1_209_600);
    let before = api.session().await;
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.session().await, before);
}

#[tokio::test]
async fn row_1_a_session_from_before_its_clients_not_before_is_an_invalid_grant() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let not_before = |seconds| vec![(attribute::NOT_BEFORE, number(seconds))];
    let client = (attribute::CLIENT_ID, APP);
    api.seeder().set("ClientsTable", client, not_before(api.clock.unix())).await.unwrap();
    let tokens = api.restarted().await.refresh(&tokens.refresh).await.tokens();
    api.seeder().set("ClientsTable", client, not_before(api.clock.unix() + 1)).await.unwrap();
    api.restarted().await.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn row_2_a_retry_within_the_leeway_gets_the_successor_and_a_new_access_token() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let first = api.refresh(&tokens.refresh).await.tokens();
    let stored = api.session().await;
    api.clock.advance(10);
    let again = api.refresh(&tokens.refresh).await.tokens();
    assert_eq!(again.refresh, first.refresh);
    assert_ne!(again.access, first.access);
    assert_eq!(api.session().await, stored, "nothing is written");
    assert_eq!(api.call(&again.access).await.status, 200);
    api.refresh(&again.refresh).await.tokens();
}

#[tokio::test]
async fn row_2_a_retry_with_its_key_works_as_long_as_the_successor_is_unused() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let first = api.refresh_with_key(&tokens.refresh, "a-key-of-22-characters").await.tokens();
    api.clock.advance(1_000_000);
    let again = api.refresh_with_key(&tokens.refresh, "a-key-of-22-characters").await.tokens();
    assert_eq!(again.refresh, first.refresh);
    api.refresh(&again.refresh).await.tokens();
    api.refresh_with_key(&tokens.refresh, "a-key-of-22-characters").await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty(), "its successor was used: that is theft");
}

#[tokio::test]
async fn a_key_is_of_one_generation_and_lasts_no_longer_than_the_idle_lifetime() {
    let (key, other) = ("a-key-of-22-characters", "another-key-of-22-or-so");
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh_with_key(&first.refresh, key).await.tokens();
    api.refresh_with_key(&second.refresh, other).await.tokens();
    api.clock.advance(11);
    api.refresh_with_key(&second.refresh, key).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty(), "it was the key of another generation");

    let api = Api::start().await;
    let first = api.login().await;
    api.refresh_with_key(&first.refresh, key).await.tokens();
    let before = api.session().await;
    let (log, _guard) = Log::listen();
    for (seconds, events) in
        [(10, &["refresh_retry_served"][..]), (1, &["refresh_key_used_late", "refresh_retry_served"])]
    {
        api.clock.advance(seconds);
        api.refresh_with_key(&first.refresh, key).await.tokens();
        let seen: Vec<_> = log.take_events().into_iter().map(|event| event["event"].clone()).collect();
        assert_eq!(seen, events, "{seconds}");
    }
    assert_eq!(api.session().await, before, "no retry prolongs it");
    api.clock.advance(1_209_600 - 11);
    api.refresh_with_key(&first.refresh, key).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn row_2_another_idempotency_key_is_not_a_retry() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.refresh_with_key(&tokens.refresh, "a-key-of-22-characters").await.tokens();
    api.clock.advance(11);
    api.refresh_with_key(&tokens.refresh, "another-key-of-22-or-so").await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn row_3_a_replay_after_the_leeway_ends_the_session_and_puts_it_on_the_denylist() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.clock.advance(11);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
    let revocations = api.items("RevocationsTable").await;
    assert_eq!(revocations.len(), 1);
    assert_eq!(revocations[0][attribute::EXPIRES_AT], number(api.clock.unix() + 86_460));
    api.call(&next.access).await.assert_gateway_error(401, "unauthorized");
    api.refresh(&next.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn row_3_an_ancestor_ends_the_session_even_within_the_leeway() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let second = api.refresh(&tokens.refresh).await.tokens();
    let third = api.refresh(&second.refresh).await.tokens();
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    api.refresh(&third.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn row_3_a_request_that_was_overtaken_by_the_use_of_its_successor_ends_nothing() {
    let api = Api::start().await;
    let tokens = api.login().await;
    // The request began a second ago and reaches the store now: the client has abandoned it and gone on.
    let stalled = api.with_clock(START).await;
    api.clock.advance(1);
    let second = api.refresh(&tokens.refresh).await.tokens();
    let third = api.refresh(&second.refresh).await.tokens();
    let before = api.session().await;
    stalled.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.session().await, before);
    assert!(api.items("RevocationsTable").await.is_empty());
    assert_eq!(api.call(&third.access).await.status, 200);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty(), "what begins later is a replay");
}

#[tokio::test]
async fn row_3_theft_ends_one_session_and_not_the_users_others() {
    let api = Api::start().await;
    let (stolen, other) = (api.login().await, api.login().await);
    let parameters =
        [("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME), ("password", PASSWORD)];
    let elsewhere = api.post(route::LOGIN, &parameters).await.tokens();
    api.refresh(&stolen.refresh).await.tokens();
    api.clock.advance(11);
    api.refresh(&stolen.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.items("SessionsTable").await.len(), 2);
    assert_eq!(api.call(&other.access).await.status, 200);
    assert_eq!(api.call(&elsewhere.access).await.status, 200);
    api.refresh(&other.refresh).await.tokens();
}

#[tokio::test]
async fn row_4_a_token_ahead_of_a_restored_table_is_refused_and_ends_nothing() {
    let api = Api::start().await;
    let first = api.login().await;
    let backup = api.session().await;
    let second = api.refresh(&first.refresh).await.tokens();
    api.put("SessionsTable", backup.clone()).await;
    api.refresh(&second.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.session().await, backup);
    assert!(api.items("RevocationsTable").await.is_empty());
    api.refresh(&first.refresh).await.tokens();
}

#[tokio::test]
async fn without_a_leeway_only_the_idempotency_key_makes_a_retry() {
    let api = Api::with(|p| p.with("Leeway", "0")).await;
    let tokens = api.login().await;
    let next = api.refresh_with_key(&tokens.refresh, "a-key-of-22-characters").await.tokens();
    api.clock.advance(1);
    assert_eq!(
        api.refresh_with_key(&tokens.refresh, "a-key-of-22-characters").await.tokens().refresh,
        next.refresh
    );
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_disabled_deleted_or_cut_off_user_gets_nothing_and_the_session_ends() {
    for change in [
        Some((attribute::DISABLED, AttributeValue::Bool(true))),
        Some((attribute::NOT_BEFORE, number(START + 1))),
        None,
    ] {
        let api = Api::start().await;
        let tokens = api.login().await;
        api.clock.advance(60);
        if let Some(change) = change {
            api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), vec![change]).await.unwrap();
        } else {
            let delete = api.store.delete_item().table_name(&api.deployment.tables["UsersTable"]);
            delete.key(attribute::USER_ID, AttributeValue::S(USER_ID.to_owned())).send().await.unwrap();
        }
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
        assert!(api.items("SessionsTable").await.is_empty());
        assert_eq!(api.items("RevocationsTable").await.len(), 1);
        api.call(&tokens.access).await.assert_gateway_error(401, "unauthorized");
    }
}

#[tokio::test]
async fn too_wide_a_scope_is_refused_and_the_token_is_not_used_up() {
    let api = Api::start().await;
    let login = [("client_id", APP), ("username", USERNAME), ("password", PASSWORD), ("scope", "read")];
    let tokens = api.post(route::LOGIN, &login).await.tokens();
    let before = api.session().await;
    // The client may request "write", but this session lacks it. No client may request "admin".
    for scope in ["read write", "admin", "re", "\""] {
        let mut parameters = refresh_form(&tokens.refresh).to_vec();
        parameters.push(("scope", scope));
        api.post(route::REFRESH, &parameters).await.assert_error(400, "invalid_scope");
        assert_eq!(api.session().await, before, "{scope}");
    }
    api.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn a_narrower_scope_narrows_the_access_token_and_not_the_session() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let mut parameters = refresh_form(&tokens.refresh).to_vec();
    parameters.push(("scope", "read"));
    let reply = api.post(route::REFRESH, &parameters).await;
    assert_eq!(reply.body["scope"], "read");
    let reply = api.refresh(&reply.tokens().refresh).await;
    assert_eq!(reply.body["scope"], "read write");
}

#[tokio::test]
async fn a_scope_that_the_client_lost_is_not_granted_again() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let scope = vec![(attribute::SCOPE, AttributeValue::Ss(vec!["read".to_owned()]))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), scope).await.unwrap();
    let api = api.restarted().await;
    let before = api.session().await;
    let mut lost = refresh_form(&tokens.refresh).to_vec();
    lost.push(("scope", "write"));
    api.post(route::REFRESH, &lost).await.assert_error(400, "invalid_scope");
    assert_eq!(api.session().await, before, "the token is not used up");
    let reply = api.refresh(&tokens.refresh).await;
    assert_eq!(reply.body["scope"], "read");
}
