//! The scopes that a client that describes itself may request.

use serde_json::{Value, json};

use super::{
    URL, agreed, api_with, document_with, flow_of, row,
    site::{Answer, Site},
};
use crate::harness::{Api, Browser, Reply};

const ALL: &str = "openid profile email address offline_access read write";

/// Signs in with these scopes, and redeems the code.
async fn signed_in(api: &Api, scope: &str) -> Reply {
    let flow = flow_of(URL).with("scope", scope);
    let page = agreed(&flow, &mut Browser::new(api)).await;
    flow.redeem(api, &flow.code_of(&page)).await
}

#[tokio::test]
async fn a_client_gets_the_scopes_that_operator_and_document_allow() {
    for (permitted, own, granted) in [
        ("", Value::Null, "email offline_access openid profile"),
        ("openid read", Value::Null, "openid read"),
        ("openid read", json!("read write"), "read"),
        ("", json!("openid write"), "openid"),
    ] {
        let mut document = document_with(&json!({ "scope": own }));
        document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let site = Site::start(Answer::document(&document, 300)).await;
        let api = api_with(&site, &[("ClientMetadataScopes", permitted)]).await;
        let reply = signed_in(&api, ALL).await;
        assert_eq!(reply.body["scope"], granted, "{permitted} {own}");
        let row = row(&api).await.unwrap();
        assert!(!row["scope"].as_ss().unwrap().contains(&"write".to_owned()), "{row:?}");
    }
}

#[tokio::test]
async fn a_scope_without_any_allowed_part_is_refused() {
    let site = Site::start(Answer::document(&document_with(&json!({})), 300)).await;
    let api = api_with(&site, &[]).await;
    let redirect = flow_of(URL).with("scope", "read write").begin(&mut Browser::new(&api)).await.redirect();
    assert_eq!(redirect.parameter("error"), "invalid_scope");
}

/// Draft section 4, with `grant_types` of RFC 7591: MCP clients ask for refresh tokens this way.
#[tokio::test]
async fn a_client_gets_refresh_tokens_by_offline_access_or_grant_types() {
    let code_alone = json!(["authorization_code"]);
    let both = json!(["authorization_code", "refresh_token"]);
    for (permitted, grants, scope, is_refreshable) in [
        ("", &code_alone, "openid", false),
        ("", &code_alone, "openid offline_access", true),
        ("", &both, "openid", true),
        // If the scope isn't permitted, no document changes that.
        ("openid", &both, "openid", false),
    ] {
        let site =
            Site::start(Answer::document(&document_with(&json!({ "grant_types": grants })), 300)).await;
        let api = api_with(&site, &[("ClientMetadataScopes", permitted)]).await;
        let reply = signed_in(&api, scope).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(!reply.body["refresh_token"].is_null(), is_refreshable, "{permitted} {grants} {scope}");
    }
}
