//! The page's answers, with the headers that they share.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

use super::file::File;
use crate::log::OwnAnswer;

/// The page may load files and data only from this server, runs no inline scripts, and can't be framed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

/// The headers of every answer. They allow no other origin by CORS, and no caching.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Reasons to refuse a request for the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The visitor is on another machine.
    Elsewhere,
    /// Another site sent the request.
    OtherSite,
    /// No such file or data exists.
    Unknown,
    /// The method isn't allowed: the page is read-only.
    Method,
    /// The limit of event readers is reached.
    TooManyReaders,
}

impl Refusal {
    /// The OAuth error code and its description, with the reason for the log.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Elsewhere => (
                "access_denied",
                "This is for browsers on the machine where the server runs, without a proxy between.",
                "page_of_this_machine",
            ),
            Self::OtherSite => {
                ("access_denied", "This is for the server's own page.", "page_of_another_site")
            }
            Self::Unknown => ("not_found", "The local server has nothing of this name.", "no_such_file"),
            Self::Method => ("invalid_request", "This can be read with GET and HEAD only.", "method"),
            Self::TooManyReaders => (
                "temporarily_unavailable",
                "Too many pages read the events already. Close one of them.",
                "too_many_readers",
            ),
        }
    }
}

pub(super) fn refusal(refusal: Refusal, status: StatusCode) -> Response<Body> {
    let (error, description, reason) = refusal.words();
    let mut response = json(&json!({ "error": error, "error_description": description }));
    *response.status_mut() = status;
    if refusal == Refusal::Method {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response.extensions_mut().insert(OwnAnswer { error: error.to_owned(), reason });
    response
}

pub(super) fn json(value: &Value) -> Response<Body> {
    with_headers("application/json", Body::from(value.to_string()))
}

pub(super) fn file(file: &File) -> Response<Body> {
    let mut response = with_headers(file.media_type, Body::from(file.text));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept, Authorization"));
    response
}

/// Server-sent events.
pub(super) fn events(body: Body) -> Response<Body> {
    with_headers("text/event-stream", body)
}

fn with_headers(media_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
