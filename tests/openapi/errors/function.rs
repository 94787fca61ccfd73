//! The functions' errors, derived from their code's calls.

use std::collections::BTreeSet;

use shared::{
    aborted::Aborted,
    client::ClientError,
    dpop::ProofError,
    http::{CredentialsError, DpopError, ErrorResponse, RequestError},
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
    // A page uses its reader's language.
    if code::is_page(operation) {
        return BTreeSet::new();
    }
    let code = code::of(operation);
    let mut all = of_failures();
    all.extend(of_request(operation, &code).iter().map(ErrorResponse::from));
    if code.contains("client_credentials(request") {
        all.extend(of_credentials());
    }
    if code.contains("clients.authenticate(") || code.contains("clients.identify(") {
        all.extend(clients().iter().map(ErrorResponse::from));
    }
    all.extend(of_proofs(&code).iter().map(ErrorResponse::from));
    all.extend(match code::function(operation) {
        "login" => reasons::of_login(),
        "refresh" => reasons::of_refresh(),
        "logout" => reasons::of_logout(),
        "password" => reasons::of_password(),
        "sessions" => reasons::of_sessions(operation),
        "token" => reasons::of_token(),
        "userinfo" => reasons::of_userinfo(),
        "metadata" => reasons::of_metadata(operation),
        "accounts" => reasons::of_accounts(operation),
        other => panic!("a function without a list of its errors: {other}"),
    });
    all.into_iter().map(answer).collect()
}

/// The request errors that this operation can notice.
fn of_request(operation: &Operation, code: &str) -> Vec<RequestError> {
    let mut all = Vec::new();
    if code.contains("Parameters::from_request") {
        all.extend([RequestError::MediaType, RequestError::TooLarge, RequestError::Malformed]);
        all.extend([RequestError::Repeated, RequestError::InQuery]);
    }
    if code.contains("IdempotencyKey::of(") {
        all.push(RequestError::IdempotencyKey);
    }
    let known = |name: String| parameters::known(&name).unwrap();
    let named = |how: &[&str]| parameters::read(code, how).into_iter().map(known).collect::<Vec<_>>();
    all.extend(named(&["required", "RequestError::Missing"]).into_iter().map(RequestError::Missing));
    all.extend(named(&["required", "optional", "flag", "all"]).into_iter().map(RequestError::Mistyped));
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

/// Each list has every variant. A new variant doesn't compile until the match has it; add it to the list too.
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
            // The request's errors include it.
            | CredentialsError::Request(_) => {}
        }
    }
    all.iter().map(ErrorResponse::from).collect()
}

/// Errors of a proof at an endpoint that reads one. Where a client gets tokens, a missing proof is also an error.
fn of_proofs(code: &str) -> Vec<DpopError> {
    let of_proof = [
        ProofError::Repeated,
        ProofError::Malformed,
        ProofError::Header,
        ProofError::Key,
        ProofError::Signature,
        ProofError::Method,
        ProofError::Address,
    ];
    let claims = ["jti", "iat", "htm", "htu", "nonce"].map(ProofError::Claim);
    let of_proof: Vec<_> = of_proof.into_iter().chain(claims).collect();
    for error in &of_proof {
        match error {
            ProofError::Repeated
            | ProofError::Malformed
            | ProofError::Header
            | ProofError::Key
            | ProofError::Signature
            | ProofError::Claim(_)
            | ProofError::Method
            | ProofError::Address => {}
            // The endpoint asks for a nonce instead.
            ProofError::Time => panic!("an endpoint knows the time by its nonces"),
            ProofError::Token => panic!("an endpoint that issues tokens gets no access token"),
        }
    }
    let mut all = Vec::new();
    if code.contains("proofs.key(") || code.contains("proofs.offered_key(") {
        all.extend(of_proof.into_iter().map(DpopError::Proof));
        all.push(DpopError::Nonce("a".repeat(22)));
    }
    if code.contains("proofs.binding(") {
        all.extend([DpopError::Missing, DpopError::Off]);
    }
    // This endpoint gets the key from the authorizer.
    if code.contains("DpopError::Missing") {
        all.push(DpopError::Missing);
    }
    for error in &all {
        match error {
            DpopError::Proof(_) | DpopError::Nonce(_) | DpopError::Missing | DpopError::Off => {}
        }
    }
    all
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

/// The failures that every function can have.
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
