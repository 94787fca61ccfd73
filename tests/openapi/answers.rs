//! The errors of each operation: those that its function and API Gateway can answer, word for word, and no others.
//!
//! The examples of a status are the whole list. What a function can answer follows from its enums of errors, and from what
//! its code calls.

use std::collections::BTreeSet;

use lambda_http::{Body, Response};
use login::LoginReason;
use logout::LogoutReason;
use metadata::MetadataReason;
use password::PasswordChangeReason;
use passwords::{PasswordError, PasswordRejection};
use refresh::{End, RefreshReason, Reuse};
use serde_json::Value;
use sessions::SessionsReason;
use shared::{
    aborted::Aborted,
    client::ClientError,
    http::{CredentialsError, ErrorCode, ErrorResponse, IntoErrorResponse, RequestError, parameter},
    keys::{KeysetError, KeysetsError, PublicKeysError},
    store::StoreError,
    tokens::RefreshTokenError,
};

use super::{code, parameters};
use crate::harness::openapi::{DOCUMENT, Operation};

/// A status, and `error` and `error_description`, or the `message` of an HTTP API.
type Answer = (u16, String, String);

fn words(status: u16, body: &Value) -> Answer {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match body.get("message") {
        Some(_) => (status, String::new(), text("message")),
        None => (status, text("error"), text("error_description")),
    }
}

fn answer(response: ErrorResponse) -> Answer {
    let response: Response<Body> = response.into_response();
    let Body::Text(text) = response.body() else { panic!("an error is text") };
    words(response.status().as_u16(), &serde_json::from_str(text).unwrap())
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

fn clients() -> Vec<ClientError> {
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

fn of_login() -> Vec<ErrorResponse> {
    let all = [
        LoginReason::GrantType,
        LoginReason::Scope,
        LoginReason::UnknownUsername,
        LoginReason::WrongPassword,
        LoginReason::BudgetSpent,
        LoginReason::CutOff,
        LoginReason::Password(PasswordError::Failed),
    ];
    for reason in &all {
        match reason {
            LoginReason::GrantType
            | LoginReason::Scope
            | LoginReason::UnknownUsername
            | LoginReason::WrongPassword
            | LoginReason::BudgetSpent
            | LoginReason::CutOff
            | LoginReason::Password(_) => {}
        }
    }
    responses(&all)
}

fn of_refresh() -> Vec<ErrorResponse> {
    let all = [
        RefreshReason::GrantType,
        RefreshReason::Token(RefreshTokenError::Malformed),
        RefreshReason::Scope,
        RefreshReason::Ended(End::Absent),
        RefreshReason::Reused(Reuse::Ancestor),
        RefreshReason::Overtaken,
        RefreshReason::Ahead,
        RefreshReason::Worn,
        RefreshReason::UserCutOff,
    ];
    for reason in &all {
        match reason {
            RefreshReason::GrantType
            | RefreshReason::Token(_)
            | RefreshReason::Scope
            | RefreshReason::Ended(_)
            | RefreshReason::Reused(_)
            | RefreshReason::Overtaken
            | RefreshReason::Ahead
            | RefreshReason::Worn
            | RefreshReason::UserCutOff => {}
        }
    }
    responses(&all)
}

fn of_logout() -> Vec<ErrorResponse> {
    let all = [LogoutReason::SessionOver];
    for reason in &all {
        match reason {
            LogoutReason::SessionOver => {}
        }
    }
    responses(&all)
}

fn of_password() -> Vec<ErrorResponse> {
    let rejections = [
        PasswordRejection::Malformed,
        PasswordRejection::TooShort,
        PasswordRejection::Common,
        PasswordRejection::LikeUsername,
    ];
    for rejection in &rejections {
        match rejection {
            PasswordRejection::Malformed
            | PasswordRejection::TooShort
            | PasswordRejection::Common
            | PasswordRejection::LikeUsername => {}
        }
    }
    let mut all: Vec<_> = rejections.into_iter().map(PasswordChangeReason::Rejected).collect();
    all.extend(clients().into_iter().map(PasswordChangeReason::ClientGone));
    all.extend([
        PasswordChangeReason::SessionOver,
        PasswordChangeReason::Same,
        PasswordChangeReason::WrongPassword,
    ]);
    all.extend([PasswordChangeReason::BudgetSpent, PasswordChangeReason::Password(PasswordError::Failed)]);
    for reason in &all {
        match reason {
            PasswordChangeReason::SessionOver
            | PasswordChangeReason::ClientGone(_)
            | PasswordChangeReason::Rejected(_)
            | PasswordChangeReason::Same
            | PasswordChangeReason::WrongPassword
            | PasswordChangeReason::BudgetSpent
            | PasswordChangeReason::Password(_) => {}
        }
    }
    responses(&all)
}

fn of_sessions(operation: &Operation) -> Vec<ErrorResponse> {
    let mut all = vec![SessionsReason::NotFound];
    for reason in &all {
        match reason {
            SessionsReason::NotFound => {}
        }
    }
    // The list is never absent.
    all.retain(|_| operation.method == "DELETE");
    responses(&all)
}

fn of_metadata(operation: &Operation) -> Vec<ErrorResponse> {
    let keys = PublicKeysError::Keys(KeysetError::NotMade);
    let mut all = vec![MetadataReason::NotFound, MetadataReason::Keys(keys)];
    for reason in &all {
        match reason {
            MetadataReason::NotFound | MetadataReason::Keys(_) => {}
        }
    }
    // A path that is another issuer's. The other routes have one path each, which has its document; and a preflight is answered
    // wherever it is for.
    let is_of_any_path = operation.path.ends_with("/{issuer_path}") && operation.method != "OPTIONS";
    all.retain(|reason| is_of_any_path || !matches!(reason, MetadataReason::NotFound));
    responses(&all)
}

fn responses<R: IntoErrorResponse>(reasons: &[R]) -> Vec<ErrorResponse> {
    reasons.iter().map(IntoErrorResponse::response).collect()
}

/// The errors of the function behind an operation.
fn of_function(operation: &Operation) -> BTreeSet<Answer> {
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
        "login" => of_login(),
        "refresh" => of_refresh(),
        "logout" => of_logout(),
        "password" => of_password(),
        "sessions" => of_sessions(operation),
        "metadata" => of_metadata(operation),
        other => panic!("a function without a list of its errors: {other}"),
    });
    all.into_iter().map(answer).collect()
}

