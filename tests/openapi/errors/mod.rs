//! The errors of each operation: those that its function and API Gateway can answer, word for word, and no others.
//!
//! The examples of a status are the whole list. What a function can answer follows from its enums of errors, and from what
//! its code calls.

mod answer;
mod function;
mod gateway;
mod reasons;

use std::collections::BTreeSet;

use shared::http::ErrorCode;

use self::answer::{Answer, words};
use super::code;
use crate::harness::openapi::{DOCUMENT, Operation};

/// What is documented. A 403 of login isn't of the function's errors, and has a test below.
fn documented(operation: &Operation) -> BTreeSet<Answer> {
    let errors = operation.responses.iter().filter(|(status, _)| **status >= 400);
    let errors = errors.filter(|(status, _)| (operation.path.as_str(), **status) != ("/login", 403));
    let contents = errors.filter_map(|(status, response)| Some((*status, response.content.as_ref()?)));
    let answers =
        contents.flat_map(|(status, content)| content.examples.values().map(move |e| words(status, e)));
    answers.collect()
}

#[test]
fn an_operation_has_the_errors_that_its_function_and_api_gateway_answer() {
    for operation in DOCUMENT.operations.iter().filter(|operation| operation.method != "HEAD") {
        let mut expected = function::errors(operation);
        expected.extend(gateway::errors(operation));
        let documented = documented(operation);
        let of = |set: BTreeSet<&Answer>| format!("{set:#?}");
        assert!(
            documented == expected,
            "{} {}\nmissing: {}\nof no code: {}",
            operation.method,
            operation.path,
            of(expected.difference(&documented).collect()),
            of(documented.difference(&expected).collect()),
        );
    }
}

/// HEAD is GET without bodies.
#[test]
fn head_has_the_statuses_of_get_and_no_bodies() {
    for head in DOCUMENT.operations.iter().filter(|operation| operation.method == "HEAD") {
        let get = DOCUMENT.find("GET", &head.path).unwrap();
        assert!(head.responses.keys().eq(get.responses.keys()), "{}", head.path);
        assert!(head.responses.values().all(|response| response.content.is_none()), "{}", head.path);
    }
}

#[test]
fn every_gateway_response_of_the_template_is_documented() {
    let responses = gateway::responses();
    let there = responses.as_mapping().unwrap().keys().map(|kind| kind.as_str().unwrap());
    let known = gateway::REST.iter().map(|(kind, ..)| *kind).chain([gateway::NOWHERE]);
    assert_eq!(there.collect::<BTreeSet<_>>(), known.collect());
    let nowhere = &responses[gateway::NOWHERE];
    assert_eq!(nowhere["StatusCode"].as_u64(), Some(404));
    assert!(
        nowhere["ResponseTemplates"]["application/json"].as_str().unwrap().contains(r#""error":"not_found""#)
    );
    let description = DOCUMENT.text["info"]["description"].as_str().unwrap();
    assert!(
        description.contains("is a 404, `not_found`"),
        "what answers to no operation stands before them all"
    );
}

/// The 403 of a login is made in a file of its own, since it has a token.
#[test]
fn a_login_with_an_expired_password_is_answered_as_documented() {
    let code = code::read("functions/login/src/expired.rs");
    let login = DOCUMENT.find("POST", "/login").unwrap();
    let content = login.responses[&403].content.as_ref().unwrap();
    let examples: Vec<_> = content.examples.values().collect();
    assert_eq!(examples.len(), 1);
    for name in ["error", "error_description"] {
        let line = format!("{name}: {},", examples[0][name]);
        assert!(code.contains(&line), "{line}");
    }
}

/// Clients are generated with a type of all codes: it has those that are answered.
#[test]
fn the_schema_of_an_error_lists_every_code_that_is_answered() {
    let listed =
        DOCUMENT.text["components"]["schemas"]["Error"]["properties"]["error"]["enum"].as_array().unwrap();
    let listed: BTreeSet<_> = listed.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    let answered = DOCUMENT.operations.iter().flat_map(documented).map(|(_, error, _)| error);
    let answered: BTreeSet<_> = answered.filter(|error| !error.is_empty()).collect();
    assert_eq!(listed, answered);
    for code in [
        ErrorCode::InvalidRequest,
        ErrorCode::InvalidClient,
        ErrorCode::InvalidGrant,
        ErrorCode::InvalidScope,
        ErrorCode::UnsupportedGrantType,
        ErrorCode::NotFound,
        ErrorCode::PasswordRejected,
        ErrorCode::ServerError,
        ErrorCode::TemporarilyUnavailable,
    ] {
        assert!(listed.contains(code.name()), "{code:?}");
    }
}
