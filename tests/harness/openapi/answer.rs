//! Whether an answer that a test got is one that the document has.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{
    document::DOCUMENT,
    operation::{Header, Operation, Response},
};

/// A request, as far as the document has something to say of it.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) media_type: &'a str,
    pub(crate) body: &'a [u8],
}

/// Its answer. The body is JSON; null, if there is none.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Value,
}

/// Asserts that the document has this answer to this operation: its status, its members, each of its headers and, of an error, its very
/// words. And a request that was carried out has to be one that the document allows. A request for no operation is API
/// Gateway's own to answer.
pub(crate) fn assert_documented(asked: &Asked<'_>, answered: &Answered<'_>) {
    if let Some(objection) = objection(asked, answered) {
        panic!("openapi.yaml: {} {}: {objection}\n{answered:?}", asked.method, asked.path);
    }
}

/// What the document lacks of an answer.
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
    body(response, answered.body)?;
    if status >= 400 {
        error(response, answered.body)?;
    } else {
        request(operation, asked)?;
    }
    headers(response, answered.headers)
}

fn body(response: &Response, body: &Value) -> Result<(), String> {
    match &response.content {
        None if body.is_null() => Ok(()),
        None => Err("it has no body".to_owned()),
        Some(content) => DOCUMENT.schemas.objection(body, content.schema).map_or(Ok(()), Err),
    }
}

/// The examples of an error are the whole list.
fn error(response: &Response, body: &Value) -> Result<(), String> {
    let words = |body: &Value| ["error", "error_description", "message"].map(|name| body[name].clone());
    let Some(content) = &response.content else { return Ok(()) };
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

/// What was carried out is what may be asked for.
fn request(operation: &Operation, asked: &Asked<'_>) -> Result<(), String> {
    for parameter in operation.parameters.iter().filter(|parameter| parameter.place == "query") {
        let Some(text) = pairs(asked.query).remove(&parameter.name) else { continue };
        let number = text.parse::<u32>().ok().filter(|_| parameter.text["schema"]["type"] == "integer");
        let value = number.map_or(Value::String(text), Value::from);
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

fn pairs(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(n, v)| (decode(n), decode(v)))
        .collect()
}
