//! An error as an answer.

use lambda_http::{Body, Response};
use serde_json::Value;
use shared::http::ErrorResponse;

/// A status, with `error` and `error_description`, or with an HTTP API's `message`.
pub(super) type Answer = (u16, String, String);

pub(super) fn words(status: u16, body: &Value) -> Answer {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match body.get("message") {
        Some(_) => (status, String::new(), text("message")),
        None => (status, text("error"), text("error_description")),
    }
}

/// The answer of a function's error.
pub(super) fn answer(response: ErrorResponse) -> Answer {
    let response: Response<Body> = response.into_response();
    let Body::Text(text) = response.body() else { panic!("an error is text") };
    words(response.status().as_u16(), &serde_json::from_str(text).unwrap())
}
