//! What is asked of the functions while an item is spoiled.

use authorizer::Authorizer;
use axum::http::Request;
use lambda_http::{Body, lambda_runtime::Diagnostic};
use metadata::Metadata;
use serde_json::{Value, json};
use shared::route;

use super::stage::Stage;
use crate::harness::{Api, SECRET, SERVER, Tokens, USERNAME, bearer, form, form_post};

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Login,
    /// With the live refresh token.
    Refresh,
    /// With the one before it, as whoever lost the answer.
    Retry,
    /// Asks a cold authorizer about the access token.
    Access,
    /// Asks it about another session's.
    AccessOfAnother,
    /// Another session lists them all.
    List,
    /// Changes the password, behind the authorizer.
    Change,
    Logout,
    /// A cold function publishes the keys.
    Jwks,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Operation {
    pub(super) async fn ask(self, api: &Api, stage: &Stage) -> Answer {
        let Stage { tokens, used, other, password, .. } = stage;
        let client = [("client_id", SERVER), ("client_secret", SECRET)];
        let with_client = |more: &[(&str, &str)]| form(&[&client[..], more].concat());
        let refresh = |token: &str| with_client(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
        let (request, body) = match self {
            Self::Access => return access(api, tokens).await,
            Self::AccessOfAnother => return access(api, other).await,
            Self::Jwks => return jwks(api).await,
            Self::Login => {
                let login = [("username", USERNAME), ("password", password)];
                (form_post(route::LOGIN), with_client(&login))
            }
            Self::Refresh => (form_post(route::REFRESH), refresh(&tokens.refresh)),
            Self::Retry => (form_post(route::REFRESH), refresh(used)),
            Self::List => (bearer(Request::get(route::SESSIONS), &other.access), String::new()),
            Self::Change => {
                let change = [("current_password", *password), ("new_password", "yet another password")];
                (bearer(form_post(route::PASSWORD), &tokens.access), form(&change))
            }
            Self::Logout => (form_post(route::LOGOUT), with_client(&[("token", &tokens.refresh)])),
        };
        let reply = api.send(request, body).await;
        if reply.status >= 400 {
            match reply.body["error"].as_str() {
                Some(error) => reply.assert_error(reply.status, error),
                // Only an HTTP API's own errors have none.
                None => reply.assert_gateway_error(reply.status, ""),
            }
        }
        Answer { status: reply.status, body: reply.body }
    }
}

/// What API Gateway makes of what an authorizer says that has just been started.
pub(super) async fn access(api: &Api, tokens: &Tokens) -> Answer {
    let authorizer = Authorizer::start(&api.context("authorizer")).await.unwrap();
    let event = json!({
        "type": "TOKEN", "authorizationToken": format!("Bearer {}", tokens.access),
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders",
    });
    match authorizer.handle(event, None).await {
        Ok(answer) => {
            let body = serde_json::to_value(answer).unwrap();
            let is_allow = body["policyDocument"]["Statement"][0]["Effect"] == "Allow";
            Answer { status: if is_allow { 200 } else { 403 }, body }
        }
        Err(error) => {
            let is_refusal = Diagnostic::from(error).error_message == "Unauthorized";
            Answer { status: if is_refusal { 401 } else { 500 }, body: Value::Null }
        }
    }
}

pub(super) async fn jwks(api: &Api) -> Answer {
    let metadata = Metadata::start(&api.context("metadata")).await.unwrap();
    let request = lambda_http::http::Request::get("/.well-known/jwks.json").body(Body::Empty).unwrap();
    let (parts, body) = metadata.handle(&request).await.into_parts();
    let Body::Text(body) = body else { panic!("a document or an error") };
    Answer { status: parts.status.as_u16(), body: serde_json::from_str(&body).unwrap() }
}
