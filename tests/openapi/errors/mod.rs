//! The errors of each operation: exactly those that its function and API Gateway can answer, word for word.
//!
//! The examples of a status are the complete list. A function's possible errors follow from its error enums and its
//! code's calls.

mod answer;
mod function;
mod gateway;
mod reasons;

use std::collections::BTreeSet;

use shared::http::ErrorCode;

use self::answer::{Answer, words};
use super::code;
use crate::harness::openapi::{DOCUMENT, Operation};

/// The documented errors. A separate test covers the 403 of login, which isn't one of the function's errors.
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

/// A separate file builds the 403 of a login, since it contains a token.
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

/// These codes, and no others, tell an app what was wrong with its request for authorization.
#[test]
fn the_errors_that_go_back_to_an_app_are_documented() {
    let description = DOCUMENT.find("GET", "/authorize").unwrap().text["description"].as_str().unwrap();
    let sentence = description.split("The errors are ").nth(1).unwrap().split(". ").next().unwrap();
    let documented: BTreeSet<_> = sentence.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(documented, reasons::of_authorization());
}

/// Generated clients have a type for all codes, so it must match the answered ones.
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
        ErrorCode::UnauthorizedClient,
        ErrorCode::InvalidDpopProof,
        ErrorCode::UseDpopNonce,
        ErrorCode::InvalidToken,
        ErrorCode::InsufficientScope,
        ErrorCode::NotFound,
        ErrorCode::AccessDenied,
        ErrorCode::PasswordRejected,
        ErrorCode::ServerError,
        ErrorCode::TemporarilyUnavailable,
    ] {
        assert!(listed.contains(code.name()), "{code:?}");
    }
}
