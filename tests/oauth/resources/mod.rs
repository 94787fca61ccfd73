//! Resource indicators (RFC 8707): tokens for one of several APIs.

mod asking;
mod consenting;
mod narrowing;
mod opening;
mod redeeming;
mod withdrawn;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use crate::harness::{Api, Browser, Flow, Reply, claims, form, form_post};

/// A resource with two scopes. Clients may request one of them.
const NOTES: &str = "https://notes.example.com/mcp";
/// A resource with all scopes.
const BILLING: &str = "https://billing.example.com";
/// The audience of access tokens without a resource.
const AUDIENCE: &str = "api";

const REGISTERED: &str =
    "https://notes.example.com/mcp read notes:write [Notes]; https://billing.example.com";

/// An API with both resources, and with clients in the code flow.
async fn api() -> Api {
    Api::with(|parameters| parameters.with("ProtectedResources", REGISTERED)).await.with_clients().await
}

/// A request that names these resources.
fn flow_for(client_id: &str, resources: &[&str]) -> Flow {
    resources.iter().fold(Flow::of(client_id), |flow, resource| flow.and("resource", resource))
}

/// A request at a token endpoint that names these resources.
async fn post_for(api: &Api, path: &str, parameters: &[(&str, &str)], resources: &[&str]) -> Reply {
    let mut all = parameters.to_vec();
    all.extend(resources.iter().map(|resource| ("resource", *resource)));
    api.send(form_post(path), form(&all)).await
}

async fn redeem_for(api: &Api, flow: &Flow, code: &str, resources: &[&str]) -> Reply {
    post_for(api, route::TOKEN, &flow.redemption(code), resources).await
}

async fn refresh_for(api: &Api, path: &str, flow: &Flow, token: &str, resources: &[&str]) -> Reply {
    post_for(api, path, &flow.refresh_form(token), resources).await
}

/// The tokens of this client's session with these resources, for one of them.
async fn tokens_for(api: &Api, flow: &Flow, resource: &str) -> crate::harness::Tokens {
    let code = flow.code(&mut Browser::new(api)).await;
    redeem_for(api, flow, &code, &[resource]).await.tokens()
}

/// The audience and scope of an answer's access token. Asserts that the answer states the same scope.
#[track_caller]
fn issued(reply: &Reply) -> (String, Option<String>) {
    let claims = claims(&reply.tokens().access);
    assert_eq!(claims.get("scope"), reply.body.get("scope"), "{reply:?}");
    let text = |name: &str| claims.get(name).map(|value| value.as_str().unwrap().to_owned());
    (text("aud").unwrap(), text("scope"))
}

/// The session of this client.
async fn session_of(api: &Api, client_id: &str) -> BTreeMap<String, AttributeValue> {
    let begins = format!("{client_id}#");
    let mut sessions = api.items("SessionsTable").await;
    sessions.retain(|row| row[attribute::SESSION_KEY].as_s().unwrap().starts_with(&begins));
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    sessions.remove(0)
}

/// The sorted resources of a row. `None` without the attribute.
fn resources_of(row: &BTreeMap<String, AttributeValue>) -> Option<Vec<String>> {
    let mut resources = row.get(attribute::RESOURCES)?.as_ss().unwrap().clone();
    resources.sort();
    Some(resources)
}
