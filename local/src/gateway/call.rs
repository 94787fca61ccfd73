//! A request on its way to a function, and what API Gateway makes of it: the event of a proxy integration.

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
    /// The path of the route.
    pub(super) resource: &'a str,
    pub(super) path_parameters: &'a BTreeMap<String, String>,
    /// What the authorizer said of the caller.
    pub(super) authorizer: Option<Map<String, Value>>,
    /// What API Gateway calls the request.
    pub(super) extended_request_id: String,
    pub(super) now: Timestamp,
}

/// The stage under which an API is deployed, and what it adds to paths.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) prefix: &'static str,
}

impl Call<'_> {
    /// What is called, as the authorizer is told.
    pub(super) fn arn(&self, stage: &Stage, path: &str) -> String {
        format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{API}/{}/{}{path}", stage.name, self.parts.method)
    }

    /// The event of the call, as a REST API makes it, and an HTTP API in payload format 1.0. A body is text, or base64
    /// where it is none; API Gateway would make text of that too, with replacement characters, which is a request that
    /// nobody sent.
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
            "stageVariables": null,
            "requestContext": context,
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }

    /// What the caller calls the request, or else what API Gateway does.
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

    /// Null where there are none.
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
