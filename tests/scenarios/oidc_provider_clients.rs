//! oidc-provider's client authentication, at Latchgate's token endpoint.

use shared::route;

use super::{CHALLENGE, basic, login_on_server, post_as, refresh_as, refresh_with, with_secrets};
use crate::harness::{APP, Api, Reply, SECRET, SERVER, Tokens};

/// A secret with every kind of character (RFC 6749 appendix B), and its form encoding.
const APPENDIX_B: (&str, &str) = (" %&+\u{a3}\u{20ac}", "+%25%26%2B%C2%A3%E2%82%AC");

async fn refresh_in_body(api: &Api, tokens: &Tokens, client: &[(&str, &str)]) -> Reply {
    refresh_with(api, &tokens.refresh, client).await
}

/// Refreshes with a Basic header and further parameters.
async fn refresh_both(api: &Api, header: &str, tokens: &Tokens, client: &[(&str, &str)]) -> Reply {
    let body = [&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)], client].concat();
    post_as(api, route::REFRESH, header, &body).await
}

/// oidc-provider answers `invalid_request`.
///
/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "expects auth to be provided"
///   differs: RFC 6749 section 5.2: "no client authentication included" is `invalid_client`
#[tokio::test]
async fn a_client_that_is_not_named_anywhere_is_an_invalid_client() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    for empty in [&[][..], &[("client_id", "")], &[("client_secret", SECRET)]] {
        let reply = refresh_in_body(&api, &tokens, empty).await;
        reply.assert_error(401, "invalid_client");
        assert_eq!(reply.header("www-authenticate"), None);
    }
}

/// Only the login shows it: a refresh token is never genuine for an unknown client.
///
/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "rejects when no client is found"
#[tokio::test]
async fn a_client_that_is_not_found_is_refused_like_one_that_proves_nothing() {
    let api = Api::start().await;
    let login = |client_id| [("client_id", client_id), ("username", "x"), ("password", "y")];
    let unknown = api.post(route::LOGIN, &login("client-not-found")).await;
    unknown.assert_error(401, "invalid_client");
    let unproven = api.post(route::LOGIN, &login(SERVER)).await;
    assert_eq!((unknown.status, unknown.body), (unproven.status, unproven.body));
}

/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "none "auth"/accepts the "auth""
/// - "none "auth"/rejects the "auth" if secret was also provided"
#[tokio::test]
async fn a_public_client_is_taken_at_its_word_unless_it_sends_a_secret() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let before = api.session().await;
    let with_secret = [("client_id", APP), ("client_secret", "foobar")];
    refresh_in_body(&api, &tokens, &with_secret).await.assert_error(401, "invalid_client");
    refresh_as(&api, &basic(APP, "foobar"), &tokens.refresh).await.assert_error(401, "invalid_client");
    assert_eq!(api.session().await, before);
    refresh_in_body(&api, &tokens, &[("client_id", APP)]).await.tokens();
}

/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "client_secret_basic auth/accepts the auth"
/// - "client_secret_basic auth/accepts the auth (but client configured with post)"
/// - "client_secret_post auth/accepts the auth"
/// - "client_secret_post auth/accepts the auth (but client configured with basic)"
#[tokio::test]
async fn a_confidential_client_proves_its_secret_either_way() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let tokens = refresh_as(&api, &basic(SERVER, SECRET), &tokens.refresh).await.tokens();
    let in_body = [("client_id", SERVER), ("client_secret", SECRET)];
    refresh_in_body(&api, &tokens, &in_body).await.tokens();
}

/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "client_secret_basic auth/accepts the auth even with id in the body"
/// - "client_secret_basic auth/rejects the auth when body id differs"
#[tokio::test]
async fn a_client_id_in_the_body_must_match_the_header() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    let header = basic(SERVER, SECRET);
    let other = refresh_both(&api, &header, &tokens, &[("client_id", APP)]).await;
    other.assert_error(400, "invalid_request");
    assert_eq!(api.session().await, before);
    refresh_both(&api, &header, &tokens, &[("client_id", SERVER)]).await.tokens();
}

