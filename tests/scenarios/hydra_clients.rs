//! Hydra's client authentication (Fosite), at Latchgate's token endpoint.

use shared::route;

use super::{CHALLENGE, basic, login_on_server, refresh_as, refresh_with, with_secrets};
use crate::harness::{APP, Api, SECRET, SERVER, form};

/// A secret with characters that are special in headers and forms.
const SPECIAL: &str = "foo %66%6F%6F@$<\u{a7}!\u{2713}";

/// Fosite answers `invalid_request`.
///
/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should fail because authentication can not be determined"
///   differs: RFC 6749 section 5.2: "no client authentication included" is `invalid_client`
#[tokio::test]
async fn a_request_that_names_no_client_is_an_invalid_client() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let reply = refresh_with(&api, &tokens.refresh, &[]).await;
    reply.assert_error(401, "invalid_client");
    assert_eq!(reply.header("www-authenticate"), None, "it used no header");
    api.refresh(&tokens.refresh).await.tokens();
}

/// No token is genuine for an unknown client, so it is refused before the client is looked up.
///
/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should fail because client does not exist"
///   differs: SECURITY.md "`invalid_grant` even if the secret is wrong too, so that forged tokens cost no read"
/// - "should fail because client is confidential and id does not exist in post body"
///   differs: SECURITY.md "`invalid_grant` even if the secret is wrong too, so that forged tokens cost no read"
/// - "should fail because client is confidential and id does not exist in header"
///   differs: SECURITY.md "`invalid_grant` even if the secret is wrong too, so that forged tokens cost no read"
#[tokio::test]
async fn a_client_that_does_not_exist_has_no_token_that_is_genuine() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    api.calls.take();
    for client in [&[("client_id", "bar")][..], &[("client_id", "foo"), ("client_secret", SECRET)]] {
        refresh_with(&api, &tokens.refresh, client).await.assert_error(400, "invalid_grant");
    }
    refresh_as(&api, &basic("foo", SECRET), &tokens.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.calls.take().is_empty());
    assert_eq!(api.session().await, before);
    let nobody = [("client_id", "bar"), ("username", "x"), ("password", "y")];
    api.post(route::LOGIN, &nobody).await.assert_error(401, "invalid_client");
}

/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should pass because client is public and authentication requirements are met"
/// - "should pass because client is public and client secret is empty in query param"
/// - "should pass because client is public and client secret is empty in basic auth header"
#[tokio::test]
async fn a_public_client_names_itself_and_an_empty_secret_counts_as_none() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let tokens = refresh_with(&api, &tokens.refresh, &[("client_id", APP)]).await.tokens();
    let empty = [("client_id", APP), ("client_secret", "")];
    let tokens = refresh_with(&api, &tokens.refresh, &empty).await.tokens();
    refresh_as(&api, &basic(APP, ""), &tokens.refresh).await.tokens();
}

/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should fail because client requires basic auth and client secret is empty in basic auth header"
/// - "should fail because auth method is not none"
#[tokio::test]
async fn a_client_with_a_secret_is_refused_without_one() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    let reply = refresh_as(&api, &basic(SERVER, ""), &tokens.refresh).await;
    reply.assert_error(401, "invalid_client");
    assert_eq!(reply.header("www-authenticate"), Some(CHALLENGE));
    let reply = refresh_with(&api, &tokens.refresh, &[("client_id", SERVER)]).await;
    reply.assert_error(401, "invalid_client");
    assert_eq!(reply.header("www-authenticate"), None);
    assert_eq!(api.session().await, before);
}

/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should pass with client credentials containing special characters"
/// - "should pass with client credentials containing special characters via basic auth"
#[tokio::test]
async fn a_secret_of_special_characters_is_encoded_as_a_form_either_way() {
    let api = with_secrets(&Api::start().await, &[SPECIAL, SECRET]).await;
    let tokens = login_on_server(&api).await;
    let in_body = [("client_id", SERVER), ("client_secret", SPECIAL)];
    let tokens = refresh_with(&api, &tokens.refresh, &in_body).await.tokens();
    let encoded = form(&[("s", SPECIAL)]);
    let header = basic(SERVER, encoded.strip_prefix("s=").unwrap());
    refresh_as(&api, &header, &tokens.refresh).await.tokens();
}

