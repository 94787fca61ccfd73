//! Hydra's refresh handler (Fosite): its refusals, the parts of a session that stay, and the members of a reply.

use serde_json::Value;
use shared::{route, store::attribute};

use super::{assert_over, assert_refreshed, login_on_server, refresh_with, with_client};
use crate::harness::{APP, Api, PASSWORD, START, USERNAME, claims, number, waves};

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should fail because not responsible"
/// - "TestRefreshFlow_PopulateTokenEndpointResponse/should fail because not responsible"
#[tokio::test]
async fn another_grant_type_is_unsupported_and_uses_nothing_up() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    for grant_type in ["123", "313"] {
        let parameters = [("grant_type", grant_type), ("client_id", APP), ("refresh_token", &tokens.refresh)];
        api.post(route::REFRESH, &parameters).await.assert_error(400, "unsupported_grant_type");
    }
    assert_eq!(api.session().await, before);
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should fail because token invalid"
#[tokio::test]
async fn an_invalid_token_is_refused_without_a_read() {
    let api = Api::start().await;
    api.refresh("some.refreshtokensig").await.assert_error(400, "invalid_grant");
    assert!(api.calls.take().is_empty());
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should fail because token is valid but does not exist"
#[tokio::test]
async fn a_genuine_token_without_a_session_is_refused_and_makes_no_session() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.delete_all("SessionsTable").await;
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
    assert!(api.items("RevocationsTable").await.is_empty());
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should fail because client mismatches"
#[tokio::test]
async fn another_clients_token_is_refused_without_a_read() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    api.calls.take();
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.calls.take().is_empty());
    assert_eq!(api.session().await, before);
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should fail because token is expired"
///
/// Origin: ory/hydra fosite/integration/refresh_token_grant_test.go
/// - "should fail with expired refresh token"
/// - "should pass with limited but not expired refresh token"
#[tokio::test]
async fn a_token_is_good_until_it_expires_and_not_a_second_longer() {
    for (after, is_good) in [(59, true), (60, false)] {
        let api = Api::with(|p| p.with("IdleTtl", "60")).await;
        let tokens = api.login().await;
        api.clock.advance(after);
        assert_refreshed(&api.refresh(&tokens.refresh).await, is_good, &format!("after {after} s"));
    }
}

/// Fosite refuses such a session. In Latchgate it continues with the remaining scope.
///
/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should fail because offline scope has been granted but client no longer allowed to request it"
///   differs: SECURITY.md "its record, at every refresh"
///
/// Origin: ory/hydra fosite/integration/refresh_token_grant_test.go
/// - "should fail because scope is no longer allowed"
///   differs: SECURITY.md "its record, at every refresh"
#[tokio::test]
async fn a_scope_that_the_client_lost_is_left_out_or_refused_where_it_is_asked_for() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let scope = aws_sdk_dynamodb::types::AttributeValue::Ss(vec!["write".to_owned()]);
    let api = with_client(&api, APP, vec![(attribute::SCOPE, scope)]).await;
    let before = api.session().await;
    let asked = refresh_with(&api, &tokens.refresh, &[("client_id", APP), ("scope", "read")]).await;
    asked.assert_error(400, "invalid_scope");
    assert_eq!(api.session().await, before, "nothing is used up");
    let reply = api.refresh(&tokens.refresh).await;
    assert_eq!(reply.body["scope"], "write");
    assert_eq!(claims(&reply.tokens().access)["scope"], "write");
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should pass"
///
/// Origin: ory/hydra fosite/integration/refresh_token_grant_test.go
/// - "should pass and yield id token"
#[tokio::test]
async fn a_refresh_keeps_user_client_and_scope_and_renews_the_times() {
    let api = Api::start().await;
    let login = [("client_id", APP), ("username", USERNAME), ("password", PASSWORD), ("scope", "read")];
    let first = api.post(route::LOGIN, &login).await.tokens();
    let before = api.session().await;
    api.clock.advance(2);
    let second = api.refresh(&first.refresh).await.tokens();
    let (old, new) = (claims(&first.access), claims(&second.access));
    for kept in ["iss", "aud", "client_id", "scope", "sub", "sid", "auth_time", "email"] {
        assert_eq!(old[kept], new[kept], "{kept}");
        assert_ne!(new[kept], Value::Null, "{kept}");
    }
    assert_eq!((&new["iat"], &new["exp"]), (&(START + 2).into(), &(START + 1802).into()));
    let after = api.session().await;
    assert_eq!(after[attribute::SCOPE], before[attribute::SCOPE]);
    assert_eq!(after[attribute::EXPIRES_AT], number(START + 2 + 1_209_600));
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should pass with custom client lifespans"
///
/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "respects client token lifespan configuration"
#[tokio::test]
async fn a_clients_own_lifetimes_hold_at_the_next_refresh() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let own = vec![(attribute::ACCESS_TTL, number(60)), (attribute::IDLE_TTL, number(1000))];
    let api = with_client(&api, APP, own).await;
    let reply = api.refresh(&tokens.refresh).await;
    assert_eq!(
        (&reply.body["expires_in"], &reply.body["refresh_token_expires_in"]),
        (&60.into(), &1000.into())
    );
    assert_eq!(claims(&reply.tokens().access)["exp"], START + 60);
    assert_eq!(api.session().await[attribute::EXPIRES_AT], number(START + 1000));
}

