//! A request on its way to a function, and the proxy event that API Gateway makes of it.

use std::{collections::BTreeMap, net::IpAddr};

use axum::{
    body::Bytes,
    http::{HeaderMap, header, request::Parts},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use shared::clock::Timestamp;

const REGION: &str = "eu-west-1";
pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const API: &str = "local";
pub(super) const DOMAIN: &str = "localhost";

/// A request on its way to a function.
pub(super) struct Call<'a> {
    pub(super) parts: &'a Parts,
    pub(super) body: &'a Bytes,
    pub(super) source: IpAddr,
    /// The path pattern of the route.
    pub(super) resource: &'a str,
    pub(super) path_parameters: &'a BTreeMap<String, String>,
    /// The API's resource identifier (RFC 8707), from a stage variable. `None` for Latchgate's own API.
    pub(super) identifier: Option<&'a str>,
    /// The authorizer's context for the caller.
    pub(super) authorizer: Option<Map<String, Value>>,
    /// API Gateway's ID for the request.
    pub(super) extended_request_id: String,
    pub(super) now: Timestamp,
}

/// The stage of a deployed API, and the prefix that it adds to paths.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) prefix: &'static str,
}

impl Call<'_> {
    /// The method's ARN, as the authorizer sees it.
    pub(super) fn arn(&self, stage: &Stage, path: &str) -> String {
        format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{API}/{}/{}{path}", stage.name, self.parts.method)
    }

    /// The proxy event of a REST API, and of an HTTP API in payload format 1.0. A body is text, or base64 if it isn't
    /// text. API Gateway would turn those bytes into text too, with replacement characters, and the function would see
    /// a body that the caller never sent.
    pub(super) fn event(&self, stage: &Stage, is_text: bool) -> Value {
        let Parts { method, uri, .. } = self.parts;
        let (headers, multi_value_headers) = single_and_multi(self.headers());
        let (query, multi_value_query) = single_and_multi(self.query());
        let text = std::str::from_utf8(self.body).ok().filter(|_| is_text);
        let body = text.map_or_else(|| STANDARD.encode(self.body), str::to_owned);
        let is_base64 = text.is_none() && !body.is_empty();
        let body = (!body.is_empty()).then_some(body);
        let mut context = json!({
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": DOMAIN,
            "extendedRequestId": self.extended_request_id,
            "httpMethod": method.as_str(),
            "identity": { "sourceIp": self.source, "userAgent": self.user_agent() },
            "path": format!("{}{}", stage.prefix, uri.path()),
            "protocol": "HTTP/1.1",
            "requestId": self.request_id(),
            "requestTimeEpoch": self.now.as_unix() * 1000,
            "resourceId": "local",
            "resourcePath": self.resource,
            "stage": stage.name,
        });
        if let Some(authorizer) = &self.authorizer {
            context["authorizer"] = Value::Object(authorizer.clone());
        }
        json!({
            "resource": self.resource,
            "path": uri.path(),
            "httpMethod": method.as_str(),
            "headers": headers,
            "multiValueHeaders": multi_value_headers,
            "queryStringParameters": query,
            "multiValueQueryStringParameters": multi_value_query,
            "pathParameters": self.path_parameters(),
            "stageVariables": self.stage_variables(),
            "requestContext": context,
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }

    /// The API's stage variables, or null.
    pub(super) fn stage_variables(&self) -> Value {
        self.identifier.map_or(Value::Null, |identifier| json!({ "latchgate_resource": identifier }))
    }

    /// The caller's ID for the request, or else API Gateway's.
    pub(super) fn request_id(&self) -> &str {
        let chosen = self.parts.headers.get("x-amzn-requestid").and_then(|id| id.to_str().ok());
        chosen.unwrap_or(&self.extended_request_id)
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (String, String)> {
        text_headers(&self.parts.headers)
    }

    pub(super) fn query(&self) -> impl Iterator<Item = (String, String)> {
        query_pairs(self.parts.uri.query().unwrap_or_default())
    }

    pub(super) fn user_agent(&self) -> Option<&str> {
        self.parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok())
    }

    /// The path parameters. `None` (null in the event) if there are none.
    pub(super) fn path_parameters(&self) -> Option<&BTreeMap<String, String>> {
        Some(self.path_parameters).filter(|parameters| !parameters.is_empty())
    }
}

fn text_headers(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
}

fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// The pairs as API Gateway sends them: the last value of each name, and all values. Both are null if there are no
/// pairs.
fn single_and_multi(pairs: impl Iterator<Item = (String, String)>) -> (Value, Value) {
    let (mut single, mut multi) = (Map::new(), Map::new());
    for (name, value) in pairs {
        single.insert(name.clone(), value.clone().into());
        let values = multi.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(value.into());
        }
    }
    if single.is_empty() { (Value::Null, Value::Null) } else { (single.into(), multi.into()) }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::http::Request;

    use super::*;

    /// The event for this request from a browser.
    fn event(request: axum::http::request::Builder) -> Value {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let call = Call {
            parts: &parts,
            body: &Bytes::new(),
            source: Ipv4Addr::LOCALHOST.into(),
            resource: parts.uri.path(),
            path_parameters: &BTreeMap::new(),
            identifier: None,
            authorizer: None,
            extended_request_id: "id".to_owned(),
            now: Timestamp::from_unix(1),
        };
        call.event(&Stage { name: "prod", prefix: "/prod" }, true)
    }

    /// A function can refuse a repeated parameter only if it sees both values.
    #[test]
    fn a_repeated_parameter_arrives_with_both_values_decoded() {
        let event = event(Request::get("/authorize?scope=a+b&state=%26%2B&scope=c&nonce"));
        assert_eq!(
            event["multiValueQueryStringParameters"],
            json!({ "scope": ["a b", "c"], "state": ["&+"], "nonce": [""] })
        );
        assert_eq!(event["queryStringParameters"], json!({ "scope": "c", "state": "&+", "nonce": "" }));
    }

    #[test]
    fn cookie_headers_arrive_separate_and_unchanged() {
        let request = Request::get("/authorize").header("cookie", "__Host-a=1; __Host-b=2");
        let event = event(request.header("cookie", "c=3").header("origin", "null"));
        assert_eq!(event["multiValueHeaders"]["cookie"], json!(["__Host-a=1; __Host-b=2", "c=3"]));
        assert_eq!(event["multiValueHeaders"]["origin"], json!(["null"]));
    }

    /// Follows a request from the event to the function's own request type.
    #[test]
    fn a_function_sees_what_the_browser_sent() {
        let request = Request::get("/authorize?scope=a%20b&scope=c").header("cookie", "__Host-a=1; b=2");
        let event = serde_json::from_str(&event(request).to_string()).unwrap();
        let request = shared::http::request_of(event);
        assert_eq!(request.headers()[header::COOKIE], "__Host-a=1; b=2");
        let parameters = lambda_http::RequestExt::query_string_parameters(&request);
        assert_eq!(parameters.all("scope"), Some(vec!["a b", "c"]));
        assert_eq!(request.uri().path(), "/authorize");
    }
}
