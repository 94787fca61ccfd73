//! Log in, call, refresh, log out.

use serde_json::json;
use shared::route;

use crate::harness::{APP, Api, PASSWORD, SECRET, SERVER, START, USER_ID, USERNAME, form, form_post, number};

#[tokio::test]
async fn a_user_logs_in_calls_refreshes_and_logs_out() {
    let api = Api::start().await;
    let first = api.login().await;
    assert_eq!(api.call(&first.access).await.status, 200);

    api.clock.advance(1799);
    assert_eq!(api.call(&first.access).await.status, 200);
    api.clock.advance(1);
    api.call(&first.access).await.assert_gateway_error(401, "unauthorized");

    let second = api.refresh(&first.refresh).await.tokens();
    assert_ne!(second.access, first.access);
    assert_ne!(second.refresh, first.refresh);
    assert_eq!(api.call(&second.access).await.status, 200);

    let reply = api.logout(&second.refresh).await;
    assert_eq!((reply.status, reply.body.is_null()), (200, true));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    api.call(&second.access).await.assert_gateway_error(401, "unauthorized");
    api.refresh(&second.refresh).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn a_returning_user_stays_logged_in_and_an_absent_one_is_logged_out() {
    let api = Api::start().await;
    let mut tokens = api.login().await;
    let idle = 14 * 24 * 60 * 60;
    for _ in 0..20 {
        api.clock.advance(idle - 1);
        tokens = api.refresh(&tokens.refresh).await.tokens();
    }
    api.clock.advance(idle);
    api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_token_response_is_complete() {
    let api = Api::start().await;
    let parameters = [("client_id", APP), ("username", USERNAME), ("password", PASSWORD), ("scope", "read")];
    let login = api.post(route::LOGIN, &parameters).await;
    let refreshed = api.refresh(login.body["refresh_token"].as_str().unwrap()).await;
    for reply in [login, refreshed] {
        let tokens = reply.tokens();
        let expected = json!({
            "access_token": tokens.access,
            "token_type": "bearer",
            "expires_in": 1800,
            "expires": 1800,
            "refresh_token": tokens.refresh,
            "refresh_token_expires_in": 1_209_600,
            "scope": "read",
        });
        assert_eq!(reply.body, expected);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("pragma"), Some("no-cache"));
        assert!(tokens.refresh.starts_with("lgr1_"));
    }
}

#[tokio::test]
async fn the_absolute_end_of_a_session_bounds_the_lifetime_in_a_response() {
    let api = Api::with(|p| p.with("IdleTtl", "1000").with("AbsoluteTtl", "1500")).await;
    let tokens = api.login().await;
    api.clock.advance(900);
    let reply = api.refresh(&tokens.refresh).await;
    assert_eq!(reply.body["refresh_token_expires_in"], 600);
    api.clock.advance(600);
    api.refresh(&reply.tokens().refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn json_and_a_form_say_the_same() {
    let api = Api::start().await;
    let body = json!({ "client_id": APP, "username": USERNAME, "password": PASSWORD });
    let tokens = api.post_json(route::LOGIN, &body).await.tokens();
    let body = json!({ "grant_type": "refresh_token", "client_id": APP, "refresh_token": tokens.refresh });
    let tokens = api.post_json(route::REFRESH, &body).await.tokens();
    let body = json!({ "client_id": APP, "token": tokens.access, "everywhere": true });
    assert_eq!(api.post_json(route::LOGOUT, &body).await.status, 200);
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn a_confidential_client_has_the_same_flow_by_basic_or_in_the_body() {
    let api = Api::start().await;
    // demo-server:demo-server-secret
    let basic = "Basic ZGVtby1zZXJ2ZXI6ZGVtby1zZXJ2ZXItc2VjcmV0";
    let login = form(&[("username", USERNAME), ("password", PASSWORD)]);
    let tokens = api.send(form_post(route::LOGIN).header("authorization", basic), login).await.tokens();

    let in_body = [
        ("grant_type", "refresh_token"),
        ("client_id", SERVER),
        ("client_secret", SECRET),
        ("refresh_token", &tokens.refresh),
    ];
    let tokens = api.post(route::REFRESH, &in_body).await.tokens();
    let logout = form(&[("token", &tokens.refresh)]);
    let reply = api.send(form_post(route::LOGOUT).header("authorization", basic), logout).await;
    assert_eq!(reply.status, 200);
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn a_stored_session_has_the_attributes_of_the_design() {
    let api = Api::start().await;
    let body = json!({
        "client_id": APP, "username": "DEMO", "password": PASSWORD, "device_name": "Ada's phone"
    });
    api.post_json(route::LOGIN, &body).await.tokens();
    let session = api.session().await;
    let names: Vec<_> = session.keys().map(String::as_str).collect();
    let expected = [
        "absolute_expires_at",
        "address",
        "auth_time",
        "created_at",
        "device_name",
        "expires_at",
        "generation",
        "rotated_at",
        "scope",
        "session_key",
        "user_id",
    ];
    assert_eq!(names, expected);
    assert_eq!(session["user_id"].as_s().unwrap(), USER_ID);
    assert!(session["session_key"].as_s().unwrap().starts_with("demo-app#"));
    assert_eq!(session["expires_at"], number(START + 1_209_600));
    assert_eq!(session["address"].as_s().unwrap(), "203.0.113.9");
    assert_eq!(session["device_name"].as_s().unwrap(), "Ada's phone");
}
