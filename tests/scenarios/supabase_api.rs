//! Supabase's token endpoint: session lifetimes, banned users, retries and reuse.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::{route, store::attribute};

use super::{LATER, assert_over, assert_refreshed, change_user, generations};
use crate::harness::{APP, Api, PASSWORD, USERNAME};

/// Origin: supabase/auth internal/api/token_test.go
/// - "TestSessionTimebox"
#[tokio::test]
async fn a_session_ends_with_its_absolute_lifetime_despite_refreshes() {
    let api = Api::with(|p| p.with("AbsoluteTtl", "10")).await;
    let mut tokens = api.login().await;
    for _ in 0..3 {
        api.clock.advance(3);
        tokens = api.refresh(&tokens.refresh).await.tokens();
    }
    api.clock.advance(2);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
}

/// Origin: supabase/auth internal/api/token_test.go
/// - "TestSessionInactivityTimeout"
#[tokio::test]
async fn a_session_ends_after_its_idle_lifetime_without_a_refresh() {
    let api = Api::with(|p| p.with("IdleTtl", "10")).await;
    let mut tokens = api.login().await;
    for _ in 0..3 {
        api.clock.advance(9);
        tokens = api.refresh(&tokens.refresh).await.tokens();
    }
    api.clock.advance(11);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("RevocationsTable").await.is_empty(), "nobody stole it");
}

/// Origin: supabase/auth internal/api/token_test.go
/// - "TestFailedToSaveRefreshTokenResultCase"
/// - "TestTokenRefreshTokenRotation/Valid refresh within reuse interval"
#[tokio::test]
async fn a_client_that_could_not_save_the_answer_gets_the_active_token_again() {
    let api = Api::with(|p| p.with("Leeway", "30")).await;
    let chain = generations(&api, 2, 0).await;
    let third = api.refresh(&chain[1].refresh).await.tokens();
    api.clock.advance(30);
    assert_eq!(api.refresh(&chain[1].refresh).await.tokens().refresh, third.refresh);
    api.refresh(&third.refresh).await.tokens();
}

/// Supabase can limit a user to one session. Latchgate's sessions coexist, and a user can end the others.
///
/// Origin: supabase/auth internal/api/token_test.go
/// - "TestSingleSessionPerUserNoTags"
///   differs: docs/guide/api.md "`everywhere=true` ends all of the user's sessions"
#[tokio::test]
async fn a_newer_login_leaves_the_older_session_alone() {
    let api = Api::start().await;
    let older = api.login().await;
    api.clock.advance(1);
    let newer = api.login().await;
    let older = api.refresh(&older.refresh).await.tokens();
    let everywhere = [("client_id", APP), ("token", &newer.access), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    assert_over(&api, &[older, newer]).await;
}

/// A login isn't a grant of the token endpoint, but it accepts JSON too.
///
/// Origin: supabase/auth internal/api/token_test.go
/// - "TestTokenPasswordGrantSuccess"
/// - "TestTokenRefreshTokenGrantSuccess"
#[tokio::test]
async fn login_and_refresh_take_json() {
    let api = Api::start().await;
    let login = json!({ "client_id": APP, "username": USERNAME, "password": PASSWORD });
    let tokens = api.post_json(route::LOGIN, &login).await.tokens();
    let refresh = json!({ "client_id": APP, "grant_type": "refresh_token", "refresh_token": tokens.refresh });
    let tokens = api.post_json(route::REFRESH, &refresh).await.tokens();
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

/// Origin: supabase/auth internal/api/token_test.go
/// - "TestTokenPasswordGrantFailure"
/// - "TestTokenRefreshTokenGrantFailure"
#[tokio::test]
async fn a_disabled_user_can_not_log_in_or_refresh_and_gets_the_usual_answer() {
    let api = Api::start().await;
    let tokens = api.login().await;
    change_user(&api, vec![(attribute::DISABLED, AttributeValue::Bool(true))]).await;
    let (disabled, wrong) = (api.try_login(PASSWORD).await, api.try_login("a wrong password").await);
    disabled.assert_error(400, "invalid_grant");
    assert_eq!((disabled.status, disabled.body), (wrong.status, wrong.body));
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    change_user(&api, vec![(attribute::DISABLED, AttributeValue::Bool(false))]).await;
    assert_over(&api, &[tokens]).await;
}

/// Origin: supabase/auth internal/api/token_test.go
/// - "TestRefreshTokenReuseRevocation"
/// - "TestTokenRefreshTokenRotation/Invalid refresh, first token is not the previous revoked token"
/// - "TestTokenRefreshTokenRotation/Invalid refresh, third token revoked by previous case"
#[tokio::test]
async fn reuse_of_the_earliest_token_ends_all_of_the_family_beginning_with_the_newest() {
    let api = Api::with(|p| p.with("Leeway", "0")).await;
    let mut chain = generations(&api, 4, 1).await;
    let first = api.refresh(&chain[0].refresh).await;
    first.assert_error(400, "invalid_grant");
    chain.reverse();
    for tokens in &chain {
        let reply = api.refresh(&tokens.refresh).await;
        assert_eq!((reply.status, &reply.body), (400, &first.body), "one answer to all of them");
    }
    assert_over(&api, &chain).await;
}

/// Origin: supabase/auth internal/api/token_test.go
/// - "TestTokenRefreshTokenRotation/Invalid refresh, revoked third token"
#[tokio::test]
async fn without_a_leeway_reuse_of_the_last_but_one_ends_the_family() {
    let api = Api::with(|p| p.with("Leeway", "0")).await;
    let chain = generations(&api, 3, 1).await;
    api.clock.advance(1);
    api.refresh(&chain[1].refresh).await.assert_error(400, "invalid_grant");
    assert_over(&api, &chain).await;
}

/// Origin: supabase/auth internal/api/token_test.go
/// - "TestTokenRefreshWithExpiredSession"
/// - "TestTokenRefreshWithUnexpiredSession"
#[tokio::test]
async fn a_session_is_refreshed_up_to_its_last_second() {
    for (expires_in, is_good) in [(1, true), (0, false)] {
        let api = Api::start().await;
        let tokens = api.login().await;
        api.clock.advance(LATER);
        let end = crate::harness::number(api.clock.unix() + expires_in);
        api.change_session(&[(attribute::ABSOLUTE_EXPIRES_AT, end)]).await;
        let reply = api.refresh(&tokens.refresh).await;
        assert_refreshed(&reply, is_good, &format!("{expires_in} s before its end"));
    }
}

/// Origin: supabase/auth internal/api/token_test.go
/// - "TestRefreshTokenGrantParamsValidate"
#[tokio::test]
async fn text_without_the_shape_of_a_token_is_refused_before_any_read() {
    let api = Api::start().await;
    api.refresh("").await.assert_error(400, "invalid_request");
    for text in ["01234567890", "AAAAAAAAAAAA", "------------", "0000000000000", "0123456abcde"] {
        api.refresh(text).await.assert_error(400, "invalid_grant");
    }
    assert!(api.calls.take().is_empty());
}
