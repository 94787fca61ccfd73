//! The behaviour of a REST API.

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts},
};
use serde_json::Value;

use super::{
    Failure,
    access::Question,
    call::{Call, Stage},
    failure::own_answer,
    route::Routes,
};
use crate::template::{Cors, GatewayResponses};

const STAGE: Stage = Stage { name: "prod", prefix: "/prod" };

/// A REST API with gateway responses.
#[derive(Debug)]
pub(super) struct RestApi {
    pub(super) cors: Cors,
    pub(super) responses: GatewayResponses,
}

impl RestApi {
    /// The answer to OPTIONS, unless a function takes that method: SAM gives each such path a method for preflights.
    pub(super) fn preflight(&self, parts: &Parts, routes: &Routes) -> Option<Response<Bytes>> {
        let path = parts.uri.path();
        let is_of_a_function = routes.find(&Method::OPTIONS, path).is_some();
        if parts.method != Method::OPTIONS || is_of_a_function || !routes.has_path(path) {
            return None;
        }
        let mut response = Response::new(Bytes::from_static(b"{}"));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.cors.preflight(&self.cors.origins) {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        }
        Some(response)
    }

    /// The event for a REQUEST authorizer: the whole request except its body. `None` without the header that identifies
    /// the caller: the authorizer isn't asked then.
    pub(super) fn question(call: &Call<'_>) -> Option<Question> {
        let identity = call.parts.headers.get_all(header::AUTHORIZATION).iter().next_back()?;
        let identity = identity.to_str().ok().filter(|value| !value.is_empty())?.to_owned();
        let arn = call.arn(&STAGE, call.parts.uri.path());
        let mut event = call.event(&STAGE, true);
        if let Some(event) = event.as_object_mut() {
            event.remove("body");
            event.remove("isBase64Encoded");
            event.insert("type".to_owned(), "REQUEST".into());
            event.insert("methodArn".to_owned(), arn.clone().into());
        }
        Some(Question { identity, arn, event })
    }

    pub(super) fn event(call: &Call<'_>) -> Value {
        call.event(&STAGE, true)
    }

    /// The gateway response for a failure, with the template's status and body.
    pub(super) fn failure(&self, failure: Failure) -> Response<Bytes> {
        if let Some(answer) = own_answer(failure) {
            return answer;
        }
        let (kind, status) = response_type(failure);
        let configured = self.responses.find(kind, status.as_u16());
        let status =
            configured.and_then(|c| c.status).and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or(status);
        let body = configured.map_or_else(String::new, |c| c.body.clone());
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in configured.into_iter().flat_map(|c| &c.headers) {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// The type of a gateway response, and its status unless the template sets one.
fn response_type(failure: Failure) -> (&'static str, StatusCode) {
    match failure {
        // API Gateway's name for "no such path or method".
        Failure::NoRoute => ("MISSING_AUTHENTICATION_TOKEN", StatusCode::FORBIDDEN),
        Failure::Unauthorized => ("UNAUTHORIZED", StatusCode::UNAUTHORIZED),
        Failure::Denied => ("ACCESS_DENIED", StatusCode::FORBIDDEN),
        Failure::AuthorizerFailed => ("AUTHORIZER_FAILURE", StatusCode::INTERNAL_SERVER_ERROR),
        Failure::AuthorizerMalformed => ("AUTHORIZER_CONFIGURATION_ERROR", StatusCode::INTERNAL_SERVER_ERROR),
        Failure::TooLarge => ("REQUEST_TOO_LARGE", StatusCode::PAYLOAD_TOO_LARGE),
        Failure::BodyUnread => ("BAD_REQUEST_BODY", StatusCode::BAD_REQUEST),
        Failure::UpstreamLate => ("INTEGRATION_TIMEOUT", StatusCode::GATEWAY_TIMEOUT),
        Failure::UpstreamUnreachable => ("INTEGRATION_FAILURE", StatusCode::GATEWAY_TIMEOUT),
        Failure::Integration | Failure::UpstreamMalformed | Failure::UpstreamTooLarge => {
            ("INTEGRATION_FAILURE", StatusCode::BAD_GATEWAY)
        }
        Failure::UnknownSpelling | Failure::NotRun | Failure::WebSocket | Failure::Loop => {
            ("DEFAULT_5XX", StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
