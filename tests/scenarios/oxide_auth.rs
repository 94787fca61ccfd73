//! oxide-auth's refresh tests with a public and a private client, valid and invalid.

use shared::route;

use super::{CHALLENGE, basic, login_on_server, refresh_as, refresh_with};
use crate::harness::{APP, Api, SECRET, SERVER, USER_ID, claims};

/// oxide-auth lets a public client omit its name. Latchgate requires it.
///
/// Origin: HeroicKatora/oxide-auth oxide-auth/src/endpoint/tests/refresh.rs
/// - "access_valid_public"
///   differs: SECURITY.md "Its HMAC covers the `client_id`"
#[tokio::test]
async fn a_public_client_reaches_the_resource_with_the_new_token() {
    let api = Api::start().await;
    let tokens = api.login().await;
    refresh_with(&api, &tokens.refresh, &[]).await.assert_error(401, "invalid_client");
    let next = refresh_with(&api, &tokens.refresh, &[("client_id", APP)]).await.tokens();
    assert_eq!(api.call(&next.access).await.status, 200);
    assert_eq!(
        (&claims(&next.access)["sub"], &claims(&next.access)["client_id"]),
        (&USER_ID.into(), &APP.into())
    );
}

/// Origin: HeroicKatora/oxide-auth oxide-auth/src/endpoint/tests/refresh.rs
/// - "access_valid_private"
/// - "regression_case_insensitive_basic"
#[tokio::test]
async fn a_private_client_may_spell_basic_in_any_case() {
    let api = Api::start().await;
    let mut tokens = login_on_server(&api).await;
    let header = basic(SERVER, SECRET);
    for scheme in ["Basic", "basic", "BASIC"] {
        tokens = refresh_as(&api, &header.replacen("Basic", scheme, 1), &tokens.refresh).await.tokens();
        assert_eq!(api.call(&tokens.access).await.status, 200);
        assert_eq!(claims(&tokens.access)["client_id"], SERVER);
    }
}

/// Origin: HeroicKatora/oxide-auth oxide-auth/src/endpoint/tests/refresh.rs
/// - "public_private_invalid_grant"
#[tokio::test]
async fn a_public_clients_token_is_an_invalid_grant_for_a_private_client() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    refresh_as(&api, &basic(SERVER, SECRET), &tokens.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.session().await, before);
}

/// A token isn't genuine for another client than its own. This is checked before the client's authentication.
///
/// Origin: HeroicKatora/oxide-auth oxide-auth/src/endpoint/tests/refresh.rs
/// - "private_wrong_client_fails"
///   differs: SECURITY.md "`invalid_grant` even if the secret is wrong too, so that forged tokens cost no read"
#[tokio::test]
async fn a_private_clients_token_is_useless_to_an_unnamed_or_another_client() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    refresh_with(&api, &tokens.refresh, &[]).await.assert_error(401, "invalid_client");
    let reply = refresh_as(&api, &basic(SERVER, "AndWrong"), &tokens.refresh).await;
    reply.assert_error(401, "invalid_client");
    assert_eq!(reply.header("www-authenticate"), Some(CHALLENGE));
    let reply = refresh_as(&api, &basic("Wrong", "AndWrong"), &tokens.refresh).await;
    reply.assert_error(400, "invalid_grant");
    assert_eq!(reply.header("www-authenticate"), None);
    assert_eq!(api.session().await, before);
}

/// Undecodable credentials are a failed authentication here, not an invalid request.
///
/// Origin: HeroicKatora/oxide-auth oxide-auth/src/endpoint/tests/refresh.rs
/// - "invalid_request"
///   differs: RFC 6749 section 5.2: a client that failed to authenticate by the Authorization header gets 401 and a challenge
#[tokio::test]
async fn bad_base64_is_a_failed_authentication_and_a_missing_token_an_invalid_request() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let header = basic(SERVER, SECRET);
    let reply = refresh_as(&api, &format!("{header}=/"), &tokens.refresh).await;
    reply.assert_error(401, "invalid_client");
    assert_eq!(reply.header("www-authenticate"), Some(CHALLENGE));
    let reply = super::post_as(&api, route::REFRESH, &header, &[("grant_type", "refresh_token")]).await;
    reply.assert_error(400, "invalid_request");
}

/// Origin: HeroicKatora/oxide-auth oxide-auth/src/endpoint/tests/refresh.rs
/// - "public_invalid_token"
/// - "private_invalid_token"
#[tokio::test]
async fn a_token_that_was_never_issued_is_an_invalid_grant_for_both_kinds_of_client() {
    let api = Api::start().await;
    let wrong = "not_the_issued_token";
    let public = api.refresh(wrong).await;
    public.assert_error(400, "invalid_grant");
    let private = refresh_as(&api, &basic(SERVER, SECRET), wrong).await;
    assert_eq!((private.status, private.body), (public.status, public.body));
}
