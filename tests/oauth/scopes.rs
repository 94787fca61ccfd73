//! The granted part of the requested scopes.

use serde_json::Value;
use shared::scope::Scope;

use crate::harness::{Api, Browser, Flow, WEB, client};

/// The granted scope according to the answer, and whether it has a refresh token and an ID token.
async fn granted(api: &Api, browser: &mut Browser<'_>, scope: Option<&str>) -> (Value, bool, bool) {
    let flow = Flow::of(WEB).without("scope");
    let flow = scope.map_or_else(|| flow.clone(), |scope| flow.clone().with("scope", scope));
    let body = flow.tokens(api, browser).await.body;
    (body["scope"].clone(), !body["refresh_token"].is_null(), !body["id_token"].is_null())
}

/// OpenID Connect Core 1.0 section 3.1.2.1: unknown scopes are ignored. RFC 6749 section 3.3: the answer then states
/// the granted scope.
#[tokio::test]
async fn forbidden_scopes_are_ignored_and_the_answer_says_so() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    for (asked, expected) in [
        ("openid read", "openid read"),
        ("read openid read", "openid read"),
        ("openid read admin", "openid read"),
        ("openid", "openid"),
        ("read", "read"),
        ("READ write", "write"),
    ] {
        let (scope, is_refreshable, has_id_token) = granted(&api, &mut browser, Some(asked)).await;
        assert_eq!(scope, expected, "{asked}");
        assert!(is_refreshable, "{asked}: it is the operator's own client");
        assert_eq!(has_id_token, expected.contains("openid"), "{asked}");
    }
}

#[tokio::test]
async fn without_a_scope_a_client_gets_its_own_scopes_and_no_openid() {
    let api = Api::with_pages().await;
    let (scope, _, has_id_token) = granted(&api, &mut Browser::new(&api), None).await;
    assert_eq!(scope, "read write");
    assert!(!has_id_token);
}

#[tokio::test]
async fn a_client_without_a_scope_gets_tokens_without_one() {
    let api = Api::with_pages().await;
    let mut bare = client(WEB);
    bare.scope = Scope::default();
    api.put_client(&bare).await;
    let api = api.restarted().await;
    let (scope, is_refreshable, has_id_token) = granted(&api, &mut Browser::new(&api), None).await;
    assert_eq!((scope, is_refreshable, has_id_token), (Value::Null, true, false));
    let asked = Flow::of(WEB).with("scope", "openid").begin(&mut Browser::new(&api)).await;
    assert_eq!(asked.redirect().parameter("error"), "invalid_scope");
}
