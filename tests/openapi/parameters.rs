//! The parameters that an operation reads are documented with the code's bounds, and no others.

use std::collections::BTreeSet;

use passwords::Password;
use serde_json::{Value, json};
use shared::{
    http::{IdempotencyKey, parameter},
    ids::{ClientId, SessionId},
};

use super::code;
use crate::harness::openapi::{DOCUMENT, Operation};

/// The body members that the code reads, by the names of their constants.
pub(super) fn read(code: &str, how: &[&str]) -> BTreeSet<String> {
    let constants = how.iter().flat_map(|how| code::named_after(code, &format!("{how}(parameter::")));
    let names: BTreeSet<String> = constants.map(|constant| constant.to_lowercase()).collect();
    for name in &names {
        assert!(known(name).is_some(), "{name}");
    }
    names
}

/// The name of a parameter in the code.
pub(super) fn known(name: &str) -> Option<&'static str> {
    // This one may be in a query, at another path.
    parameter::ALL.into_iter().chain([parameter::REDIRECT_URI]).find(|known| *known == name)
}

/// The required members of a body, in at least one of the alternatives that the grant type selects.
fn required(schema: &Value) -> BTreeSet<String> {
    let mut names = texts(&schema["required"]);
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    for of_grant in alternatives.filter(|alternative| alternative["properties"].get("grant_type").is_some()) {
        names.extend(texts(&of_grant["required"]));
    }
    names
}

/// The query parameters of `GET /sessions`, each of which has a constant.
pub(super) fn read_of_query(operation: &Operation, code: &str) -> BTreeSet<String> {
    if operation.method != "GET" {
        return BTreeSet::new();
    }
    let constants = code::named_after(code, "query(request, ");
    let value = |name: String| {
        let after = code.split(&format!("const {name}: &str = \"")).nth(1).unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    constants.into_iter().map(value).collect()
}

/// The schema of the body, the same for each media type.
fn body(operation: &Operation) -> &'static Value {
    let media_types: Vec<_> = operation.bodies.keys().map(String::as_str).collect();
    assert_eq!(media_types, ["application/json", "application/x-www-form-urlencoded"]);
    let mut references =
        operation.bodies.values().map(|content| content.text["schema"]["$ref"].as_str().unwrap());
    let reference = references.next().unwrap();
    assert!(
        references.all(|other| other == reference),
        "{}: forms and JSON have the same fields",
        operation.path
    );
    DOCUMENT.text.pointer(&reference[1..]).unwrap()
}

fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn names_in(operation: &Operation, place: &str) -> BTreeSet<String> {
    let found = operation.parameters.iter().filter(|parameter| parameter.place == place);
    found.map(|parameter| parameter.name.clone()).collect()
}

#[test]
fn a_body_has_the_members_that_the_function_reads() {
    for operation in DOCUMENT.operations.iter().filter(|operation| !code::is_page(operation)) {
        let code = code::of(operation);
        assert_eq!(
            operation.bodies.is_empty(),
            !code.contains("Parameters::from_request"),
            "{}",
            operation.path
        );
        if operation.bodies.is_empty() {
            continue;
        }
        let schema = body(operation);
        let members: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, read(&code, &["required", "optional", "flag", "all"]), "{}", operation.path);
        assert_eq!(required(schema), read(&code, &["required"]), "{}", operation.path);
    }
}

#[test]
fn the_other_parameters_are_those_that_the_function_reads() {
    for operation in DOCUMENT.operations.iter().filter(|operation| !code::is_page(operation)) {
        let code = code::of(operation);
        let (method, path) = (&operation.method, &operation.path);
        let mut headers = BTreeSet::new();
        for (call, name, is_of_it) in [
            ("proofs.key(", "DPoP", true),
            ("proofs.offered_key(", "DPoP", true),
            ("IdempotencyKey::of(", "Idempotency-Key", true),
            ("Peer::of(", "User-Agent", true),
            (
                "ACCESS_CONTROL_REQUEST_HEADERS",
                "Access-Control-Request-Headers",
                method == "OPTIONS" && path.starts_with("/.well-known/"),
            ),
        ] {
            if is_of_it && code.contains(call) {
                headers.insert(name.to_owned());
            }
        }
        // The authorizer reads this header.
        if operation.text["security"][0].get("accessToken").is_some() {
            headers.insert("DPoP".to_owned());
        }
        assert_eq!(names_in(operation, "header"), headers, "{method} {path}");
        assert_eq!(names_in(operation, "query"), read_of_query(operation, &code), "{method} {path}");
        let of_path = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap().to_owned());
        assert_eq!(names_in(operation, "path"), of_path.collect(), "{method} {path}");
        assert_eq!(names_in(operation, "cookie"), BTreeSet::new());
    }
}

