//! Bodies: forms and JSON with the same parameters are read alike, and as other readers read them.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::Request;
use secrecy::ExposeSecret;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, json};
use shared::{
    http::{Parameters, RequestError, parameter, request_of},
    route,
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
/// The longest body that the functions read.
pub(crate) const MAX_LEN: usize = 32 * 1024;

/// Reads bytes as a form.
pub fn form_body(input: &[u8]) -> bool {
    let Ok(parameters) = read(FORM, input) else { return false };
    assert!(input.len() <= MAX_LEN);
    let mut expected = Map::new();
    for (name, value) in form_urlencoded::parse(input) {
        let repeated = expected.insert(name.clone().into_owned(), Value::String(value.into_owned()));
        assert!(repeated.is_none(), "{name:?} stands twice");
    }
    hold_to(&parameters, &expected);
    let json = Value::Object(expected).to_string();
    if json.len() <= MAX_LEN {
        let same = read(JSON, json.as_bytes()).expect("what a form says can be said in JSON");
        hold_alike(&parameters, &same);
    }
    true
}

/// Reads bytes as a JSON body.
pub fn json_body(input: &[u8]) -> bool {
    let Ok(parameters) = read(JSON, input) else { return false };
    assert!(input.len() <= MAX_LEN);
    let value: Value = serde_json::from_slice(input).expect("what was read is JSON");
    let Value::Object(expected) = value else { panic!("taken for an object: {value}") };
    let Count(members) = serde_json::from_slice(input).expect("what was read is an object");
    assert_eq!(expected.len(), members, "a name stands twice");
    hold_to(&parameters, &expected);

    let texts_only: Option<BTreeMap<&String, &str>> =
        expected.iter().map(|(name, value)| Some((name, value.as_str()?))).collect();
    let Some(pairs) = texts_only else { return true };
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if form.len() <= MAX_LEN {
        let same = read(FORM, form.as_bytes()).expect("what JSON says in texts can be said in a form");
        hold_alike(&parameters, &same);
    }
    true
}

/// Checks that each parameter has the value that another reader found under its name, or is absent like there.
fn hold_to(parameters: &Parameters, expected: &Map<String, Value>) {
    for name in parameter::ALL {
        let is_mistyped = Err(RequestError::Mistyped(name));
        let (text, flag) = match expected.get(name) {
            None | Some(Value::Null) => (Ok(None), Ok(false)),
            Some(Value::String(text)) if text.is_empty() => (Ok(None), Ok(false)),
            Some(Value::String(text)) => (
                Ok(Some(text.as_str())),
                match text.as_str() {
                    "true" => Ok(true),
                    "false" => Ok(false),
                    _ => Err(RequestError::Mistyped(name)),
                },
            ),
            Some(Value::Bool(flag)) => (is_mistyped, Ok(*flag)),
            Some(_) => (is_mistyped, Err(RequestError::Mistyped(name))),
        };
        assert_eq!(texts(parameters, name), text, "{name}");
        assert_eq!(parameters.flag(name), flag, "{name}");
    }
}

fn hold_alike(one: &Parameters, other: &Parameters) {
    for name in parameter::ALL {
        assert_eq!(texts(one, name), texts(other, name), "{name}");
    }
}

fn texts<'a>(parameters: &'a Parameters, name: &'static str) -> Result<Option<&'a str>, RequestError> {
    Ok(parameters.optional(name)?.map(ExposeSecret::expose_secret))
}

/// The number of an object's members. Repeated ones count each time.
struct Count(usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Count, A::Error> {
        let mut count = 0;
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Count(count))
    }
}

/// Reads the body as a function does. API Gateway sends binary bodies in base64.
fn read(media_type: &str, body: &[u8]) -> Result<Parameters, RequestError> {
    let parameters = Parameters::from_request(&request(media_type, &STANDARD.encode(body), true));
    if let Ok(text) = std::str::from_utf8(body) {
        let same = Parameters::from_request(&request(media_type, text, false));
        assert_eq!(parameters.as_ref().err(), same.as_ref().err(), "a body is the same in base64");
    }
    parameters
}

fn request(media_type: &str, body: &str, is_base64: bool) -> Request {
    let event = json!({
        "httpMethod": "POST", "path": route::LOGIN, "requestContext": { "httpMethod": "POST" },
        "headers": { "Content-Type": media_type }, "body": body, "isBase64Encoded": is_base64,
    });
    request_of(serde_json::from_value(event).unwrap())
}