/// Latchgate's `client_id`s lack such characters; secrets may have them.
///
/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "client_secret_basic auth/accepts the auth (https://tools.ietf.org/html/rfc6749#appendix-B)"
/// - "client_secret_basic auth/accepts the auth (https://tools.ietf.org/html/rfc6749#appendix-B again)"
#[tokio::test]
async fn both_halves_of_the_header_are_decoded_as_a_form() {
    let again = ("some secure & non-standard secret", "some+secure+%26+non-standard+secret");
    for (secret, encoded) in [APPENDIX_B, again] {
        let api = with_secrets(&Api::start().await, &[secret, SECRET]).await;
        let tokens = login_on_server(&api).await;
        let tokens = refresh_as(&api, &basic("demo%2Dserver", encoded), &tokens.refresh).await.tokens();
        refresh_as(&api, &basic(SERVER, "some+other"), &tokens.refresh)
            .await
            .assert_error(401, "invalid_client");
    }
}

/// oidc-provider answers 400 `invalid_request`.
///
/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "client_secret_basic auth/rejects improperly encoded headers"
///   differs: RFC 6749 section 5.2: a client that failed to authenticate by the Authorization header gets 401 and a challenge
/// - "client_secret_basic auth/validates the Basic scheme format (parts)"
///   differs: RFC 6749 section 5.2: a client that failed to authenticate by the Authorization header gets 401 and a challenge
/// - "client_secret_basic auth/validates the Basic scheme format (Basic)"
///   differs: RFC 6749 section 5.2: a client that failed to authenticate by the Authorization header gets 401 and a challenge
/// - "client_secret_basic auth/validates the Basic scheme format (no :)"
///   differs: RFC 6749 section 5.2: a client that failed to authenticate by the Authorization header gets 401 and a challenge
#[tokio::test]
async fn a_malformed_basic_header_is_an_invalid_client_with_a_challenge() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    let improper = basic("foo with %", "foo with $");
    for header in
        [improper.as_str(), "Basic", "Basic ", "Bearer foo", "Basic Zm9v", "Digest x", "Basic Zm9v!"]
    {
        let reply = refresh_as(&api, header, &tokens.refresh).await;
        reply.assert_error(401, "invalid_client");
        assert_eq!(reply.header("www-authenticate"), Some(CHALLENGE), "{header}");
    }
    assert_eq!(api.session().await, before);
}

/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "client_secret_basic auth/rejects invalid secrets"
/// - "client_secret_post auth/rejects invalid secrets"
/// - "client_secret_post auth/requires the client_secret to be sent"
/// - "client_secret_basic auth/requires the client_secret to be sent"
///   differs: RFC 6749 section 5.2: a client that failed to authenticate by the Authorization header gets 401 and a challenge
#[tokio::test]
async fn a_wrong_and_a_missing_secret_get_the_same_answer() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    let mut answers = Vec::new();
    for secret in ["invalid secret", ""] {
        let in_body = [("client_id", SERVER), ("client_secret", secret)];
        for reply in [
            refresh_in_body(&api, &tokens, &in_body).await,
            refresh_as(&api, &basic(SERVER, secret), &tokens.refresh).await,
        ] {
            reply.assert_error(401, "invalid_client");
            answers.push(reply.body);
        }
    }
    assert!(answers.iter().all(|body| *body == answers[0]), "{answers:?}");
    assert_eq!(api.session().await, before);
}

/// Origin: panva/node-oidc-provider test/client_auth/client_auth.test.js
/// - "client_secret_basic auth/rejects double auth"
/// - "client_secret_basic auth/rejects double auth (no client_id in body)"
#[tokio::test]
async fn two_ways_at_once_are_an_invalid_request_even_if_both_are_right() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    for header in [basic(SERVER, "invalid secret"), basic(SERVER, SECRET)] {
        for client in [&[("client_id", SERVER), ("client_secret", SECRET)][..], &[("client_secret", SECRET)]]
        {
            refresh_both(&api, &header, &tokens, client).await.assert_error(400, "invalid_request");
        }
    }
    assert_eq!(api.session().await, before);
}
