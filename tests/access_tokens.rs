//! Access tokens: their contents, and the rejection of every token that Latchgate didn't issue.

use serde_json::json;

use crate::harness::{APP, Api, USER_ID, claims, part};

#[tokio::test]
async fn an_access_token_is_a_jwt_of_rfc_9068() {
    let api = Api::start().await;
    let token = api.login().await.access;
    let header = part(&token, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"ES256".into()));
    assert!(header["kid"].is_string());
    let claims = claims(&token);
    let now = api.clock.unix();
    for (name, value) in [
        ("iss", json!("https://issuer.example.com")),
        ("aud", json!("api")),
        ("sub", json!(USER_ID)),
        ("client_id", json!(APP)),
        ("iat", json!(now)),
        ("exp", json!(now + 1800)),
        ("auth_time", json!(now)),
        ("scope", json!("read write")),
        ("email", json!("demo@example.com")),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    let session_key = api.session().await["session_key"].as_s().unwrap().clone();
    assert_eq!(session_key, format!("{APP}#{}", claims["sid"].as_str().unwrap()));
}

#[tokio::test]
async fn a_refreshed_token_keeps_auth_time_and_session_and_has_a_new_jti() {
    let api = Api::start().await;
    let first = api.login().await;
    api.clock.advance(100);
    let second = api.refresh(&first.refresh).await.tokens();
    let (first, second) = (claims(&first.access), claims(&second.access));
    assert_eq!((&first["auth_time"], &first["sid"]), (&second["auth_time"], &second["sid"]));
    assert_ne!(first["jti"], second["jti"]);
}

#[tokio::test]
async fn another_deployments_token_is_foreign_even_with_the_same_key() {
    let api = Api::start().await;
    let token = api.login().await.access;
    for parameter in ["Issuer", "Audience"] {
        let mut deployment = api.deployment.clone();
        deployment.parameters = deployment.parameters.with(parameter, "https://other.example.com");
        assert_eq!(api.redeployed(deployment).await.call(&token).await.status, 401, "{parameter}");
    }
}
