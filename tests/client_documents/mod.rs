//! Clients that describe themselves at a URL (draft-ietf-oauth-client-id-metadata-document-02).

mod answers;
mod forbidden;
mod limits;
mod operators;
mod scopes;
mod sign_in;
mod site;

use serde_json::{Value, json};

use self::site::{HOST, Site};
use crate::harness::{Api, Browser, Flow, Page, THIRD};

const URL: &str = "https://app.example.com/client.json";
const CALLBACK: &str = "https://app.example.com/callback";

/// The document of a client like those of MCP.
fn document() -> Value {
    json!({
        "client_id": URL,
        "client_name": "An app of a stranger",
        "client_uri": "https://app.example.com",
        "logo_uri": "https://app.example.com/logo.png",
        "redirect_uris": [CALLBACK, "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

/// The plain document with these members changed.
fn document_with(changes: &Value) -> Value {
    let mut document = document();
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

/// The API with access to this site's web. Clients may describe themselves.
async fn api_with(site: &Site, parameters: &[(&str, &str)]) -> Api {
    let api = Api::with_pages().await;
    let mut deployment = api.deployment.clone();
    deployment.web = site.web();
    for (name, value) in [("ClientMetadataDocuments", "on")].iter().chain(parameters) {
        deployment.parameters = deployment.parameters.with(name, *value);
    }
    api.redeployed(deployment).await
}

/// The flow of the client with this URL.
fn flow_of(url: &str) -> Flow {
    let mut flow = Flow::of(THIRD).with("client_id", url).with("redirect_uri", CALLBACK);
    url.clone_into(&mut flow.client_id);
    flow
}

/// The client's row, if it exists.
async fn row(
    api: &Api,
) -> Option<std::collections::BTreeMap<String, aws_sdk_dynamodb::types::AttributeValue>> {
    let items = api.items("ClientsTable").await;
    items.into_iter().find(|item| item["client_id"].as_s().unwrap().starts_with("cimd_"))
}

/// Signs the demo user in, who agrees. Returns the page that redirects the browser.
async fn agreed(flow: &Flow, browser: &mut Browser<'_>) -> Page {
    let page = flow.begin(browser).await;
    let page = if page.asks_for_password() { flow.sign_in(browser).await } else { page };
    browser.press(&page, "allow").await
}
