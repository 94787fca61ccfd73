//! Events of a REST API: every value of a header counts, and an ambiguous request isn't read.

use std::collections::BTreeSet;

use lambda_http::{
    Request,
    http::{Method, header},
};
use serde_json::Value;
use shared::{
    http::{GatewayEvent, Parameters, caller, client_credentials, parameter, request_of},
    ids::ClientId,
};

/// Reads bytes as the event of a REST API.
pub fn gateway_event(input: &[u8]) -> bool {
    // As the runtime reads it.
    if let Ok(event) = serde_json::from_slice::<GatewayEvent>(input) {
        request_of(event);
    }
    // As a reader that keeps the last of several members with one name.
    let Ok(value) = serde_json::from_slice::<Value>(input) else { return false };
    let Ok(event) = serde_json::from_str::<GatewayEvent>(&value.to_string()) else { return false };
    let request = request_of(event);
    hold_to_headers(&request, &value);
    if let Ok(session) = caller(&request) {
        assert_eq!(value["requestContext"]["authorizer"]["sub"], session.user_id.as_str());
    }
    let Ok(parameters) = Parameters::from_request(&request) else { return false };
    assert_eq!(*request.method(), Method::POST);
    assert_eq!(said(&value, header::CONTENT_TYPE.as_str()).len(), 1, "one media type: {value}");
    for name in parameter::ALL {
        assert!(!is_in_query(&value, name), "{name} is in the query: {value}");
    }
    hold_to_credentials(&request, &parameters, &value);
    true
}

/// Checks that the request has all values that the event has for a header.
fn hold_to_headers(request: &Request, event: &Value) {
    for name in ["authorization", "content-type", "idempotency-key", "origin"] {
        let values: BTreeSet<String> = request
            .headers()
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        assert_eq!(values, said(event, name), "{name}: {event}");
    }
}

fn hold_to_credentials(request: &Request, parameters: &Parameters, event: &Value) {
    let Ok(credentials) = client_credentials(request, parameters) else { return };
    let headers = said(event, header::AUTHORIZATION.as_str());
    assert!(headers.len() <= 1, "two Authorization headers: {event}");
    if headers.is_empty() {
        assert_eq!(texts(parameters, parameter::CLIENT_ID), Some(credentials.client_id.as_str()));
    } else {
        assert_eq!(texts(parameters, parameter::CLIENT_SECRET), None, "a secret beside Basic: {event}");
    }
    assert_eq!(ClientId::parse(credentials.client_id.as_str()), Some(credentials.client_id));
}

fn texts<'a>(parameters: &'a Parameters, name: &'static str) -> Option<&'a str> {
    parameters.optional(name).unwrap().map(secrecy::ExposeSecret::expose_secret)
}

/// The values of a header in both members for headers, whatever the name's case.
pub(crate) fn said(event: &Value, name: &str) -> BTreeSet<String> {
    let members = ["headers", "multiValueHeaders"].into_iter().filter_map(|member| event[member].as_object());
    let named = members.flatten().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let values = named.flat_map(|value| match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    });
    values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn is_in_query(event: &Value, name: &str) -> bool {
    let has = |member: &str| event[member].as_object().and_then(|query| query.get(name));
    let single = has("queryStringParameters").is_some_and(Value::is_string);
    let multi = has("multiValueQueryStringParameters").and_then(Value::as_array);
    // If any parameter has several values, API Gateway puts all into this member, and the last of each into the other.
    match event["multiValueQueryStringParameters"].as_object() {
        Some(all) if !all.is_empty() => multi.is_some_and(|values| !values.is_empty()),
        _ => single,
    }
}
