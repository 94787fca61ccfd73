//! A client that describes itself signs a user in.

use aws_sdk_dynamodb::types::AttributeValue::{L, S};
use serde_json::{Value, json};
use shared::route;

use super::{
    CALLBACK, HOST, URL, agreed, api_with, document, document_with, flow_of, row,
    site::{Answer, Site},
};
use crate::harness::{Api, Browser, PASSWORD, START, USERNAME, claims, id_token, number, text};

const DAY: u64 = 24 * 60 * 60;

#[tokio::test]
async fn a_client_signs_in_by_its_url_refreshes_and_signs_out() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL).with("scope", "openid email");
    let page = flow.begin(&mut browser).await;
    assert!(page.asks_for_password() && page.html.contains(HOST), "{page:?}");
    let requests = site.take_requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("GET /client.json HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].to_lowercase().contains("host: app.example.com\r\n"), "{requests:?}");
    assert!(!requests[0].to_lowercase().contains("cookie"), "{requests:?}");

    let asked = flow.sign_in(&mut browser).await;
    let heading = asked.html.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap();
    assert!(heading.contains(HOST), "the host above all: {heading}");
    for told in [URL, "An app of a stranger", "Stay signed in"] {
        assert!(asked.html.contains(told), "{told}: {asked:?}");
    }
    assert!(row(&api).await.is_none() && api.items("ConsentsTable").await.is_empty(), "nobody has agreed");

    let page = browser.press(&asked, "allow").await;
    let reply = flow.redeem(&api, &flow.code_of(&page)).await;
    let tokens = reply.tokens();
    let row = row(&api).await.unwrap();
    assert_eq!(row["document_url"], text(URL));
    assert_eq!(row["kind"], text("public"));
    assert_eq!(row["name"], text("An app of a stranger"));
    assert_eq!(
        row["redirect_uris"],
        L([CALLBACK, "http://127.0.0.1/callback"].map(|uri| S(uri.to_owned())).into())
    );
    assert_eq!(row["expires_at"], number(START + 366 * DAY));
    assert!(!row.contains_key("first_party"));
    let id = claims(id_token(&reply));
    assert_eq!(
        (&id["aud"], &id["azp"], &id["email"]),
        (&json!(URL), &json!(URL), &json!("demo@example.com"))
    );
    let access = claims(&tokens.access);
    assert_eq!(access["client_id"].as_str(), row["client_id"].as_s().ok().map(String::as_str));
    assert_eq!(access["email"], Value::Null, "it is somebody else's");
    assert_eq!(api.call(&tokens.access).await.status, 200);

    let next = api.refresh_of_flow(&flow, &tokens.refresh).await.tokens();
    let next = api.post(route::TOKEN, &flow.refresh_form(&next.refresh)).await.tokens();
    let logout = [("client_id", URL), ("token", next.refresh.as_str())];
    assert_eq!(api.post(route::LOGOUT, &logout).await.status, 200);
    api.refresh_of_flow(&flow, &next.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(site.take_requests(), [""; 0], "the document was kept, and no other function asks for one");
}

#[tokio::test]
async fn a_later_sign_in_asks_nothing_and_keeps_the_row() {
    let site = Site::start(Answer::document(&document(), 600)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL).with("scope", "openid");
    flow.code_of(&agreed(&flow, &mut browser).await);
    site.answer(Answer::document(&document_with(&json!({ "client_name": "Renamed" })), 600));
    api.clock.advance(599);
    flow.code_of(&flow.begin(&mut browser).await);
    assert_eq!(row(&api).await.unwrap()["name"], text("An app of a stranger"));
    api.clock.advance(1);
    flow.code_of(&flow.begin(&mut browser).await);
    assert_eq!(site.take_requests().len(), 2);
    let row = row(&api).await.unwrap();
    assert_eq!((&row["name"], &row["expires_at"]), (&text("Renamed"), &number(START + 600 + 366 * DAY)));
}

#[tokio::test]
async fn nothing_is_stored_of_a_client_that_a_user_refuses() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL);
    let page = flow.sign_in(&mut browser).await;
    let denied = browser.press(&page, "deny").await.redirect();
    assert_eq!((denied.uri.as_str(), denied.parameter("error")), (CALLBACK, "access_denied"));
    assert!(row(&api).await.is_none());
}

