//! The cases of other projects' test suites, rewritten for Latchgate's HTTP API. docs/evidence/scenarios.md lists them.
//!
//! Above each test stand its cases in a format that `page.rs` reads: the repository and file, a line for each case
//! there, and, where Latchgate intentionally answers otherwise, the sentence that says so.

mod conformance;
mod hydra_clients;
mod hydra_flow;
mod hydra_generations;
mod hydra_grace;
mod hydra_refresh;
mod hydra_revocation;
mod hydra_store;
mod oidc_provider_clients;
mod oidc_provider_refresh;
mod oidc_provider_revocation;
mod oxide_auth;
mod page;
mod supabase_api;
mod supabase_tokens;
mod supertokens;

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::STANDARD};
use shared::{client::SecretHash, route, store::attribute};
use tokio::{sync::Barrier, task::JoinSet};

use crate::harness::{
    Api, PASSWORD, Reply, SECRET, SERVER, Tokens, USER_ID, USERNAME, claims, form, form_post, text,
};

/// Longer than the leeway.
const LATER: u64 = 11;

/// The challenge to a client that failed with the Authorization header.
const CHALLENGE: &str = r#"Basic realm="latchgate", charset="UTF-8""#;

/// A Basic Authorization header with these raw credentials.
fn basic(client_id: &str, client_secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{client_secret}")))
}

/// Posts a form as the client of this Authorization header.
async fn post_as(api: &Api, path: &str, authorization: &str, parameters: &[(&str, &str)]) -> Reply {
    api.send(form_post(path).header("authorization", authorization), form(parameters)).await
}

/// Refreshes as the client of this Authorization header.
async fn refresh_as(api: &Api, authorization: &str, token: &str) -> Reply {
    let parameters = [("grant_type", "refresh_token"), ("refresh_token", token)];
    post_as(api, route::REFRESH, authorization, &parameters).await
}

/// Refreshes with these further parameters.
async fn refresh_with(api: &Api, token: &str, parameters: &[(&str, &str)]) -> Reply {
    let body = [&[("grant_type", "refresh_token"), ("refresh_token", token)], parameters].concat();
    api.post(route::REFRESH, &body).await
}

/// Logs the demo user in on the confidential client.
async fn login_on_server(api: &Api) -> Tokens {
    let parameters = [("username", USERNAME), ("password", PASSWORD)];
    post_as(api, route::LOGIN, &basic(SERVER, SECRET), &parameters).await.tokens()
}

/// A chain of this many generations on the public client, with a pause between them, oldest first.
async fn generations(api: &Api, count: usize, pause: u64) -> Vec<Tokens> {
    let mut chain = vec![api.login().await];
    while chain.len() < count {
        api.clock.advance(pause);
        chain.push(api.refresh(&chain[chain.len() - 1].refresh).await.tokens());
    }
    chain
}

/// Asserts that none of these tokens works, and that no session is left.
async fn assert_over(api: &Api, tokens: &[Tokens]) {
    assert!(api.items("SessionsTable").await.is_empty());
    for tokens in tokens {
        api.call(&tokens.access).await.assert_gateway_error(401, "unauthorized");
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
}

/// Asserts that a refresh succeeded, or that its token was refused.
#[track_caller]
fn assert_refreshed(reply: &Reply, is_good: bool, context: &str) {
    match (reply.status, is_good) {
        (200, true) => drop(reply.tokens()),
        (400, false) => reply.assert_error(400, "invalid_grant"),
        _ => panic!("{context}: {reply:?}"),
    }
}

/// The replies to the same refresh, sent this many times at once.
async fn at_once(api: &Arc<Api>, refresh_token: &str, count: usize) -> Vec<Reply> {
    let barrier = Arc::new(Barrier::new(count));
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (api, token, barrier) = (api.clone(), refresh_token.to_owned(), barrier.clone());
        tasks.spawn(async move {
            barrier.wait().await;
            api.refresh(&token).await
        });
    }
    tasks.join_all().await
}

/// The same deployment after an operator's change to a client, with empty caches.
async fn with_client(api: &Api, client_id: &str, attributes: Vec<(&str, AttributeValue)>) -> Api {
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, client_id), attributes).await.unwrap();
    api.restarted().await
}

/// The same deployment with these secrets for the confidential client.
async fn with_secrets(api: &Api, secrets: &[&str]) -> Api {
    let hashes = secrets.iter().map(|&secret| text(&SecretHash::of(&secret.into()).to_text())).collect();
    with_client(api, SERVER, vec![(attribute::SECRET_HASHES, AttributeValue::L(hashes))]).await
}

/// Changes the demo user, as an operator does.
async fn change_user(api: &Api, attributes: Vec<(&str, AttributeValue)>) {
    api.seeder().set("UsersTable", (attribute::USER_ID, USER_ID), attributes).await.unwrap();
}

/// The `sid` of an access token.
fn sid(tokens: &Tokens) -> String {
    claims(&tokens.access)["sid"].as_str().unwrap().to_owned()
}
