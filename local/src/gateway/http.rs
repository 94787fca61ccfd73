//! What an HTTP API does in a way of its own.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header, request::Parts},
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{
    Failure,
    access::Question,
    call::{ACCOUNT, API, Call, DOMAIN, Stage},
    failure::own_answer,
};
use crate::template::Cors;

const STAGE: Stage = Stage { name: "$default", prefix: "" };

/// An HTTP API that answers browsers by itself.
#[derive(Debug)]
pub(super) struct HttpApi {
    pub(super) cors: Cors,
    /// The headers of a response that scripts may read.
    pub(super) exposed: String,
}

impl HttpApi {
    /// What it answers to a preflight, whatever path it is for.
    pub(super) fn preflight(&self, parts: &Parts) -> Option<Response<Bytes>> {
        let asks = parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if parts.method != Method::OPTIONS || !asks || !parts.headers.contains_key(header::ORIGIN) {
            return None;
        }
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if let Some(origin) = self.cors.find(&parts.headers) {
            insert(response.headers_mut(), self.cors.preflight(origin));
        }
        Some(response)
    }

    /// What a REQUEST authorizer is asked in payload format 2.0, where values of a header that stands several times are
    /// joined. Without the header that identifies the caller it isn't asked at all.
    pub(super) fn question(call: &Call<'_>) -> Option<Question> {
        let headers = joined(call.headers());
        let identity = headers.get(header::AUTHORIZATION.as_str()).filter(|value| !value.is_empty())?.clone();
        // An HTTP API hands on paths that it has decoded.
        let path = percent_decode_str(call.parts.uri.path()).decode_utf8_lossy();
        let method = call.parts.method.as_str();
        let route_key = format!("{method} {}", call.resource);
        let arn = call.arn(&STAGE, &path);
        let http = json!({
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": call.source,
            "userAgent": call.user_agent(),
        });
        let event = json!({
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": arn,
            "identitySource": [identity],
            "routeKey": route_key,
            "rawPath": path,
            "rawQueryString": call.parts.uri.query().unwrap_or_default(),
            "headers": headers,
            "queryStringParameters": joined(call.query()),
            "pathParameters": call.path_parameters().map(decoded),
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": API,
                "domainName": DOMAIN,
                "http": http,
                "requestId": call.extended_request_id,
                "routeKey": route_key,
                "stage": STAGE.name,
                "timeEpoch": call.now.as_unix() * 1000,
            },
        });
        Some(Question { identity, arn, event })
    }

    /// In payload format 1.0. A body is base64 unless its media type is one of a text, which a form's is not.
    pub(super) fn event(call: &Call<'_>) -> Value {
        let mut event = call.event(&STAGE, is_text(&call.parts.headers));
        event["version"] = "1.0".into();
        event["pathParameters"] = json!(call.path_parameters().map(decoded));
        event
    }

    /// There is nothing to be configured about it.
    pub(super) fn failure(failure: Failure) -> Response<Bytes> {
        if let Some(answer) = own_answer(failure) {
            return answer;
        }
        let (status, message) = message(failure);
        let mut response = Response::new(Bytes::from(json!({ "message": message }).to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    /// Whatever a function says of origins, the configuration is what counts. It counts for the API's own errors too; AWS
    /// documents that only for what functions answer, and `latchgate doctor` looks.
    pub(super) fn open(&self, request: &HeaderMap, mut response: Response<Bytes>) -> Response<Bytes> {
        let headers = response.headers_mut();
        let names: Vec<_> = headers.keys().filter(|name| is_about_origins(name.as_str())).cloned().collect();
        for name in names {
            headers.remove(name);
        }
        if let Some(origin) = self.cors.find(request) {
            let expose = (header::ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.as_str());
            insert(headers, [(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin), expose]);
        }
        response
    }
}

fn insert<'a>(headers: &mut HeaderMap, entries: impl IntoIterator<Item = (HeaderName, &'a str)>) {
    for (name, value) in entries {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
}

fn is_about_origins(name: &str) -> bool {
    name.starts_with("access-control-")
}

/// What it says by itself.
fn message(failure: Failure) -> (StatusCode, &'static str) {
    match failure {
        Failure::NoRoute => (StatusCode::NOT_FOUND, "Not Found"),
        Failure::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        Failure::Denied => (StatusCode::FORBIDDEN, "Forbidden"),
        Failure::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
        Failure::BodyUnread => (StatusCode::BAD_REQUEST, "Bad Request"),
        Failure::UpstreamLate => (StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout"),
        Failure::UpstreamUnreachable => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Failure::AuthorizerFailed
        | Failure::AuthorizerMalformed
        | Failure::Integration
        | Failure::UpstreamMalformed
        | Failure::UpstreamTooLarge
        | Failure::UnknownSpelling
        | Failure::NotRun
        | Failure::WebSocket
        | Failure::Loop => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

/// Whether a body is handed on as it is. A body without a media type isn't.
fn is_text(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&essence.as_str())
}

fn decoded(parameters: &BTreeMap<String, String>) -> BTreeMap<&str, String> {
    let decode = |value: &str| percent_decode_str(value).decode_utf8_lossy().into_owned();
    parameters.iter().map(|(name, value)| (name.as_str(), decode(value))).collect()
}

/// One value a name: what stands several times is joined.
fn joined(pairs: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in pairs {
        joined
            .entry(name)
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert(value);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_no_text() {
        let is_text = |media_type: &'static str| {
            is_text(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))]))
        };
        for media_type in
            ["application/json", "Application/JSON; charset=utf-8", "text/plain", "application/xml"]
        {
            assert!(is_text(media_type), "{media_type}");
        }
        for media_type in
            ["application/x-www-form-urlencoded", "application/octet-stream", "", "application/jsonp"]
        {
            assert!(!is_text(media_type), "{media_type}");
        }
    }

    #[test]
    fn a_header_that_stands_twice_is_one_value() {
        let pairs =
            [("a", "1"), ("b", "2"), ("a", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = [("a", "1,3"), ("b", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(joined(pairs.into_iter()), BTreeMap::from(expected));
    }
}
