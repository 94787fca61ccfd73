//! Failures that API Gateway answers itself.

use axum::{
    body::Bytes,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

/// A request that no function answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The path is spelled in a way for which API Gateway's answer isn't known.
    UnknownSpelling,
    /// No route has this path and method.
    NoRoute,
    /// The caller sent no identity, or the authorizer failed with `Unauthorized`.
    Unauthorized,
    /// The authorizer's policy denies the call.
    Denied,
    /// The authorizer failed in another way.
    AuthorizerFailed,
    /// The authorizer's answer isn't a policy.
    AuthorizerMalformed,
    /// The body is larger than API Gateway accepts.
    TooLarge,
    /// The body broke off.
    BodyUnread,
    /// The function failed, or its event can't be built.
    Integration,
    /// The function is one of yours, which this program doesn't run.
    NotRun,
    /// Your server doesn't answer.
    UpstreamUnreachable,
    /// Your server took longer than API Gateway waits.
    UpstreamLate,
    /// Your server's answer isn't an HTTP response.
    UpstreamMalformed,
    /// Your server's response is larger than API Gateway passes on.
    UpstreamTooLarge,
    /// The caller asks for a WebSocket, which API Gateway doesn't pass on to your server.
    WebSocket,
    /// Your server is this one.
    Loop,
}

impl Failure {
    /// The log's reason code, unless the authorizer or a function has given a better one.
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

/// The `error` of API Gateway's own answer, or an HTTP API's `message`.
pub(super) fn error_of(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body["error"].as_str().or_else(|| body["message"].as_str()).unwrap_or_default().to_owned()
}

/// This server's answer to a failure that API Gateway doesn't have, the same for both kinds of API.
pub(super) fn own_answer(failure: Failure) -> Option<Response<Bytes>> {
    let (status, error, description) = match failure {
        Failure::UnknownSpelling => (
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The path is not in its normal form, and API Gateway's answer to it is unknown. This server \
             refuses such paths: leave out needless escapes, empty segments, dots alone, semicolons and a \
             slash at the end.",
        ),
        Failure::NotRun => (
            StatusCode::NOT_IMPLEMENTED,
            "not_implemented",
            "This is the route of a function of your own, and this server runs only Latchgate's. Run your \
             function yourself, and send its routes there with --upstream.",
        ),
        Failure::WebSocket => (
            StatusCode::NOT_IMPLEMENTED,
            "not_implemented",
            "REST APIs and HTTP APIs don't pass WebSockets on: use a WebSocket API.",
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
    // Lets the developer of a page read the answer there.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Some(response)
}