/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should pass because client is confidential and id and secret match in post body"
/// - "should pass because client is confidential and id and rotated secret match in post body"
/// - "should pass because client is confidential and id and secret match in header"
/// - "should pass because client is confidential and id and rotated secret match in header"
#[tokio::test]
async fn while_a_secret_changes_the_new_and_the_old_one_are_good_either_way() {
    let api = with_secrets(&Api::start().await, &["a new secret", SECRET]).await;
    let mut tokens = login_on_server(&api).await;
    for secret in ["a new secret", SECRET] {
        let in_body = [("client_id", SERVER), ("client_secret", secret)];
        tokens = refresh_with(&api, &tokens.refresh, &in_body).await.tokens();
        tokens = refresh_as(&api, &basic(SERVER, &secret.replace(' ', "+")), &tokens.refresh).await.tokens();
    }
}

/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should fail because client is confidential and secret does not match in post body"
/// - "should fail because client is confidential and secret does not match in header"
/// - "should fail because client is confidential and neither secret nor rotated does match in header"
#[tokio::test]
async fn a_secret_that_is_neither_of_the_two_is_refused_and_nothing_is_used_up() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    for secrets in [&[SECRET][..], &["a new secret", SECRET]] {
        let api = with_secrets(&api, secrets).await;
        let in_body = [("client_id", SERVER), ("client_secret", "baz")];
        refresh_with(&api, &tokens.refresh, &in_body).await.assert_error(401, "invalid_client");
        let reply = refresh_as(&api, &basic(SERVER, "baz"), &tokens.refresh).await;
        reply.assert_error(401, "invalid_client");
        assert_eq!(reply.header("www-authenticate"), Some(CHALLENGE));
    }
    assert_eq!(api.session().await, before);
}

/// A client isn't registered for only one of the two ways.
///
/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should fail because auth method is not client_secret_basic"
///   differs: docs/guide/api.md "also prove a secret, by Basic or as `client_secret` in the body"
#[tokio::test]
async fn the_same_client_may_use_the_header_today_and_the_body_tomorrow() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let in_body = [("client_id", SERVER), ("client_secret", SECRET)];
    let tokens = refresh_with(&api, &tokens.refresh, &in_body).await.tokens();
    refresh_as(&api, &basic(SERVER, SECRET), &tokens.refresh).await.tokens();
}

/// Fosite answers `invalid_request`. Here, a percent sign that encodes nothing stands for itself.
///
/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should fail because client id is not encoded using application/x-www-form-urlencoded"
///   differs: SECURITY.md "`invalid_grant` even if the secret is wrong too, so that forged tokens cost no read"
/// - "should fail because client secret is not encoded using application/x-www-form-urlencoded"
///   differs: RFC 6749 section 5.2: a client that failed to authenticate by the Authorization header gets 401 and a challenge
#[tokio::test]
async fn badly_encoded_credentials_authenticate_no_client() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    let nobody = refresh_as(&api, &basic("%%%%%%", SECRET), &tokens.refresh).await;
    nobody.assert_error(400, "invalid_grant");
    for header in [basic(SERVER, "%%%%%%%"), basic(SERVER, "%ff%fe"), basic("%ff", SECRET)] {
        let reply = refresh_as(&api, &header, &tokens.refresh).await;
        reply.assert_error(401, "invalid_client");
        assert_eq!(reply.header("www-authenticate"), Some(CHALLENGE));
    }
    assert_eq!(api.session().await, before);
}

/// Latchgate supports no assertions, so one proves nothing.
///
/// Origin: ory/hydra fosite/client_authentication_test.go
/// - "should fail because token auth method is not private_key_jwt, but client_secret_post"
/// - "should fail because token auth method is not private_key_jwt, but client_secret_basic"
/// - "should fail because token auth method is not private_key_jwt, but none"
#[tokio::test]
async fn an_assertion_proves_no_client() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let assertion = [
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", tokens.access.as_str()),
    ];
    refresh_with(&api, &tokens.refresh, &assertion).await.assert_error(401, "invalid_client");
    let named = [&assertion[..], &[("client_id", SERVER)]].concat();
    refresh_with(&api, &tokens.refresh, &named).await.assert_error(401, "invalid_client");
    refresh_as(&api, &basic(SERVER, SECRET), &tokens.refresh).await.tokens();
}
