//! Calls the examples' endpoints as Lambda would.

use serde_json::{Value, json};

use crate::{
    sam::{Tools, translated::Translated},
    shell::{TaskError, output},
};

/// The origins whose pages may call.
pub(super) const ORIGINS: [&str; 2] = ["https://shop.example.com", "http://localhost:5173"];

/// Calls the handler in Lambda's way. The arguments are the code and the event.
const CALL: &str = "\
import json, os, sys
os.environ['ALLOWED_ORIGINS'] = sys.argv[3]
code = {}
exec(sys.argv[1], code)
print(json.dumps(code['handler'](json.loads(sys.argv[2]), None)))
";

/// The authorizer's context for a caller.
pub(super) fn caller() -> Value {
    json!({ "sub": "u1", "client_id": "web", "sid": "s1", "scope": "read", "exp": "1", "level": "3" })
}

pub(super) fn call(tools: &Tools, code: &str, event: &str) -> Result<Value, TaskError> {
    let answer = output(&mut tools.program("python", &["-c", CALL, code, event, &ORIGINS.join(",")]))?;
    Ok(serde_json::from_str(&answer).unwrap_or_default())
}

/// Whether preflights and answers name exactly the calling origin.
pub(super) fn names_the_origin(tools: &Tools, stack: &Translated) -> Result<bool, TaskError> {
    let code = inline_code(stack)?;
    let origins = ORIGINS.map(|origin| (json!({ "Origin": origin }), json!(origin)));
    let others =
        [json!({ "origin": "https://evil.example" }), json!({ "origin": "null" }), json!({}), Value::Null];
    for (headers, allowed) in origins.into_iter().chain(others.map(|headers| (headers, Value::Null))) {
        for (method, status) in [("OPTIONS", 204), ("GET", 200)] {
            let context = json!({ "authorizer": caller() });
            let event = json!({ "httpMethod": method, "headers": headers, "requestContext": context });
            let answer = call(tools, code, &event.to_string())?;
            let said = &answer["headers"];
            if answer["statusCode"] != status
                || said["Access-Control-Allow-Origin"] != allowed
                || said["Vary"] != "Origin"
            {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The code of a stack's only function.
pub(super) fn inline_code(stack: &Translated) -> Result<&str, TaskError> {
    let (_, function) = stack.only("AWS::Lambda::Function")?;
    Ok(function["Properties"]["Code"]["ZipFile"].as_str().unwrap_or_default())
}

/// Runs the endpoint, since no linter reads its code.
pub(super) fn says_who_is_calling(
    tools: &Tools,
    code: &str,
    request: impl Fn(&str) -> Value,
) -> Result<bool, TaskError> {
    for (method, status, name) in [("GET", 200, "for"), ("POST", 201, "ordered_by")] {
        let event = request(method).to_string();
        let answer = call(tools, code, &event)?;
        let body: Value =
            serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
        let who = json!({ "sub": "u1", "client_id": "web", "scope": "read" });
        if answer["statusCode"] != status || body[name] != who {
            return Ok(false);
        }
    }
    Ok(true)
}
