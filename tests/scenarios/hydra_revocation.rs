//! Hydra's token revocation (Fosite), with a working store and a failing one.

use shared::{route, store::attribute};

use super::{LATER, assert_over, login_on_server};
use crate::harness::{APP, Api, Fault, Reply};

const HINTS: [&str; 2] = ["refresh_token", "access_token"];

async fn revoke(api: &Api, token: &str, hint: &str) -> Reply {
    api.post(route::LOGOUT, &[("client_id", APP), ("token", token), ("token_type_hint", hint)]).await
}

/// Fosite answers `unauthorized_client`.
///
/// Origin: ory/hydra fosite/handler/oauth2/revocation_test.go
/// - "should fail - token was issued to another client"
///   differs: SECURITY.md "such a token counts as unknown here: 200, and nothing happens"
#[tokio::test]
async fn another_clients_token_is_an_unknown_one() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    for token in [&tokens.refresh, &tokens.access] {
        for hint in HINTS {
            let reply = revoke(&api, token, hint).await;
            assert_eq!((reply.status, reply.body.is_null()), (200, true), "{hint}");
        }
    }
    assert_eq!(api.session().await, before);
    assert!(api.items("RevocationsTable").await.is_empty());
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

/// Origin: ory/hydra fosite/handler/oauth2/revocation_test.go
/// - "should pass - refresh token discovery first; refresh token found"
/// - "should pass - access token discovery first; access token found"
/// - "should pass - refresh token discovery first; refresh token not found"
/// - "should pass - access token discovery first; access token not found"
#[tokio::test]
async fn either_token_under_either_hint_ends_both() {
    let api = Api::start().await;
    for (i, hint) in HINTS.into_iter().enumerate() {
        for (j, by_access_token) in [true, false].into_iter().enumerate() {
            let tokens = api.login().await;
            let token = if by_access_token { &tokens.access } else { &tokens.refresh };
            let reply = revoke(&api, token, hint).await;
            assert_eq!((reply.status, reply.body.is_null()), (200, true), "{hint}");
            assert_eq!(api.items("RevocationsTable").await.len(), 2 * i + j + 1);
            assert_over(&api, &[tokens]).await;
        }
    }
}

/// Origin: ory/hydra fosite/handler/oauth2/revocation_test.go
/// - "should pass - refresh token discovery first; both tokens not found"
/// - "should pass - access token discovery first; both tokens not found"
#[tokio::test]
async fn an_unknown_token_is_a_success_that_costs_no_read() {
    let api = Api::start().await;
    for hint in HINTS {
        let reply = revoke(&api, "foo", hint).await;
        assert_eq!((reply.status, reply.body.is_null()), (200, true), "{hint}");
    }
    assert!(api.calls.take().is_empty());
    assert!(api.items("RevocationsTable").await.is_empty());
}

/// Fosite treats a replaced token as unknown, and so leaves the session to the holder of the newer one.
///
/// Origin: ory/hydra fosite/handler/oauth2/revocation_test.go
/// - "should pass - refresh token discovery first; refresh token is inactive"
///   differs: SECURITY.md "any token of a live session, even an expired or a replaced one, can end that session"
/// - "should pass - access token discovery first; refresh token is inactive"
///   differs: SECURITY.md "any token of a live session, even an expired or a replaced one, can end that session"
#[tokio::test]
async fn a_replaced_refresh_token_ends_its_session_and_may_do_so_again() {
    for hint in HINTS {
        let api = Api::start().await;
        let first = api.login().await;
        let second = api.refresh(&first.refresh).await.tokens();
        api.clock.advance(LATER);
        assert_eq!(revoke(&api, &first.refresh, hint).await.status, 200);
        assert_eq!(revoke(&api, &first.refresh, hint).await.status, 200, "of no session any more");
        assert_eq!(api.items("RevocationsTable").await.len(), 1);
        assert_over(&api, &[first, second]).await;
    }
}

/// Only the client is looked up: the token itself identifies its session.
///
/// Origin: ory/hydra fosite/handler/oauth2/revocation_test.go
/// - "should fail - store error for access token get"
/// - "should fail - store error for refresh token get"
#[tokio::test]
async fn a_store_that_can_not_be_read_is_a_503_and_ends_nothing() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    for token in [&tokens.access, &tokens.refresh] {
        let cold = api.restarted().await;
        cold.calls.fail(Fault::Before("GetItem Clients"));
        let reply = cold.logout(token).await;
        reply.assert_error(503, "temporarily_unavailable");
        assert_eq!(reply.header("retry-after"), Some("1"));
        cold.calls.heal();
    }
    assert_eq!(api.session().await, before);
    assert!(api.items("RevocationsTable").await.is_empty());
}

/// Origin: ory/hydra fosite/handler/oauth2/revocation_test.go
/// - "should fail - store error for access token revoke"
/// - "should fail - store error for refresh token revoke"
#[tokio::test]
async fn a_store_that_can_not_be_written_is_a_503_until_both_halves_are_done() {
    for half in ["PutItem Revocations", "DeleteItem Sessions"] {
        for by_access_token in [true, false] {
            let api = Api::start().await;
            let tokens = api.login().await;
            let token = if by_access_token { &tokens.access } else { &tokens.refresh };
            api.calls.fail(Fault::Before(half));
            for _ in 0..2 {
                api.logout(token).await.assert_error(503, "temporarily_unavailable");
            }
            api.calls.heal();
            assert_eq!(api.logout(token).await.status, 200, "{half}");
            let revocations = api.items("RevocationsTable").await;
            assert_eq!(revocations.len(), 1, "{half}");
            assert!(revocations[0].contains_key(attribute::EXPIRES_AT));
            assert_over(&api, &[tokens]).await;
        }
    }
}
