//! Hydra's graceful rotation, like Latchgate's leeway: the requests it allows, and its end.

use std::{collections::HashSet, sync::Arc};

use shared::store::attribute;

use super::{LATER, assert_over, assert_refreshed, at_once};
use crate::harness::{Api, Reply, START, Tokens, number};

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/gracefully refreshing a token does invalidate the previous access token"
///   differs: SECURITY.md "its end after 30 minutes (`AccessTtl`), or with its session"
#[tokio::test]
async fn a_retry_leaves_every_access_token_of_the_session_working() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    let again = api.refresh(&first.refresh).await.tokens();
    assert_eq!(again.refresh, second.refresh);
    let all = [first, second, again];
    for tokens in &all {
        assert_eq!(api.call(&tokens.access).await.status, 200);
    }
    assert_eq!(api.logout(&all[2].access).await.status, 200);
    assert_over(&api, &all).await;
}

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/an expired refresh token can not be used even if we are in the grace period"
#[tokio::test]
async fn a_session_that_expires_within_the_leeway_is_over_without_theft() {
    for ttl in ["IdleTtl", "AbsoluteTtl"] {
        let api = Api::with(|p| p.with(ttl, "20").with("Leeway", "60")).await;
        let first = api.login().await;
        let second = api.refresh(&first.refresh).await.tokens();
        api.clock.advance(19);
        assert_eq!(api.refresh(&first.refresh).await.tokens().refresh, second.refresh, "{ttl}");
        let before = api.session().await;
        api.clock.advance(1);
        for tokens in [&first, &second] {
            api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
            api.call(&tokens.access).await.assert_gateway_error(401, "unauthorized");
        }
        assert_eq!(api.session().await, before, "left for the TTL to remove: {ttl}");
        assert!(api.items("RevocationsTable").await.is_empty(), "{ttl}");
    }
}

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/a used refresh token can not be re-used once the grace period ends and it triggers re-use detection"
#[tokio::test]
async fn once_the_leeway_has_passed_reuse_ends_every_token_of_the_session() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    api.clock.advance(LATER);
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.items("RevocationsTable").await.len(), 1);
    assert_over(&api, &[first, second]).await;
}

/// Hydra gives each its own refresh token, so the session branches.
///
/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/it is possible to refresh tokens concurrently"
///   differs: SECURITY.md "the *same* successor is returned again. There is never a second successor."
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_refreshes_all_succeed_with_one_successor_between_them() {
    let api = Arc::new(Api::start().await);
    let first = api.login().await;
    let replies = at_once(&api, &first.refresh, 5).await;
    let replies: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
    let refresh: HashSet<_> = replies.iter().map(|tokens| &tokens.refresh).collect();
    let access: HashSet<_> = replies.iter().map(|tokens| &tokens.access).collect();
    assert_eq!((refresh.len(), access.len()), (1, 5));
    for tokens in &replies {
        assert_eq!(api.call(&tokens.access).await.status, 200);
    }
    assert_eq!(api.session().await[attribute::GENERATION], number(1));
}

/// Hydra counts retries, because each creates another live refresh token.
///
/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "graceful token rotation/graceful refresh count limit is respected when set"
///   differs: SECURITY.md "the *same* successor is returned again. There is never a second successor."
#[tokio::test]
async fn retries_within_the_leeway_are_unlimited_and_add_no_token() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    let before = api.session().await;
    for _ in 0..50 {
        assert_eq!(api.refresh(&first.refresh).await.tokens().refresh, second.refresh);
    }
    assert_eq!(api.session().await, before);
}

/// Origin: ory/hydra oauth2/fosite_store_helpers_test.go
/// - "testHelperRotateRefreshToken/Revokes refresh token when grace period not configured"
#[tokio::test]
async fn without_a_leeway_a_replaced_token_is_refused() {
    let api = Api::with(|p| p.with("Leeway", "0")).await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    api.clock.advance(1);
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    assert_over(&api, &[first, second]).await;
}

/// Origin: ory/hydra oauth2/fosite_store_helpers_test.go
/// - "testHelperRotateRefreshToken/Rotation works when access token is already pruned/with grace period"
/// - "testHelperRotateRefreshToken/Rotation works when access token is already pruned/without grace period"
#[tokio::test]
async fn a_rotation_needs_no_access_token_that_still_works() {
    for leeway in ["10", "0"] {
        let api = Api::with(|p| p.with("Leeway", leeway)).await;
        let first = api.login().await;
        api.clock.advance(1800);
        api.call(&first.access).await.assert_gateway_error(401, "unauthorized");
        let second = api.refresh(&first.refresh).await.tokens();
        assert_eq!(api.call(&second.access).await.status, 200);
        api.clock.advance(1);
        assert_refreshed(&api.refresh(&first.refresh).await, leeway != "0", leeway);
    }
}

/// Origin: ory/hydra oauth2/fosite_store_helpers_test.go
/// - "testHelperRotateRefreshToken/refresh token is valid until the grace period has ended"
/// - "testHelperRotateRefreshToken/the used at time does not change"
#[tokio::test]
async fn a_retry_does_not_restart_the_leeway() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    for _ in 0..2 {
        api.clock.advance(5);
        assert_eq!(api.refresh(&first.refresh).await.tokens().refresh, second.refresh);
        assert_eq!(api.session().await[attribute::ROTATED_AT], number(START), "when it was first used");
    }
    api.clock.advance(1);
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    assert_over(&api, &[first, second]).await;
}
