//! Why API Gateway answers for itself.

use axum::{
    body::Bytes,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

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
    /// The function is one of the user's, which this program doesn't run.
    NotRun,
    /// Nobody answers where a server of the user's should be.
    UpstreamUnreachable,
    /// It took longer than API Gateway waits.
    UpstreamLate,
    /// It answered with something else than a response.
    UpstreamMalformed,
    /// It answered with more than API Gateway hands on.
    UpstreamTooLarge,
    /// A WebSocket was asked for, which no server of the user's can have.
    WebSocket,
    /// The server of the user's is this one.
    Loop,
}

impl Failure {
    /// Why, as the log calls it, where neither the authorizer nor a function has said more.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::UnknownSpelling => "path_not_normal",
            Self::NoRoute => "no_such_route",
            Self::Unauthorized => "no_token",
            Self::Denied => "denied_by_policy",
            Self::AuthorizerFailed => "authorizer_failed",
            Self::AuthorizerMalformed => "authorizer_malformed",
            Self::TooLarge => "body_too_large",
            Self::BodyUnread => "body_not_read",
            Self::Integration => "function_failed",
            Self::NotRun => "function_not_run",
            Self::UpstreamUnreachable => "upstream_unreachable",
            Self::UpstreamLate => "upstream_late",
            Self::UpstreamMalformed => "upstream_malformed",
            Self::UpstreamTooLarge => "upstream_too_large",
            Self::WebSocket => "websocket",
            Self::Loop => "upstream_is_this_server",
        }
    }
}

/// The `error` of an answer that API Gateway gives by itself; an HTTP API's has a `message` alone.
pub(super) fn error_of(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body["error"].as_str().or_else(|| body["message"].as_str()).unwrap_or_default().to_owned()
}

/// The answer to a failure that API Gateway doesn't have: this server's own, whichever kind of API it is.
pub(super) fn own_answer(failure: Failure) -> Option<Response<Bytes>> {
    let (status, error, description) = match failure {
        Failure::UnknownSpelling => (
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The path is not in its normal form, and it isn't known what API Gateway makes of it. This server answers no \
             such path: leave out needless escapes, empty segments, dots alone, semicolons and a slash at the end.",
        ),
        Failure::NotRun => (
            StatusCode::NOT_IMPLEMENTED,
            "not_implemented",
            "This server runs only Latchgate's own functions, and this is the route of another. Run the function by other \
             means, and send its routes there with --upstream.",
        ),
        Failure::WebSocket => (
            StatusCode::NOT_IMPLEMENTED,
            "not_implemented",
            "Neither a REST API nor an HTTP API passes a WebSocket on: it takes a WebSocket API of its own.",
        ),
        Failure::Loop => (
            StatusCode::LOOP_DETECTED,
            "server_error",
            "The server of --upstream is this one: give it the address of your own.",
        ),
        Failure::NoRoute
        | Failure::Unauthorized
        | Failure::Denied
        | Failure::AuthorizerFailed
        | Failure::AuthorizerMalformed
        | Failure::TooLarge
        | Failure::BodyUnread
        | Failure::Integration
        | Failure::UpstreamUnreachable
        | Failure::UpstreamLate
        | Failure::UpstreamMalformed
        | Failure::UpstreamTooLarge => return None,
    };
    let error = json!({ "error": error, "error_description": description });
    let mut response = Response::new(Bytes::from(error.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Whoever develops a page reads it there.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Some(response)
}
