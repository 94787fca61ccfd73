//! The events that API Gateway makes of requests (REST API, proxy integration).

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
const ACCOUNT: &str = "123456789012";
const API: &str = "local";
const STAGE: &str = "prod";

/// A request on its way to a function.
pub(super) struct Call<'a> {
    pub(super) parts: &'a Parts,
    pub(super) body: &'a Bytes,
    pub(super) source: IpAddr,
    /// The path of the route.
    pub(super) resource: &'a str,
    pub(super) path_parameters: &'a BTreeMap<String, String>,
    /// What the authorizer said of the caller.
    pub(super) authorizer: Option<&'a Map<String, Value>>,
    pub(super) request_id: String,
    pub(super) now: Timestamp,
}

/// What a request calls, as the authorizer is told.
pub(super) fn method_arn(parts: &Parts) -> String {
    let path = parts.uri.path().trim_start_matches('/');
    format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{API}/{STAGE}/{}/{path}", parts.method)
}

/// The event of a call. A body is text, or base64 where it is none; API Gateway would make text of that too, with
/// replacement characters, which is a request that nobody sent.
pub(super) fn proxy_event(call: &Call<'_>) -> Value {
    let Parts { method, uri, headers, .. } = call.parts;
    let (headers, multi_value_headers) = single_and_multi(text_headers(headers));
    let (query, multi_value_query) = single_and_multi(query_pairs(uri.query().unwrap_or_default()));
    let path_parameters = (!call.path_parameters.is_empty()).then_some(call.path_parameters);
    let text = std::str::from_utf8(call.body).map(str::to_owned);
    let is_base64 = text.is_err();
    let body = text.unwrap_or_else(|_| STANDARD.encode(call.body));
    let body = (!body.is_empty()).then_some(body);
    let user_agent = call.parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let mut context = json!({
        "accountId": ACCOUNT,
        "apiId": API,
        "domainName": "localhost",
        "httpMethod": method.as_str(),
        "identity": { "sourceIp": call.source, "userAgent": user_agent },
        "path": format!("/{STAGE}{}", uri.path()),
        "protocol": "HTTP/1.1",
        "requestId": call.request_id,
        "requestTimeEpoch": call.now.as_unix() * 1000,
        "resourceId": "local",
        "resourcePath": call.resource,
        "stage": STAGE,
    });
    if let Some(authorizer) = call.authorizer {
        context["authorizer"] = Value::Object(authorizer.clone());
    }
    json!({
        "resource": call.resource,
        "path": uri.path(),
        "httpMethod": method.as_str(),
        "headers": headers,
        "multiValueHeaders": multi_value_headers,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": multi_value_query,
        "pathParameters": path_parameters,
        "stageVariables": null,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": is_base64,
    })
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

/// API Gateway sends both: the last value of each name, and all of them. Both are null where there is none.
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
