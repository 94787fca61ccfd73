//! The behaviour of an HTTP API.

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

/// An HTTP API, which answers browsers itself.
#[derive(Debug)]
pub(super) struct HttpApi {
    pub(super) cors: Cors,
    /// The response headers that scripts may read.
    pub(super) exposed: String,
}

impl HttpApi {
    /// The answer to a preflight for any path.
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

    /// The event for a REQUEST authorizer in payload format 2.0, which joins the values of a repeated header. `None`
    /// without the header that identifies the caller: the authorizer isn't asked then.
    pub(super) fn question(call: &Call<'_>) -> Option<Question> {
        let headers = joined(call.headers());
        let identity = headers.get(header::AUTHORIZATION.as_str()).filter(|value| !value.is_empty())?.clone();
        // An HTTP API passes decoded paths on.
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
        let mut event = json!({
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
        if call.identifier.is_some() {
            event["stageVariables"] = call.stage_variables();
        }
        Some(Question { identity, arn, event })
    }

    /// The event in payload format 1.0. A body is base64 unless its media type is textual, and a form's isn't.
    pub(super) fn event(call: &Call<'_>) -> Value {
        let mut event = call.event(&STAGE, is_text(&call.parts.headers));
        event["version"] = "1.0".into();
        event["pathParameters"] = json!(call.path_parameters().map(decoded));
        event
    }

    /// The answer to a failure, which the template can't configure.
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

    /// Sets the CORS headers of a response, whatever the function set. The API's own errors get them too; AWS documents
    /// this only for functions' answers, and `latchgate doctor` checks it.
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

/// The status and message of an HTTP API's own answer.
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

/// Whether a body is passed on as text. A body without a media type isn't.
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

/// One value per name: repeated values are joined.
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
    fn a_form_is_not_text() {
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
    fn a_repeated_header_is_joined_into_one_value() {
        let pairs =
            [("a", "1"), ("b", "2"), ("a", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = [("a", "1,3"), ("b", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(joined(pairs.into_iter()), BTreeMap::from(expected));
    }
}
