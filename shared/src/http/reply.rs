//! Responses.

use lambda_http::{
    Body, Response,
    http::{HeaderValue, StatusCode, header},
};
use serde::Serialize;

use super::offer_nonce;
use crate::{clock::Timestamp, keys::RefreshKeys, tokens::TokenResponse};

/// A JSON response with `Cache-Control: no-store` (RFC 6749 section 5.1).
///
/// # Panics
///
/// If the body has a map with keys that aren't strings. Our responses have none.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    // Unwrap safety: structs of strings, numbers and lists always serialise.
    let text = serde_json::to_string(body).expect("responses serialise");
    let mut response = empty(status);
    *response.body_mut() = text.into();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The response of an endpoint that issues tokens, with a nonce for the next proof (RFC 9449 section 8.2).
pub fn tokens(tokens: &TokenResponse, keys: &RefreshKeys, now: Timestamp) -> Response<Body> {
    let mut response = json(StatusCode::OK, tokens);
    offer_nonce(&mut response, &keys.dpop_nonce(now));
    response
}

/// A response without a body, with `Cache-Control: no-store`.
pub fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
