//! An operator's decisions about a client that describes itself.

use aws_sdk_dynamodb::types::AttributeValue::{Bool, S};
use shared::{client::ClientIdUrl, store::attribute};

use super::{
    URL, agreed, api_with, document, flow_of, row,
    site::{Answer, Site},
};
use crate::harness::{Api, Browser, Fault, Log, number};

async fn set(api: &Api, name: &str, value: aws_sdk_dynamodb::types::AttributeValue) {
    let id = ClientIdUrl::parse(URL).unwrap().client_id();
    let changes = vec![(name, value)];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, id.as_str()), changes).await.unwrap();
}

#[tokio::test]
async fn a_disabled_client_is_not_asked_for_its_document_and_gets_nothing() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL);
    let page = agreed(&flow, &mut browser).await;
    let tokens = flow.redeem(&api, &flow.code_of(&page)).await.tokens();
    set(&api, attribute::DISABLED, Bool(true)).await;
    let api = api.restarted().await;
    site.take_looked_up();
    let (log, _guard) = Log::listen();
    flow.begin(&mut browser.at(&api)).await.assert_page(400);
    assert_eq!(log.take_events()[0]["reason"], "client_disabled");
    assert_eq!(site.take_looked_up(), [""; 0]);
    api.refresh_of_flow(&flow, &tokens.refresh).await.assert_error(401, "invalid_client");
}

/// A cut-off permanently invalidates earlier consents: its row stays, whatever a sign-in writes.
#[tokio::test]
async fn a_cut_off_stays_and_has_the_user_asked_again() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL);
    flow.code_of(&agreed(&flow, &mut browser).await);
    let not_before = number(api.clock.unix() + 1);
    set(&api, attribute::NOT_BEFORE, not_before.clone()).await;
    api.clock.advance(10);
    let page = flow.begin(&mut browser).await;
    flow.code_of(&browser.press(&page, "allow").await);
    let row = row(&api).await.unwrap();
    assert_eq!(row[attribute::NOT_BEFORE], not_before);
    assert!(!row.contains_key(attribute::EXPIRES_AT), "{row:?}");
}

#[tokio::test]
async fn a_revoked_consent_is_asked_for_again() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL);
    flow.code_of(&agreed(&flow, &mut browser).await);
    flow.code_of(&flow.begin(&mut browser).await);
    api.delete_all("ConsentsTable").await;
    let page = flow.begin(&mut browser).await;
    assert_eq!(page.forms().len(), 1);
    page.form_with("action", Some("allow"));
    let silent = flow.with("prompt", "none").begin(&mut browser).await.redirect();
    assert_eq!(silent.parameter("error"), "consent_required");
}

/// A damaged URL in a row is the deployment's fault: no code is used up, and no user is logged out.
#[tokio::test]
async fn a_row_with_a_damaged_url_is_our_failure_and_nothing_is_lost() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL);
    let tokens = flow.redeem(&api, &flow.code_of(&agreed(&flow, &mut browser).await)).await.tokens();
    let code = flow.code_of(&flow.begin(&mut browser).await);
    for damage in [number(7), S(String::new()), S("http://app.example.com/client.json".to_owned())] {
        set(&api, attribute::DOCUMENT_URL, damage).await;
        let api = api.restarted().await;
        api.refresh_of_flow(&flow, &tokens.refresh).await.assert_error(500, "server_error");
        flow.redeem(&api, &code).await.assert_error(500, "server_error");
    }
    set(&api, attribute::DOCUMENT_URL, S(URL.to_owned())).await;
    let api = api.restarted().await;
    flow.redeem(&api, &code).await.tokens();
    api.refresh_of_flow(&flow, &tokens.refresh).await.tokens();
}

/// Without the row, the code could never be redeemed.
#[tokio::test]
async fn a_client_whose_row_can_not_be_written_gets_no_code() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL);
    api.calls.fail(Fault::Before("UpdateItem Clients"));
    agreed(&flow, &mut browser).await.assert_page(503);
    api.calls.heal();
    assert!(row(&api).await.is_none());
    let page = flow.begin(&mut browser).await;
    let page = if page.forms().is_empty() { page } else { browser.press(&page, "allow").await };
    flow.redeem(&api, &flow.code_of(&page)).await.tokens();
}
