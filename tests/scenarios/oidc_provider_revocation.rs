//! oidc-provider's revocation endpoint, which is Latchgate's logout.

use axum::http::Request;
use serde_json::json;
use shared::route;

use super::{CHALLENGE, basic, login_on_server, post_as};
use crate::harness::{Api, Fault, Forge, Log, Reply, SECRET, SERVER, Tokens};

/// Revokes as the confidential client.
async fn revoke(api: &Api, token: &str, hint: Option<&str>) -> Reply {
    let mut parameters = vec![("token", token)];
    parameters.extend(hint.map(|hint| ("token_type_hint", hint)));
    post_as(api, route::LOGOUT, &basic(SERVER, SECRET), &parameters).await
}

/// Asserts that with every hint, the picked token is revoked, and its session ends.
async fn assert_revoked(pick: fn(&Tokens) -> &String, hints: [Option<&str>; 4]) {
    let api = Api::start().await;
    for hint in hints {
        let tokens = login_on_server(&api).await;
        let reply = revoke(&api, pick(&tokens), hint).await;
        assert_eq!((reply.status, reply.body.is_null()), (200, true), "{hint:?}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        api.call(&tokens.access).await.assert_gateway_error(401, "unauthorized");
        super::refresh_as(&api, &basic(SERVER, SECRET), &tokens.refresh)
            .await
            .assert_error(400, "invalid_grant");
        assert!(api.items("SessionsTable").await.is_empty(), "{hint:?}");
    }
    assert_eq!(api.items("RevocationsTable").await.len(), hints.len());
}

/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "enriched discovery/shows the url now"
#[tokio::test]
async fn the_documents_say_where_tokens_are_revoked() {
    let api = Api::start().await;
    for path in [route::OPENID_CONFIGURATION, route::AUTHORIZATION_SERVER] {
        let reply = api.send(Request::get(path), "").await;
        assert_eq!(reply.body["revocation_endpoint"], "https://issuer.example.com/logout");
        let methods = json!(["client_secret_basic", "client_secret_post", "none"]);
        assert_eq!(reply.body["revocation_endpoint_auth_methods_supported"], methods);
    }
}

/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "revokes access token [no hint]"
/// - "revokes access token [correct hint]"
/// - "revokes access token [wrong hint]"
/// - "revokes access token [unrecognized hint]"
#[tokio::test]
async fn an_access_token_is_revoked_under_any_hint() {
    let hints = [None, Some("access_token"), Some("refresh_token"), Some("foobar")];
    assert_revoked(|tokens| &tokens.access, hints).await;
}

/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "revokes refresh token [no hint]"
/// - "revokes refresh token [correct hint]"
/// - "revokes refresh token [wrong hint]"
/// - "revokes refresh token [unrecognized hint]"
#[tokio::test]
async fn a_refresh_token_is_revoked_under_any_hint() {
    let hints = [None, Some("refresh_token"), Some("client_credentials"), Some("foobar")];
    assert_revoked(|tokens| &tokens.refresh, hints).await;
}

/// oidc-provider answers 500.
///
/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "propagates exceptions on find"
///   differs: SECURITY.md "Functions answer 503, the authorizer 500; the same request again completes what was begun."
#[tokio::test]
async fn a_failing_store_is_not_a_success() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    for fault in [Fault::Before("DeleteItem Sessions"), Fault::After("PutItem Revocations")] {
        api.calls.fail(fault);
        revoke(&api, &tokens.access, None).await.assert_error(503, "temporarily_unavailable");
        api.calls.heal();
    }
    assert_eq!(revoke(&api, &tokens.access, None).await.status, 200);
    assert_eq!(api.items("RevocationsTable").await.len(), 1);
    api.call(&tokens.access).await.assert_gateway_error(401, "unauthorized");
}

/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "validates token param presence"
#[tokio::test]
async fn a_missing_token_is_named_in_the_error() {
    let api = Api::start().await;
    for parameters in [&[][..], &[("token", "")], &[("token_type_hint", "access_token")]] {
        let reply = post_as(&api, route::LOGOUT, &basic(SERVER, SECRET), parameters).await;
        reply.assert_error(400, "invalid_request");
        if !parameters.is_empty() {
            assert_eq!(reply.body["error_description"], "The parameter token is missing.");
        }
    }
}

/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "rejects completely wrong tokens with the expected OK response"
/// - "rejects wrong tokens"
#[tokio::test]
async fn a_token_that_is_not_ours_is_a_success_and_one_event() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    let (log, _guard) = Log::listen();
    let jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJkZW1vLXVzZXIifQ.c2lnbmF0dXJl";
    for wrong in ["dsahjdasdsa", jwt] {
        let reply = revoke(&api, wrong, None).await;
        assert_eq!((reply.status, reply.body.is_null()), (200, true));
        let events = log.take_events();
        assert_eq!((events.len(), &events[0]["event"]), (1, &"logout_ignored".into()));
    }
    assert_eq!(api.session().await, before);
    assert_eq!(api.call(&tokens.access).await.status, 200);
}

/// oidc-provider answers `invalid_request`, which reveals that the token exists.
///
/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "does not revoke tokens of other clients"
///   differs: SECURITY.md "such a token counts as unknown here: 200, and nothing happens"
#[tokio::test]
async fn the_public_clients_tokens_are_unknown_to_the_confidential_one() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    let unknown = revoke(&api, "dsahjdasdsa", None).await;
    for token in [&tokens.access, &tokens.refresh] {
        let reply = revoke(&api, token, None).await;
        assert_eq!((reply.status, &reply.body, &reply.headers), (200, &unknown.body, &unknown.headers));
    }
    assert_eq!(api.session().await, before);
    assert_eq!(api.call(&tokens.access).await.status, 200);
    assert!(api.items("RevocationsTable").await.is_empty());
}

/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "emits on (i.e. auth) error"
#[tokio::test]
async fn a_wrong_secret_is_refused_once_and_ends_nothing() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    let (log, _guard) = Log::listen();
    let parameters = [("token", tokens.access.as_str())];
    let reply = post_as(&api, route::LOGOUT, &basic(SERVER, "invalid"), &parameters).await;
    reply.assert_error(401, "invalid_client");
    assert_eq!(reply.header("www-authenticate"), Some(CHALLENGE));
    let events = log.take_events();
    assert_eq!((events.len(), &events[0]["event"]), (1, &"logout_refused".into()));
    assert_eq!(events[0]["reason"], "client_unproven");
    assert_eq!(api.session().await, before);
}

/// The original uses an authorization code as the token. This uses a JWT of the deployment's key that isn't an access
/// token.
///
/// Origin: panva/node-oidc-provider test/revocation/revocation.test.js
/// - "does not allow to revoke the unrevokable (in case adapter is implemented wrong)"
#[tokio::test]
async fn another_jwt_that_we_signed_revokes_nothing() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    let forge = Forge::new(&api, &tokens.access);
    for other in [
        forge.with_header("typ", json!("JWT")),
        forge.with_claim("iss", json!("https://elsewhere.example.com")),
    ] {
        assert_eq!(revoke(&api, &other, None).await.status, 200);
    }
    assert_eq!(api.session().await, before);
    assert!(api.items("RevocationsTable").await.is_empty());
}