/// Which operations API Gateway may answer in this way.
#[derive(Clone, Copy)]
enum Which {
    All,
    Protected,
    WithBody,
}

impl Which {
    fn has(self, operation: &Operation) -> bool {
        match self {
            Self::All => true,
            Self::Protected => operation.text["security"][0].get("accessToken").is_some(),
            Self::WithBody => !operation.bodies.is_empty(),
        }
    }
}

/// The gateway responses of template.yaml, with the statuses that API Gateway gives to what has none there.
const REST: [(&str, &[u16], Which); 8] = [
    ("UNAUTHORIZED", &[401], Which::Protected),
    ("ACCESS_DENIED", &[403], Which::Protected),
    ("WAF_FILTERED", &[429], Which::All),
    ("THROTTLED", &[429], Which::All),
    ("UNSUPPORTED_MEDIA_TYPE", &[415], Which::WithBody),
    ("REQUEST_TOO_LARGE", &[413], Which::WithBody),
    ("DEFAULT_4XX", &[400], Which::All),
    // What fails is configured wrongly, says nothing that can be handed on, or is too late.
    ("DEFAULT_5XX", &[500, 502, 504], Which::All),
];
/// Of paths and methods that aren't there. No operation is answered with it.
const NOWHERE: &str = "MISSING_AUTHENTICATION_TOKEN";

/// What an HTTP API says by itself.
const HTTP: [(&str, u16, Which); 7] = [
    ("Bad Request", 400, Which::All),
    ("Unauthorized", 401, Which::Protected),
    ("Forbidden", 403, Which::Protected),
    ("Request Entity Too Large", 413, Which::WithBody),
    ("Too Many Requests", 429, Which::All),
    ("Internal Server Error", 500, Which::All),
    ("Service Unavailable", 503, Which::All),
];

fn gateway_responses() -> serde_yaml_ng::Value {
    let template: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap();
    template["Resources"]["Api"]["Properties"]["GatewayResponses"].clone()
}

/// The errors that API Gateway has for an operation, whichever kind of API it is.
fn of_gateway(operation: &Operation) -> BTreeSet<Answer> {
    let responses = gateway_responses();
    let mut all = BTreeSet::new();
    for (kind, statuses, which) in REST {
        let body = responses[kind]["ResponseTemplates"]["application/json"].as_str().unwrap();
        let body = serde_json::from_str(body).unwrap();
        all.extend(statuses.iter().filter(|_| which.has(operation)).map(|status| words(*status, &body)));
        let configured = responses[kind]["StatusCode"].as_u64();
        assert!(configured.is_none_or(|status| statuses == [u16::try_from(status).unwrap()]), "{kind}");
    }
    let of_http = HTTP.iter().filter(|(_, _, which)| which.has(operation));
    all.extend(of_http.map(|(message, status, _)| (*status, String::new(), (*message).to_owned())));
    all
}

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
        let mut expected = of_function(operation);
        expected.extend(of_gateway(operation));
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
    let responses = gateway_responses();
    let there = responses.as_mapping().unwrap().keys().map(|kind| kind.as_str().unwrap());
    let known = REST.iter().map(|(kind, ..)| *kind).chain([NOWHERE]);
    assert_eq!(there.collect::<BTreeSet<_>>(), known.collect());
    let nowhere = &responses[NOWHERE];
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
