//! A third party's client: its tokens, and its appearance on the pages.

use serde_json::{Value, json};
use shared::{client::ClaimSelection, route, scope::Scope, store::attribute};

use super::consent::{asks, signed_in};
use crate::harness::{Api, Flow, PASSWORD, THIRD, WEB, claims, client, id_token, number, unescaped};

/// OpenID Connect Core 1.0 section 11.
#[tokio::test]
async fn a_third_party_gets_a_refresh_token_only_by_offline_access() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    for (scope, is_refreshable) in [("openid read", false), ("openid read offline_access", true)] {
        let flow = Flow::of(THIRD).with("scope", scope);
        let page = flow.begin(&mut browser).await;
        let code = flow.code_of(&browser.press(&page, "allow").await);
        let reply = flow.redeem(&api, &code).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(!reply.body["refresh_token"].is_null(), is_refreshable, "{scope}");
        assert_eq!(!reply.body["refresh_token_expires_in"].is_null(), is_refreshable, "{scope}");
        assert_eq!(api.call(reply.body["access_token"].as_str().unwrap()).await.status, 200);
    }
    // A client without that scope gets no refresh token, however it asks.
    let mut modest = client(THIRD);
    modest.scope = Scope::parse("openid read").unwrap();
    api.put_client(&modest).await;
    let api = api.restarted().await;
    let flow = Flow::of(THIRD);
    let code = flow.code(&mut browser.at(&api)).await;
    let reply = flow.redeem(&api, &code).await;
    assert_eq!((reply.status, &reply.body["refresh_token"]), (200, &Value::Null));
    assert_eq!(reply.body["scope"], "openid read");
}

/// A change of password doesn't alter this.
#[tokio::test]
async fn a_change_of_password_adds_no_refresh_token_to_a_session_without() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    let flow = Flow::of(THIRD).with("scope", "openid read");
    let page = flow.begin(&mut browser).await;
    let reply = flow.redeem(&api, &flow.code_of(&browser.press(&page, "allow").await)).await;
    let access = reply.body["access_token"].as_str().unwrap();
    api.clock.advance(600);
    let changed = api.change_password(access, PASSWORD, "a much better password").await;
    assert_eq!((changed.status, &changed.body["refresh_token"]), (200, &Value::Null), "{changed:?}");
    assert_eq!(changed.body["refresh_token_expires_in"], Value::Null);
    let access = changed.body["access_token"].as_str().unwrap();
    assert_eq!(api.call(access).await.status, 200);
    let ends_at = api.clock.unix() + changed.body["expires_in"].as_u64().unwrap();
    let mut sessions = api.items("SessionsTable").await;
    sessions.retain(|row| row[attribute::SESSION_KEY].as_s().unwrap().starts_with("third#"));
    assert_eq!(sessions[0][attribute::ABSOLUTE_EXPIRES_AT], number(ends_at), "it ends with its access token");
    // The same holds for a second change.
    let again = api.change_password(access, "a much better password", PASSWORD).await;
    assert_eq!((again.status, &again.body["refresh_token"]), (200, &Value::Null), "{again:?}");
}

/// Only the user and the operator's own clients can end all sessions.
#[tokio::test]
async fn a_third_party_ends_only_its_own_session() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    let flow = Flow::of(THIRD);
    let page = flow.begin(&mut browser).await;
    let tokens = flow.redeem(&api, &flow.code_of(&browser.press(&page, "allow").await)).await.tokens();
    let before = api.stored().await;
    for token in [&tokens.refresh, &tokens.access] {
        let everywhere = [("client_id", THIRD), ("token", token.as_str()), ("everywhere", "true")];
        api.post(route::LOGOUT, &everywhere).await.assert_error(400, "unauthorized_client");
    }
    assert_eq!(api.stored().await, before, "nothing ends");
    let own = [("client_id", THIRD), ("token", tokens.refresh.as_str())];
    assert_eq!(api.post(route::LOGOUT, &own).await.status, 200);
    assert_eq!(api.call(&tokens.access).await.status, 401);
    assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password());
}

/// A client's name is always shown as plain text.
#[tokio::test]
async fn the_name_of_a_client_is_text() {
    let api = Api::with_pages().await;
    let mut named = client(THIRD);
    named.name = Some(r#"<img src=x onerror="alert(1)">"'&"#.to_owned());
    api.put_client(&named).await;
    let mut browser = signed_in(&api).await;
    let page = Flow::of(THIRD).begin(&mut browser).await;
    assert!(asks(&page) && !page.html.contains("<img src=x"), "{page:?}");
    assert!(unescaped(&page.html).contains(r#"<img src=x onerror="alert(1)">"'&"#));
}

/// A third party reads a user's data only by consent. Its access token is for the API, which may need more claims: the
/// client's record lists them.
#[tokio::test]
async fn a_third_partys_access_token_has_user_claims_only_by_its_record() {
    let api = Api::with_pages().await;
    for (selection, expected) in [
        (ClaimSelection::All, Value::Null),
        (ClaimSelection::named(["email".to_owned()]).unwrap(), json!("demo@example.com")),
    ] {
        let mut named = client(THIRD);
        named.claims = selection;
        api.put_client(&named).await;
        api.clock.advance(60);
        let mut browser = signed_in(&api).await;
        let flow = Flow::of(THIRD).with("scope", "openid email offline_access").with("prompt", "consent");
        let page = flow.begin(&mut browser).await;
        let code = flow.code_of(&browser.press(&page, "allow").await);
        let reply = flow.redeem(&api, &code).await;
        let tokens = reply.tokens();
        let next = api.refresh_of_flow(&flow, &tokens.refresh).await.tokens();
        for access in [&tokens.access, &next.access] {
            assert_eq!(claims(access)["email"], expected);
            assert_eq!(claims(access)["name"], Value::Null);
        }
        assert_eq!(claims(id_token(&reply))["email"], "demo@example.com");
    }
}
