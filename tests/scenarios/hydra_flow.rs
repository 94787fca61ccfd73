//! Hydra's refresh flow from end to end, and the fate of replaced tokens.

use axum::http::Request;
use serde_json::json;

use super::{LATER, assert_over, generations, sid};
use crate::harness::{APP, Api, START, USER_ID, bearer, claims};

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "perform authorize code flow with ID token and refresh tokens/successfully perform refresh token flow"
/// - "perform authorize code flow with ID token and refresh tokens/refreshed tokens contain valid tokens"
#[tokio::test]
async fn a_refresh_gives_two_new_tokens_and_both_are_valid() {
    let api = Api::start().await;
    let first = api.login().await;
    api.clock.advance(100);
    let reply = api.refresh(&first.refresh).await;
    let second = reply.tokens();
    assert_ne!(second.access, first.access);
    assert_ne!(second.refresh, first.refresh);
    let (before, after) = (claims(&first.access), claims(&second.access));
    assert_ne!(before["jti"], after["jti"]);
    let expected = json!({
        "iss": "https://issuer.example.com", "aud": before["aud"], "sub": USER_ID, "client_id": APP,
        "sid": before["sid"], "scope": "read write", "auth_time": START, "jti": after["jti"],
        "iat": START + 100, "exp": START + 100 + 1800,
        "email": "demo@example.com", "name": "Demo User", "roles": ["user"],
    });
    assert_eq!(after, expected);
    assert_eq!(reply.body["refresh_token_expires_in"], 1_209_600, "the idle lifetime begins anew");
    assert_eq!(api.call(&second.access).await.status, 200);
    api.refresh(&second.refresh).await.tokens();
}

/// Hydra ends an access token when a refresh replaces it. Latchgate doesn't look up individual access tokens.
///
/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "perform authorize code flow with ID token and refresh tokens/original access token is no longer valid"
///   differs: SECURITY.md "its end after 30 minutes (`AccessTtl`), or with its session"
#[tokio::test]
async fn the_previous_access_token_works_until_it_or_its_session_ends() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    assert_eq!(api.call(&first.access).await.status, 200);
    assert_eq!(api.logout(&second.refresh).await.status, 200);
    api.call(&first.access).await.assert_gateway_error(401, "unauthorized");

    let first = api.login().await;
    api.clock.advance(1000);
    let second = api.refresh(&first.refresh).await.tokens();
    api.clock.advance(800);
    api.call(&first.access).await.assert_gateway_error(401, "unauthorized");
    assert_eq!(api.call(&second.access).await.status, 200);
}

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "perform authorize code flow with ID token and refresh tokens/original refresh token is no longer valid"
/// - "perform authorize code flow with ID token and refresh tokens/but fail subsequent refresh because reuse was detected"
#[tokio::test]
async fn the_previous_refresh_token_is_refused_and_then_so_is_the_new_one() {
    let api = Api::start().await;
    let first = api.login().await;
    let second = api.refresh(&first.refresh).await.tokens();
    api.clock.advance(LATER);
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    api.refresh(&second.refresh).await.assert_error(400, "invalid_grant");
    assert_over(&api, &[first, second]).await;
}

/// In Hydra it is the login's record, here the login's credential.
///
/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "removing the authentication session does not cause an issue when refreshing tokens"
#[tokio::test]
async fn a_session_outlives_the_credential_that_it_began_with() {
    let api = Api::start().await;
    let first = api.login().await;
    api.delete_all("CredentialsTable").await;
    let second = api.refresh(&first.refresh).await.tokens();
    assert_eq!(claims(&second.access)["sub"], USER_ID);
    assert_eq!(sid(&second), sid(&first));
    assert_eq!(api.call(&second.access).await.status, 200);
}

/// Origin: ory/hydra oauth2/oauth2_auth_code_test.go
/// - "can revoke token chains with ID obtained from consent requests"
#[tokio::test]
async fn a_chain_is_ended_by_its_identifier_and_another_goes_on() {
    let api = Api::start().await;
    let chain = generations(&api, 3, LATER).await;
    let other = generations(&api, 2, 0).await;
    let id = sid(&chain[0]);
    assert!(chain.iter().all(|tokens| sid(tokens) == id), "one identifier for all generations");
    assert_ne!(sid(&other[1]), id);
    let request = bearer(Request::delete(format!("/sessions/{id}")), &other[1].access);
    assert_eq!(api.send(request, "").await.status, 204);
    for tokens in &chain {
        api.call(&tokens.access).await.assert_gateway_error(401, "unauthorized");
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(api.call(&other[1].access).await.status, 200);
    api.refresh(&other[1].refresh).await.tokens();
}
