//! Responses.

use lambda_http::{
    Body, Response,
    http::{HeaderValue, StatusCode, header},
};
use serde::Serialize;

/// A JSON response that nobody stores (RFC 6749 section 5.1).
///
/// # Panics
///
/// If the body has a map whose keys aren't strings, which no response of ours has.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    // Unwrap safety: structs of strings, numbers and lists serialise infallibly.
    let text = serde_json::to_string(body).expect("responses serialise");
    let mut response = empty(status);
    *response.body_mut() = text.into();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A response without a body that nobody stores.
pub fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