/// Each name in the pages' function is a parameter or a form field, except the two that it refuses.
#[test]
fn the_pages_have_the_parameters_that_their_function_knows() {
    let names = code::read("functions/authorize/src/request/mod.rs");
    let names = names.lines().filter(|line| line.trim_start().starts_with("pub(crate) const"));
    let mut known: BTreeSet<_> = names.filter_map(|line| Some(line.split('"').nth(1)?.to_owned())).collect();
    for refused in ["request", "request_uri"] {
        assert!(known.remove(refused), "{refused}");
    }
    // Names that other endpoints also use.
    let shared = [parameter::CLIENT_ID, parameter::REDIRECT_URI, parameter::SCOPE, parameter::RESOURCE];
    let of_forms = [
        parameter::USERNAME,
        parameter::PASSWORD,
        parameter::CURRENT_PASSWORD,
        parameter::NEW_PASSWORD,
        parameter::EMAIL,
        parameter::REQUEST,
        parameter::CODE,
        parameter::TOKEN,
    ];
    known.extend(shared.into_iter().chain(of_forms).map(str::to_owned));
    let pages = || DOCUMENT.operations.iter().filter(|operation| code::is_page(operation));
    let mut documented: BTreeSet<_> = pages().flat_map(|operation| names_in(operation, "query")).collect();
    for content in pages().flat_map(|operation| operation.bodies.values()) {
        let schema = content.text["schema"]["$ref"].as_str().unwrap();
        let schema = DOCUMENT.text.pointer(&schema[1..]).unwrap();
        documented.extend(schema["properties"].as_object().unwrap().keys().cloned());
    }
    assert_eq!(documented, known);
    for operation in pages() {
        assert!(["GET", "POST"].contains(&operation.method.as_str()), "{}", operation.method);
        assert!(names_in(operation, "header").is_empty());
    }
}

/// The documented lengths and sizes are the code's.
#[test]
fn the_bounds_are_those_of_the_code() {
    let components = &DOCUMENT.text["components"];
    let key = &components["parameters"]["IdempotencyKey"]["schema"];
    assert_eq!(
        (&key["minLength"], &key["maxLength"]),
        (&json!(IdempotencyKey::MIN_LEN), &json!(IdempotencyKey::MAX_LEN))
    );
    let id = &components["parameters"]["SessionId"]["schema"];
    assert_eq!((&id["minLength"], &id["maxLength"]), (&json!(SessionId::LEN), &json!(SessionId::LEN)));
    let schemas = &components["schemas"];
    assert_eq!(schemas["Password"]["maxLength"], Password::MAX_LEN);
    assert_eq!(schemas["PasswordRequest"]["properties"]["new_password"]["maxLength"], Password::MAX_LEN);
    assert!(
        schemas["ClientId"]["pattern"].as_str().unwrap().contains(&format!("{{1,{}}}", ClientId::MAX_LEN))
    );
    assert_eq!(schemas["Session"]["properties"]["client_id"]["maxLength"], ClientId::MAX_LEN);

    let limit = &components["parameters"]["Limit"]["schema"];
    let new_password = &schemas["PasswordRequest"]["properties"]["new_password"];
    for (file, constant, documented) in [
        (SESSIONS, "MAX_LIMIT", &limit["maximum"]),
        (SESSIONS, "MAX_LIMIT", &limit["default"]),
        (SESSIONS, "MAX_LIMIT", &schemas["SessionList"]["properties"]["sessions"]["maxItems"]),
        ("shared/src/scope.rs", "MAX_LEN", &schemas["Scope"]["maxLength"]),
        ("passwords/src/policy.rs", "MIN_LEN", &new_password["minLength"]),
    ] {
        assert_eq!(documented.to_string(), constant_of(file, constant), "{file}: {constant}");
    }
    // A stored value is returned as it is, whichever release stored it: the bound informs readers.
    let session = &schemas["Session"]["properties"];
    for (file, constant, documented) in [
        ("shared/src/http/device_name.rs", "MAX_DEVICE_NAME_LEN", &session["device_name"]),
        ("shared/src/http/peer.rs", "MAX_USER_AGENT_LEN", &session["user_agent"]),
    ] {
        let bound = format!(" {} ", constant_of(file, constant));
        assert!(documented["description"].as_str().unwrap().contains(&bound), "{file}: {constant}");
    }
}

const SESSIONS: &str = "functions/sessions/src/request.rs";

/// The value of a constant that is a number.
fn constant_of(file: &str, name: &str) -> String {
    let code = code::read(file);
    let value = code.split(&format!("const {name}: ")).nth(1).and_then(|rest| rest.split(" = ").nth(1));
    value
        .and_then(|value| value.split(';').next())
        .unwrap_or_else(|| panic!("{file} has no {name}"))
        .to_owned()
}
