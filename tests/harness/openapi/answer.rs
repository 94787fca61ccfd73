//! Checks a test's answer against openapi.yaml.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{
    document::DOCUMENT,
    operation::{Content, Header, Operation, Response},
};

/// The parts of a request that the document describes.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) body: &'a [u8],
}

/// The answer to a request. The body is JSON, a string for a page, or null without one.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Value,
}

/// Asserts that the document has this answer for this operation: its status, its members, its headers, and for an error
/// its exact words. A request that was carried out has to be documented too. Requests for no operation aren't checked.
pub(crate) fn assert_documented(asked: &Asked<'_>, answered: &Answered<'_>) {
    if let Some(objection) = objection(asked, answered) {
        panic!("openapi.yaml: {} {}: {objection}\n{answered:?}", asked.method, asked.path);
    }
}

/// The undocumented part of an answer.
pub(crate) fn objection(asked: &Asked<'_>, answered: &Answered<'_>) -> Option<String> {
    documented(asked, answered).err()
}

fn documented(asked: &Asked<'_>, answered: &Answered<'_>) -> Result<(), String> {
    let status = answered.status;
    let Some(operation) = DOCUMENT.find(asked.method, asked.path) else {
        let is_nothing = status == 404;
        return if is_nothing { Ok(()) } else { Err("there is no such operation".to_owned()) };
    };
    let response = operation.responses.get(&status).ok_or_else(|| format!("there is no {status}"))?;
    let is_page = is_page(answered.headers);
    let content = if is_page { &response.page } else { &response.content };
    body(response, content.as_ref(), answered.body)?;
    // A page uses its reader's language.
    if status >= 400 && !is_page {
        error(content.as_ref(), answered.body)?;
    } else if status < 400 && !sends_an_error(answered.headers) {
        request(operation, asked)?;
    }
    headers(response, answered.headers)
}

/// Whether the redirect contains an error (RFC 6749 section 4.1.2.1), so that the request wasn't carried out.
fn sends_an_error(headers: &HeaderMap) -> bool {
    let location = headers.get("location").map(|value| value.to_str().unwrap());
    let query = location.and_then(|location| location.split_once('?')).map(|(_, query)| pairs(query));
    query.is_some_and(|query| query.contains_key("error"))
}

/// Whether the answer is HTML.
fn is_page(headers: &HeaderMap) -> bool {
    headers.get("content-type").is_some_and(|value| value == "text/html; charset=utf-8")
}

fn body(response: &Response, content: Option<&Content>, body: &Value) -> Result<(), String> {
    match content {
        Some(content) => DOCUMENT.schemas.objection(body, content.schema).map_or(Ok(()), Err),
        None if body.is_null() && response.page.is_none() && response.content.is_none() => Ok(()),
        None => Err("it has no such body".to_owned()),
    }
}

/// The examples list every possible error.
fn error(content: Option<&Content>, body: &Value) -> Result<(), String> {
    let words = |body: &Value| ["error", "error_description", "message"].map(|name| body[name].clone());
    let Some(content) = content else { return Ok(()) };
    let is_listed = content.examples.values().any(|example| words(example) == words(body));
    if is_listed { Ok(()) } else { Err("no example has this error".to_owned()) }
}

fn headers(response: &Response, headers: &HeaderMap) -> Result<(), String> {
    for (name, value) in headers.iter().filter(|(name, _)| *name != "content-type") {
        let header =
            response.headers.get(name.as_str()).ok_or_else(|| format!("there is no header {name}"))?;
        let value = Value::String(value.to_str().unwrap().to_owned());
        if let Some(objection) = DOCUMENT.schemas.objection(&value, header.schema) {
            return Err(format!("{name}: {objection}"));
        }
    }
    let is_required = |(_, header): &(&String, &Header)| header.text["required"] == true;
    let missing = response.headers.iter().filter(is_required).find(|(name, _)| !headers.contains_key(*name));
    missing.map_or(Ok(()), |(name, _)| Err(format!("the header {name} is missing")))
}

/// A request that was carried out has to be documented.
fn request(operation: &Operation, asked: &Asked<'_>) -> Result<(), String> {
    for parameter in operation.parameters.iter().filter(|parameter| parameter.place == "query") {
        let Some(text) = pairs(asked.query).remove(&parameter.name) else { continue };
        let number = || text.parse::<u32>().map(Value::from);
        let value = match parameter.text["schema"]["type"].as_str() {
            Some("integer") => number().unwrap_or_else(|_| text.into()),
            Some("array") => all_of(asked.query, &parameter.name),
            _ => text.into(),
        };
        if let Some(objection) = DOCUMENT.schemas.objection(&value, parameter.schema) {
            return Err(format!("the query of the request: {objection}"));
        }
    }
    let essence = asked.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Some(content) = operation.bodies.get(&essence) else { return Ok(()) };
    let body = if essence == "application/json" {
        serde_json::from_slice(asked.body).unwrap()
    } else {
        let members = pairs(std::str::from_utf8(asked.body).unwrap());
        Value::Object(members.into_iter().map(|(name, value)| (name, value.into())).collect::<Map<_, _>>())
    };
    let objection = DOCUMENT.schemas.objection(&body, content.schema);
    objection.map_or(Ok(()), |objection| Err(format!("the body of the request: {objection}")))
}

/// The values of a parameter that may repeat.
fn all_of(query: &str, name: &str) -> Value {
    let one = |pair| pairs(pair).remove(name).map(Value::from);
    query.split('&').filter_map(one).collect()
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(n, v)| (decode(n), decode(v)))
        .collect()
}
