//! What the functions answer, by what their code calls.

use std::collections::BTreeSet;

use shared::{
    aborted::Aborted,
    client::ClientError,
    http::{CredentialsError, ErrorResponse, RequestError, parameter},
    keys::{KeysetError, KeysetsError},
    store::StoreError,
};

use super::{
    answer::{Answer, answer},
    reasons,
};
use crate::{
    harness::openapi::Operation,
    openapi::{code, parameters},
};

/// The errors of the function behind an operation.
pub(super) fn errors(operation: &Operation) -> BTreeSet<Answer> {
    let code = code::of(operation);
    let mut all = of_failures();
    all.extend(of_request(operation, &code).iter().map(ErrorResponse::from));
    if code.contains("client_credentials(request") {
        all.extend(of_credentials());
    }
    if code.contains("clients.authenticate(") || code.contains("clients.identify(") {
        all.extend(clients().iter().map(ErrorResponse::from));
    }
    all.extend(match code::function(operation) {
        "login" => reasons::of_login(),
        "refresh" => reasons::of_refresh(),
        "logout" => reasons::of_logout(),
        "password" => reasons::of_password(),
        "sessions" => reasons::of_sessions(operation),
        "metadata" => reasons::of_metadata(operation),
        other => panic!("a function without a list of its errors: {other}"),
    });
    all.into_iter().map(answer).collect()
}

/// What is wrong with a request, as far as this operation can notice it.
fn of_request(operation: &Operation, code: &str) -> Vec<RequestError> {
    let mut all = Vec::new();
    if code.contains("Parameters::from_request") {
        all.extend([RequestError::MediaType, RequestError::TooLarge, RequestError::Malformed]);
        all.extend([RequestError::Repeated, RequestError::InQuery]);
    }
    if code.contains("IdempotencyKey::of(") {
        all.push(RequestError::IdempotencyKey);
    }
    let known = |name: &String| *parameter::ALL.iter().find(|known| *known == name).unwrap();
    let named = |how: &[&str]| parameters::read(code, how).iter().map(known).collect::<Vec<_>>();
    all.extend(named(&["required", "RequestError::Missing"]).into_iter().map(RequestError::Missing));
    all.extend(named(&["required", "optional", "flag"]).into_iter().map(RequestError::Mistyped));
    let of_query = parameters::read_of_query(operation, code);
    if !of_query.is_empty() {
        all.push(RequestError::Repeated);
    }
    all.extend(of_query.into_iter().map(|name| RequestError::Mistyped(name.leak())));
    for error in &all {
        match error {
            RequestError::MediaType
            | RequestError::TooLarge
            | RequestError::Malformed
            | RequestError::Repeated
            | RequestError::InQuery
            | RequestError::Missing(_)
            | RequestError::IdempotencyKey
            | RequestError::Mistyped(_) => {}
            RequestError::Method => panic!("an operation has its method; API Gateway answers to any other"),
        }
    }
    all
}

/// Each list has every variant: one that is new doesn't compile until it is in the match, and belongs in the list as well.
fn of_credentials() -> Vec<ErrorResponse> {
    let all = [
        CredentialsError::Missing,
        CredentialsError::Scheme,
        CredentialsError::Malformed,
        CredentialsError::Twice,
    ];
    for error in &all {
        match error {
            CredentialsError::Missing
            | CredentialsError::Scheme
            | CredentialsError::Malformed
            | CredentialsError::Twice
            // It is among those of the request.
            | CredentialsError::Request(_) => {}
        }
    }
    all.iter().map(ErrorResponse::from).collect()
}

fn store_errors() -> [StoreError; 2] {
    [
        StoreError::Unavailable { operation: "GetItem", reason: String::new() },
        StoreError::Malformed { table: "Users", attribute: "user_id" },
    ]
}

pub(super) fn clients() -> Vec<ClientError> {
    let all = vec![ClientError::Unknown, ClientError::Unproven, ClientError::Disabled];
    for error in &all {
        match error {
            ClientError::Unknown | ClientError::Unproven | ClientError::Disabled | ClientError::Store(_) => {}
        }
    }
    all
}

/// The failures that every function may have.
fn of_failures() -> Vec<ErrorResponse> {
    let aborted = [Aborted::Panic, Aborted::TimeUp];
    for error in &aborted {
        match error {
            Aborted::Panic | Aborted::TimeUp => {}
        }
    }
    let keyset = KeysetsError::Keyset(KeysetError::NotMade);
    let store = store_errors();
    let failures = aborted.iter().map(ErrorResponse::from).chain(store.iter().map(ErrorResponse::from));
    failures.chain([ErrorResponse::from(&keyset), ErrorResponse::server_error()]).collect()
}
