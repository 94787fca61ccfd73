//! The OpenID conformance suite's module `fapi2-security-profile-final-refresh-token`, block by block.

use axum::http::Request;
use serde_json::{Value, json};
use shared::route;

use super::{assert_refreshed, basic, login_on_server, refresh_as, refresh_with};
use crate::harness::{Api, SECRET, SERVER};

const FAPI_WAIT: u64 = 30;

/// Origin: openid-certification/conformance-suite src/main/java/net/openid/conformance/fapi2spfinal/FAPI2SPFinalRefreshToken.java
/// - "EnsureServerConfigurationSupportsRefreshToken"
#[tokio::test]
async fn the_metadata_lists_the_refresh_token_grant() {
    let api = Api::start().await;
    for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
        let reply = api.send(Request::get(path), "").await;
        assert_eq!(reply.body["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
    }
}

/// RFC 6749 appendix A.17: `1*VSCHAR`. Latchgate's tokens also need no encoding in a form or header.
///
/// Origin: openid-certification/conformance-suite src/main/java/net/openid/conformance/fapi2spfinal/FAPI2SPFinalRefreshToken.java
/// - "EnsureRefreshTokenContainsAllowedCharactersOnly"
/// - "RefreshTokenRequestSteps, ExpectNoIdTokenInTokenResponse"
#[tokio::test]
async fn a_refresh_token_is_made_of_allowed_characters_and_an_answer_has_no_id_token() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let reply = refresh_as(&api, &basic(SERVER, SECRET), &tokens.refresh).await;
    for token in [&tokens.refresh, &reply.tokens().refresh] {
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')), "{token}");
    }
    assert_eq!(reply.body.get("id_token"), None);
    assert_ne!(reply.body["access_token"], Value::Null);
}

/// FAPI 2.0 section 5.3.2.1-9 requires that a replaced refresh token works for a retry. The module waits for 30 s,
/// longer than Latchgate's default. A deployment may allow 60 s, and a client with an `Idempotency-Key` may wait for
/// days.
///
/// Origin: openid-certification/conformance-suite src/main/java/net/openid/conformance/fapi2spfinal/FAPI2SPFinalRefreshToken.java
/// - "Refresh Token Request With Previous Token, FAPI 2.0 Security Profile 5.3.2.1-9"
///   differs: SECURITY.md "within the leeway (10 s by default, 60 at most), or with the same `Idempotency-Key`"
#[tokio::test]
async fn the_previous_token_allows_a_retry_after_half_a_minute_on_request() {
    for (leeway, key, is_good) in
        [("60", None, true), ("10", Some("a-key-of-22-characters"), true), ("10", None, false)]
    {
        let api = Api::with(|p| p.with("Leeway", leeway)).await;
        let first = api.login().await;
        let refresh = async || match key {
            None => api.refresh(&first.refresh).await,
            Some(key) => api.refresh_with_key(&first.refresh, key).await,
        };
        let second = refresh().await.tokens();
        api.clock.advance(FAPI_WAIT);
        let again = refresh().await;
        assert_refreshed(&again, is_good, &format!("a leeway of {leeway} s, {key:?}"));
        if is_good {
            assert_eq!(again.tokens().refresh, second.refresh);
        }
    }
}

/// Origin: openid-certification/conformance-suite src/main/java/net/openid/conformance/fapi2spfinal/FAPI2SPFinalRefreshToken.java
/// - "Attempting to use the refresh_token without client authentication"
#[tokio::test]
async fn without_client_authentication_a_confidential_clients_token_is_refused() {
    let api = Api::start().await;
    let tokens = login_on_server(&api).await;
    let before = api.session().await;
    for client in [&[][..], &[("client_id", SERVER)]] {
        refresh_with(&api, &tokens.refresh, client).await.assert_error(401, "invalid_client");
    }
    assert_eq!(api.session().await, before);
    refresh_as(&api, &basic(SERVER, SECRET), &tokens.refresh).await.tokens();
}

/// Origin: openid-certification/conformance-suite src/main/java/net/openid/conformance/fapi2spfinal/FAPI2SPFinalRefreshToken.java
/// - "Attempting to use refresh_token issued to client 2 with client 1"
#[tokio::test]
async fn a_token_is_refused_to_another_client_and_stays_good_for_its_own() {
    let api = Api::start().await;
    let (first, second) = (api.login().await, login_on_server(&api).await);
    api.refresh(&second.refresh).await.assert_error(400, "invalid_grant");
    refresh_as(&api, &basic(SERVER, SECRET), &first.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.items("SessionsTable").await.len(), 2);
    refresh_as(&api, &basic(SERVER, SECRET), &second.refresh).await.tokens();
    api.refresh(&first.refresh).await.tokens();
}
