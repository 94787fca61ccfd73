//! Why API Gateway answers for itself.

use axum::{
    body::Bytes,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::json;

/// A request that no function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// API Gateway's answer to a path in this spelling isn't known.
    UnknownSpelling,
    /// There is no such path, or it doesn't have that method.
    NoRoute,
    /// The caller didn't say who it is, or the authorizer failed with `Unauthorized`.
    Unauthorized,
    /// The authorizer's policy doesn't allow it.
    Denied,
    /// The authorizer failed otherwise.
    AuthorizerFailed,
    /// What the authorizer answered is not a policy.
    AuthorizerMalformed,
    /// The body is larger than API Gateway takes.
    TooLarge,
    /// The body didn't come whole.
    BodyUnread,
    /// The function failed, or its event could not be made.
    Integration,
}

/// The answer of this server to a path in a spelling that API Gateway may take in one way or another.
pub(super) fn unknown_spelling() -> Response<Bytes> {
    let error = json!({
        "error": "invalid_request",
        "error_description": "The path is not in its normal form, and it isn't known what API Gateway makes of it. This \
            server answers no such path: leave out needless escapes, empty segments, dots alone, semicolons and a slash at \
            the end.",
    });
    let mut response = Response::new(Bytes::from(error.to_string()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Whoever develops a page reads it there.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
