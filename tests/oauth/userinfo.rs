//! The userinfo endpoint: the claims that a client gets for an access token (OpenID Connect Core 1.0 section 5.3).

use axum::http::Request;
use serde_json::json;
use shared::{route, store::attribute};

use crate::harness::{
    Api, Browser, Device, Flow, Reply, USER_ID, WEB, bearer, forged, form_post, with_proof, with_scheme,
};

async fn userinfo(api: &Api, access_token: &str) -> Reply {
    api.send(bearer(Request::get(route::USERINFO), access_token), "").await
}

#[tokio::test]
async fn scopes_choose_the_claims_of_userinfo() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let email = json!({ "sub": USER_ID, "email": "demo@example.com" });
    let both = json!({ "sub": USER_ID, "email": "demo@example.com", "name": "Demo User" });
    for (scope, expected) in [
        ("openid", json!({ "sub": USER_ID })),
        ("openid email read", email),
        ("openid profile", json!({ "sub": USER_ID, "name": "Demo User" })),
        ("openid email profile phone address", both),
    ] {
        let tokens = Flow::of(WEB).with("scope", scope).tokens(&api, &mut browser).await.tokens();
        let reply = userinfo(&api, &tokens.access).await;
        assert_eq!((reply.status, &reply.body), (200, &expected), "{scope}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let posted = api.send(bearer(form_post(route::USERINFO), &tokens.access), "").await;
        assert_eq!((posted.status, &posted.body), (200, &expected), "{scope}, by POST");
    }
}

#[tokio::test]
async fn userinfo_needs_a_token_with_openid() {
    let api = Api::with_pages().await;
    let tokens =
        Flow::of(WEB).with("scope", "email profile read").tokens(&api, &mut Browser::new(&api)).await;
    let of_login = api.login().await;
    for access in [&tokens.tokens().access, &of_login.access] {
        let reply = userinfo(&api, access).await;
        assert_eq!((reply.status, &reply.body["error"]), (403, &json!("insufficient_scope")), "{reply:?}");
        assert!(!reply.body.to_string().contains("demo"));
    }
}

#[tokio::test]
async fn userinfo_needs_a_live_session() {
    let api = Api::with_pages().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    let tokens = flow.tokens(&api, &mut browser).await.tokens();
    for token in ["x", &forged(&tokens.access), &tokens.refresh] {
        userinfo(&api, token).await.assert_gateway_error(401, "unauthorized");
    }
    api.send(Request::get(route::USERINFO), "").await.assert_gateway_error(401, "unauthorized");
    // RFC 6750 section 2.3: never in the query.
    let in_query = format!("{}?access_token={}", route::USERINFO, tokens.access);
    api.send(Request::get(&in_query), "").await.assert_gateway_error(401, "unauthorized");
    api.post(route::LOGOUT, &[("client_id", WEB), ("token", &tokens.refresh)]).await;
    userinfo(&api, &tokens.access).await.assert_gateway_error(401, "unauthorized");
}

#[tokio::test]
async fn userinfo_returns_the_current_claims() {
    let api = Api::with_pages().await;
    let tokens = Flow::of(WEB).tokens(&api, &mut Browser::new(&api)).await.tokens();
    let claims = json!({ "email": "new@example.com", "sub": "somebody-else", "roles": ["admin"] });
    let claims = vec![(attribute::CLAIMS, crate::harness::text(&claims.to_string()))];
    api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), claims).await.unwrap();
    let reply = userinfo(&api, &tokens.access).await;
    assert_eq!(reply.body, json!({ "sub": USER_ID, "email": "new@example.com" }));
}

#[tokio::test]
async fn a_deleted_or_disabled_user_has_no_claims() {
    for is_gone in [false, true] {
        let api = Api::with_pages().await;
        let tokens = Flow::of(WEB).tokens(&api, &mut Browser::new(&api)).await.tokens();
        if is_gone {
            api.delete_all("UsersTable").await;
        } else {
            let disabled = vec![(attribute::DISABLED, aws_sdk_dynamodb::types::AttributeValue::Bool(true))];
            api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), disabled).await.unwrap();
        }
        let reply = userinfo(&api, &tokens.access).await;
        assert!([401, 403].contains(&reply.status), "{is_gone}: {reply:?}");
        assert!(!reply.body.to_string().contains("demo@example.com"));
    }
}

/// RFC 9449 section 7: a bound token needs a proof of its key here too.
#[tokio::test]
async fn a_bound_token_needs_its_proof() {
    let api = Api::binding().await.with_clients().await;
    let device = Device::es256(1);
    let flow = Flow::of(WEB);
    let code = flow.code(&mut Browser::new(&api)).await;
    let proof = device.proof(&api, "POST", route::TOKEN).sign();
    let tokens = flow.redeem_with_proof(&api, &code, &proof).await.tokens();
    userinfo(&api, &tokens.access).await.assert_gateway_error(401, "unauthorized");
    let proof = device.proof_with(&api, "GET", route::USERINFO, &tokens.access).sign();
    let request = with_proof(with_scheme(Request::get(route::USERINFO), &tokens.access), &proof);
    assert_eq!(api.send(request, "").await.body["sub"], USER_ID);
}