/// A session needs no particular scope for a refresh.
///
/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should pass without offline scope when configured to allow refresh tokens"
#[tokio::test]
async fn a_session_without_any_scope_is_refreshed_all_the_same() {
    let api = Api::start().await;
    for mut client in api.items("ClientsTable").await {
        client.remove(attribute::SCOPE);
        api.put("ClientsTable", client).await;
    }
    let first = api.login().await;
    let reply = api.refresh(&first.refresh).await;
    let second = reply.tokens();
    assert_eq!(reply.body.get("scope"), None, "what is absent is left out");
    assert_eq!(claims(&second.access).get("scope"), None);
    assert_eq!(api.call(&second.access).await.status, 200);
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_HandleTokenEndpointRequest/should deny access on token reuse"
/// - "TestRefreshFlowTransactional_HandleTokenEndpointRequest/should revoke session on token reuse"
///
/// Origin: ory/hydra fosite/integration/refresh_token_grant_test.go
/// - "should deny access if original token was reused"
#[tokio::test]
async fn reuse_denies_access_and_revokes_access_and_refresh_tokens_in_this_order() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    let third = api.refresh(&second.refresh).await.tokens();
    api.calls.take();
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    let calls = api.calls.take();
    let expected = [
        vec!["GetItem Users", "UpdateItem Sessions"],
        vec!["UpdateItem Sessions"],
        vec!["PutItem Revocations"],
        vec!["DeleteItem Sessions"],
    ];
    assert_eq!(waves(&calls), expected);
    assert_over(&api, &[first, second, third]).await;
}

/// Origin: ory/hydra fosite/handler/oauth2/flow_refresh_test.go
/// - "TestRefreshFlow_PopulateTokenEndpointResponse/should pass"
///
/// Origin: ory/hydra fosite/integration/refresh_token_grant_test.go
/// - "should pass but not yield id token"
#[tokio::test]
async fn a_reply_has_these_members_and_no_others() {
    let api = Api::start().await;
    let first = api.login().await;
    let reply = api.refresh(&first.refresh).await;
    let second = reply.tokens();
    let mut names: Vec<_> = reply.body.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "access_token",
        "expires",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
        "scope",
        "token_type",
    ];
    assert_eq!(names, expected);
    assert_eq!(reply.body["token_type"], "bearer");
    assert_eq!((&reply.body["expires_in"], &reply.body["expires"]), (&1800.into(), &1800.into()));
    assert_eq!(reply.body["scope"], "read write");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("pragma"), Some("no-cache"), "RFC 6749 section 5.1");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(api.call(&second.access).await.status, 200);
    api.refresh(&second.refresh).await.tokens();
}
