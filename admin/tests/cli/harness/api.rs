//! Requests to the functions, as clients send them.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::Request;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use local::gateway::Gateway;
use serde_json::Value;
use shared::route;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The functions behind the gateway.
pub(crate) struct Api(Gateway);

/// A sign-in on a client.
#[derive(Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: Option<&'a str>,
    pub(crate) username: &'a str,
    pub(crate) password: &'a str,
}

impl<'a> Login<'a> {
    /// A sign-in with [`PASSWORD`], on a public client.
    pub(crate) fn on(client_id: &'a str, username: &'a str) -> Self {
        Self { client_id, client_secret: None, username, password: PASSWORD }
    }
}

impl Api {
    pub(crate) fn over(gateway: Gateway) -> Self {
        Self(gateway)
    }

    pub(crate) async fn login(&self, login: Login<'_>) -> (u16, Value) {
        let mut body = serde_json::json!({
            "client_id": login.client_id,
            "username": login.username,
            "password": login.password,
        });
        if let Some(secret) = login.client_secret {
            body["client_secret"] = secret.into();
        }
        self.post(route::LOGIN, &body).await
    }

    /// The tokens of a login that must succeed.
    pub(crate) async fn tokens(&self, login: Login<'_>) -> Value {
        let (status, tokens) = self.login(login).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    pub(crate) async fn refresh(&self, client_id: &str, tokens: &Value) -> (u16, Value) {
        let body = serde_json::json!({
            "grant_type": "refresh_token",
            "client_id": client_id,
            "refresh_token": tokens["refresh_token"],
        });
        self.post(route::REFRESH, &body).await
    }

    /// Calls an endpoint behind the authorizer.
    pub(crate) async fn call(&self, tokens: &Value) -> u16 {
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let request = Request::get(route::SESSIONS).header("authorization", bearer);
        self.send(request.body("".into()).unwrap()).await.0
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    async fn send(&self, request: Request<axum::body::Bytes>) -> (u16, Value) {
        let source = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
        let (parts, body) = Box::pin(self.0.handle(request, source)).await.into_parts();
        (parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }
}

/// The claims of an access token.
pub(crate) fn claims(tokens: &Value) -> Value {
    let payload = tokens["access_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
