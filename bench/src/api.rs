//! Calls the API in this process, as a client does.

use std::net::{IpAddr, Ipv4Addr};

use axum::{body::Bytes, http::Request};
use local::{
    demo::{PUBLIC_CLIENT_ID, USERNAME},
    gateway::Gateway,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use shared::route;

use crate::program::Failure;

const AUTHORIZER_EVENT: &str = include_str!("../../tests/events/authorizer-request.json");

/// A REST API's question to the authorizer about a call with this token.
///
/// # Errors
///
/// If the token isn't valid in JSON text.
pub(crate) fn authorizer_event(access_token: &str) -> Result<Value, Failure> {
    Ok(serde_json::from_str(&AUTHORIZER_EVENT.replace("ACCESS_TOKEN", access_token))?)
}

/// The tokens of an answer.
#[derive(Clone, Deserialize)]
pub(crate) struct Tokens {
    /// A JWT.
    pub(crate) access_token: String,
    /// A refresh token, which can be exchanged once.
    pub(crate) refresh_token: String,
}

/// Logs the demo user in, on the public demo client.
///
/// # Errors
///
/// If the API refuses.
pub(crate) async fn login(gateway: &Gateway) -> Result<Tokens, Failure> {
    let password = "correct horse battery staple";
    let body = json!({ "client_id": PUBLIC_CLIENT_ID, "username": USERNAME, "password": password });
    call(gateway, post(route::LOGIN, &body)?).await
}

/// Exchanges a refresh token for its successor.
///
/// # Errors
///
/// If the API refuses.
pub(crate) async fn refresh(gateway: &Gateway, refresh_token: &str) -> Result<Tokens, Failure> {
    let body = json!({ "grant_type": "refresh_token", "client_id": PUBLIC_CLIENT_ID,
        "refresh_token": refresh_token });
    call(gateway, post(route::REFRESH, &body)?).await
}

/// The public keys, as they are published (RFC 7517 section 5).
///
/// # Errors
///
/// If the API has none.
pub(crate) async fn jwks(gateway: &Gateway) -> Result<Value, Failure> {
    call(gateway, Request::get("/.well-known/jwks.json").body(Bytes::new())?).await
}

fn post(path: &str, body: &Value) -> Result<Request<Bytes>, Failure> {
    let request = Request::post(path).header("content-type", "application/json");
    Ok(request.body(Bytes::from(body.to_string()))?)
}

async fn call<T: DeserializeOwned>(gateway: &Gateway, request: Request<Bytes>) -> Result<T, Failure> {
    let response = gateway.handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    let status = response.status();
    // The body may contain a token, which an error must not repeat.
    serde_json::from_slice(response.body()).map_err(|_| format!("the API answered {status}").into())
}
