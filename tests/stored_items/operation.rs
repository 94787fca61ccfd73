//! The requests to the functions while an item is damaged.

use authorizer::Authorizer;
use axum::http::Request;
use lambda_http::{Body, lambda_runtime::Diagnostic};
use metadata::Metadata;
use serde_json::{Value, json};
use shared::route;

use super::{answer::Answer, pages::Asked, stage::Stage};
use crate::harness::{Api, SECRET, SERVER, Tokens, USERNAME, bearer, form, form_post};

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Login,
    /// Refreshes with the live refresh token.
    Refresh,
    /// Refreshes with the previous one, like a client that lost the answer.
    Retry,
    /// Asks a cold authorizer about the access token.
    Access,
    /// Asks it about another session's.
    AccessOfAnother,
    /// Lists all sessions from another session.
    List,
    /// Changes the password, behind the authorizer.
    Change,
    Logout,
    /// A cold function publishes the keys.
    Jwks,
    /// The operator's own client lets a user at the pages sign in.
    Authorize,
    /// A third party's client lets a user sign in after consent.
    AuthorizeThird,
    /// The user consents again.
    Allow,
    /// The user signs in again in the same browser.
    SignIn,
    /// The user opens the account page.
    Account,
    /// The user signs out at the pages.
    SignOut,
    /// The client signs its user out with an ID token.
    EndSession,
    /// The client sends a fresh code.
    Redeem,
    /// The client repeats a used code.
    RedeemAgain,
}

impl Operation {
    pub(super) async fn ask(self, api: &Api, stage: &Stage) -> Answer {
        let Stage { tokens, used, other, password, .. } = stage;
        let client = [("client_id", SERVER), ("client_secret", SECRET)];
        let with_client = |more: &[(&str, &str)]| form(&[&client[..], more].concat());
        let refresh = |token: &str| with_client(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
        let at_pages = |asked| stage.pages().ask(asked, api, password);
        let (request, body) = match self {
            Self::Access => return access(api, tokens).await,
            Self::AccessOfAnother => return access(api, other).await,
            Self::Jwks => return jwks(api).await,
            Self::Authorize => return at_pages(Asked::Authorize).await,
            Self::AuthorizeThird => return at_pages(Asked::AuthorizeThird).await,
            Self::Allow => return at_pages(Asked::Allow).await,
            Self::SignIn => return at_pages(Asked::SignIn).await,
            Self::Account => return at_pages(Asked::Account).await,
            Self::SignOut => return at_pages(Asked::SignOut).await,
            Self::EndSession => return at_pages(Asked::EndSession).await,
            Self::Redeem => return at_pages(Asked::Redeem).await,
            Self::RedeemAgain => return at_pages(Asked::RedeemAgain).await,
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
                // Only an HTTP API's own errors lack one.
                None => reply.assert_gateway_error(reply.status, ""),
            }
        }
        Answer { status: reply.status, body: reply.body }
    }
}

/// API Gateway's decision after asking a cold authorizer.
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