#[tokio::test]
async fn a_redirect_uri_is_one_of_the_document() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    for uri in
        ["https://app.example.com/other", "https://app.example.com/callback/", "https://evil.example.net/"]
    {
        flow_of(URL).with("redirect_uri", uri).begin(&mut browser).await.assert_page(400);
    }
    let loopback = flow_of(URL).with("redirect_uri", "http://127.0.0.1:51004/callback");
    let page = loopback.sign_in(&mut browser).await;
    assert!(page.html.contains("Any app on this device can ask in its name."), "{page:?}");
    loopback.code_of(&browser.press(&page, "allow").await);
}

#[tokio::test]
async fn a_client_can_sign_the_user_out_of_the_browser() {
    let bye = "https://app.example.com/bye";
    let document = document_with(&json!({ "post_logout_redirect_uris": [bye] }));
    let site = Site::start(Answer::document(&document, 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    let flow = flow_of(URL);
    let page = agreed(&flow, &mut browser).await;
    let reply = flow.redeem(&api, &flow.code_of(&page)).await;
    let query = |hint: &str, client_id: &str| {
        let parameters =
            [("id_token_hint", hint), ("client_id", client_id), ("post_logout_redirect_uri", bye)];
        format!("{}?{}", route::END_SESSION, crate::harness::form(&parameters))
    };
    let other = "https://app.example.com/other.json";
    browser.get(&query(id_token(&reply), other)).await.assert_page(400);
    let page = browser.get(&query(id_token(&reply), URL)).await;
    assert_eq!(page.redirect().uri, bye);
    assert!(api.items("SessionsTable").await.is_empty());
}

#[tokio::test]
async fn by_default_a_url_is_not_a_client() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[("ClientMetadataDocuments", "off")]).await;
    let page = flow_of(URL).begin(&mut Browser::new(&api)).await;
    page.assert_page(400);
    assert!(page.html.contains("Unknown app"), "{page:?}");
    assert_eq!(site.take_looked_up(), [""; 0]);
    assert_eq!(Api::start().await.template.parameter("ClientMetadataDocuments").unwrap()["Default"], "off");
}

#[tokio::test]
async fn the_documents_say_whether_a_client_may_describe_itself() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    for (value, expected) in [("off", Value::Null), ("on", json!(true))] {
        let api = api_with(&site, &[("ClientMetadataDocuments", value)]).await;
        for path in [route::AUTHORIZATION_SERVER, route::OPENID_CONFIGURATION] {
            let reply = api.send(axum::http::Request::get(path), "").await;
            assert_eq!(reply.body["client_id_metadata_document_supported"], expected, "{path}");
        }
    }
}

/// The users of such a client consent at the pages, so it never sees a password.
#[tokio::test]
async fn a_client_with_a_document_can_not_use_the_login() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    agreed(&flow_of(URL), &mut Browser::new(&api)).await.redirect();
    let id = row(&api).await.unwrap()["client_id"].as_s().unwrap().clone();
    for named in [URL, &id] {
        let login = [("client_id", named), ("username", USERNAME), ("password", PASSWORD)];
        api.post(route::LOGIN, &login).await.assert_error(401, "invalid_client");
    }
    assert_eq!(api.items("SessionsTable").await.len(), 1, "that of the browser");
}

/// The stored key of a client isn't one of its names: its document wouldn't be fetched.
#[tokio::test]
async fn the_stored_key_of_a_client_is_not_accepted_as_its_name() {
    let site = Site::start(Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    agreed(&flow_of(URL), &mut browser).await.redirect();
    let id = row(&api).await.unwrap()["client_id"].as_s().unwrap().clone();
    let page = flow_of(&id).begin(&mut browser).await;
    page.assert_page(400);
    assert!(page.html.contains("Unknown app"), "{page:?}");
}
