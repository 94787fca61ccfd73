//! oidc-provider's refresh grant: scope, deleted accounts, rotation.

use std::sync::Arc;

use shared::{route, store::attribute};

use super::{assert_over, at_once, login_on_server, refresh_as, refresh_with, sid};
use crate::harness::{
    APP, Api, PASSWORD, Reply, SECRET, SERVER, START, Tokens, USERNAME, claims, forged, number,
};

/// Logs in with this scope on the public client.
async fn login_with(api: &Api, scope: &str) -> Tokens {
    let parameters = [("client_id", APP), ("username", USERNAME), ("password", PASSWORD), ("scope", scope)];
    api.post(route::LOGIN, &parameters).await.tokens()
}

async fn refresh_scope(api: &Api, token: &str, scope: &str) -> Reply {
    refresh_with(api, token, &[("client_id", APP), ("scope", scope)]).await
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "returns the right stuff"
#[tokio::test]
async fn the_answer_is_one_success_with_every_lifetime_a_number() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let (log, _guard) = crate::harness::Log::listen();
    let reply = refresh_as(&api, &super::basic(SERVER, SECRET), &tokens.refresh).await;
    assert_ne!(reply.tokens().refresh, tokens.refresh);
    for lifetime in ["expires_in", "expires", "refresh_token_expires_in"] {
        assert!(reply.body[lifetime].is_u64(), "{lifetime}");
    }
    assert_eq!(reply.body.get("id_token"), None, "there are no ID tokens");
    let events = log.take_events();
    assert_eq!((events.len(), &events[0]["event"]), (1, &"refresh_succeeded".into()));
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "validates/validates the refresh token is not expired"
#[tokio::test]
async fn an_expired_token_is_an_invalid_grant_and_the_trail_says_that_it_expired() {
    let api = Api::with(|p| p.with("IdleTtl", "5")).await;
    let tokens = api.login().await;
    api.clock.advance(10);
    let (log, _guard) = crate::harness::Log::listen();
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    let events = log.take_events();
    assert_eq!((events.len(), &events[0]["reason"]), (1, &"session_expired".into()));
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "validates/validates that token belongs to client"
#[tokio::test]
async fn a_token_of_the_public_client_is_refused_to_the_confidential_one() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    let (log, _guard) = crate::harness::Log::listen();
    let reply = refresh_as(&api, &super::basic(SERVER, SECRET), &tokens.refresh).await;
    reply.assert_error(400, "invalid_grant");
    assert_eq!(log.take_events()[0]["event"], "refresh_refused");
    assert_eq!(api.session().await, before);
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "validates/scopes are not getting extended (single)"
/// - "validates/scopes are not getting extended (multiple)"
#[tokio::test]
async fn a_scope_is_not_extended_by_one_token_nor_by_several() {
    let api = Api::start().await;
    let tokens = login_with(&api, "read").await;
    let before = api.session().await;
    for scope in ["read write", "write", "read profile address", "profile"] {
        let reply = refresh_scope(&api, &tokens.refresh, scope).await;
        reply.assert_error(400, "invalid_scope");
        assert!(!reply.body.to_string().contains("profile"), "what was sent is not repeated");
    }
    assert_eq!(api.session().await, before);
    api.refresh(&tokens.refresh).await.tokens();
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "validates/scopes can get slimmer (1/2) - no openid scope, ID Token is not issued"
/// - "validates/scopes can get slimmer (2/2) - openid scope is present, ID Token is issued"
#[tokio::test]
async fn a_scope_may_be_narrowed_to_a_part_or_asked_for_whole() {
    let api = Api::start().await;
    let mut tokens = login_with(&api, "read write").await;
    for (asked, granted) in [("write", "write"), ("write read", "read write"), ("read", "read")] {
        let reply = refresh_scope(&api, &tokens.refresh, asked).await;
        tokens = reply.tokens();
        assert_eq!(reply.body["scope"], granted);
        assert_eq!(claims(&tokens.access)["scope"], granted);
    }
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "validates/validates account is still there"
#[tokio::test]
async fn a_deleted_user_is_an_invalid_grant_and_the_session_ends() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.delete_all("UsersTable").await;
    let (log, _guard) = crate::harness::Log::listen();
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    let events = log.take_events();
    assert_eq!(events[0]["cause"], "cut_off");
    assert_eq!(events[1]["reason"], "user_cut_off");
    assert_over(&api, &[tokens]).await;
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "refresh_token presence"
#[tokio::test]
async fn a_missing_refresh_token_is_named_in_the_error() {
    let api = Api::start().await;
    let reply = api.post(route::REFRESH, &[("grant_type", "refresh_token"), ("client_id", APP)]).await;
    reply.assert_error(400, "invalid_request");
    assert_eq!(reply.body["error_description"], "The parameter refresh_token is missing.");
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "code being "found""
#[tokio::test]
async fn a_foreign_jwt_and_a_forged_token_are_refused() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJraW5kIjoiUmVmcmVzaFRva2VuIiwianRpIjoiYzc4ZjdlYjMifQ.c2lnbmF0dXJl";
    for text in [jwt, tokens.access.as_str(), &forged(&tokens.refresh)] {
        api.refresh(text).await.assert_error(400, "invalid_grant");
    }
    api.refresh(&tokens.refresh).await.tokens();
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "rotateRefreshToken=true/issues a new refresh token and consumes the old one"
#[tokio::test]
async fn a_rotation_consumes_the_old_token_in_the_table() {
    let api = Api::start().await;
    let first = api.login().await;
    let before = api.session().await;
    let second = api.refresh(&first.refresh).await.tokens();
    let after = api.session().await;
    assert_eq!((&before[attribute::GENERATION], &after[attribute::GENERATION]), (&number(0), &number(1)));
    assert_eq!(after[attribute::ROTATED_AT], number(START));
    assert_eq!(after[attribute::SESSION_KEY], before[attribute::SESSION_KEY], "the same item");
    assert_ne!(second.refresh, first.refresh);
    assert_eq!(sid(&second), sid(&first));
}

/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "rotateRefreshToken=true/the new refresh token has identical scope to the old one"
/// - "rotateRefreshToken=true/the new refresh token has identical scope to the old one even if the access token is requested with less scopes"
#[tokio::test]
async fn the_new_refresh_token_keeps_the_scope_even_if_less_was_asked_for() {
    let api = Api::start().await;
    let first = login_with(&api, "read write").await;
    let before = api.session().await;
    let narrowed = refresh_scope(&api, &first.refresh, "read").await;
    assert_eq!(narrowed.body["scope"], "read");
    assert_eq!(api.session().await[attribute::SCOPE], before[attribute::SCOPE]);
    let reply = api.refresh(&narrowed.tokens().refresh).await;
    assert_eq!(reply.body["scope"], "read write");
    assert_eq!(api.session().await[attribute::SCOPE], before[attribute::SCOPE]);
}

/// oidc-provider refuses the second request and revokes both tokens, so a client that repeats a request logs itself
/// out.
///
/// Origin: panva/node-oidc-provider test/refresh/refresh.grant.test.js
/// - "rotateRefreshToken=true/revokes the complete grant if the old token is used again"
///   differs: SECURITY.md "There are two exceptions, for clients that lost a response"
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_revokes_nothing_at_once_and_all_after_the_leeway() {
    let api = Arc::new(Api::start().await);
    let first = api.login().await;
    let replies: Vec<Tokens> = at_once(&api, &first.refresh, 2).await.iter().map(Reply::tokens).collect();
    assert_eq!(replies[0].refresh, replies[1].refresh);
    assert!(api.items("RevocationsTable").await.is_empty());
    api.clock.advance(super::LATER);
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.items("RevocationsTable").await.len(), 1);
    assert_over(&api, &replies).await;
}
