//! Answers that aren't a client's document.

use serde_json::{Value, json};

use super::{
    URL, api_with, document, document_with, flow_of, row,
    site::{Answer, Site},
};
use crate::harness::{Api, Browser, Log};

/// Asserts that a page refuses this answer for this reason.
async fn assert_refused(api: &Api, site: &Site, answer: Answer, reason: &str) {
    let (log, _guard) = Log::listen();
    site.answer(answer.clone());
    let page = flow_of(URL).begin(&mut Browser::new(api)).await;
    page.assert_page(400);
    assert!(page.html.contains("This app can&#39;t be checked"), "{page:?}");
    let events = log.take_events();
    assert_eq!((&events[0]["event"], &events[0]["reason"]), (&json!("authorize_refused"), &json!(reason)));
    assert_eq!((events.len(), site.take_requests().len()), (1, 1), "{answer:?}");
    api.clock.advance(10);
}

#[tokio::test]
async fn an_answer_that_is_not_the_document_of_this_client_is_refused() {
    let site = Site::start(Answer::Silence).await;
    let api = api_with(&site, &[]).await;
    let text = document().to_string();
    let json_type = "content-type: application/json\r\n";
    for (status, headers, body, reason) in [
        ("404 Not Found", json_type, &*text, "document_answer"),
        ("500 Internal Server Error", json_type, &*text, "document_answer"),
        ("201 Created", json_type, &*text, "document_answer"),
        ("200 OK", "", &*text, "document_answer"),
        ("200 OK", "content-type: text/html\r\n", &*text, "document_answer"),
        ("200 OK", "content-type: application/jsonp\r\n", &*text, "document_answer"),
        ("200 OK", json_type, "<html>", "document_malformed"),
        ("200 OK", json_type, "", "document_malformed"),
        ("200 OK", json_type, "[]", "document_malformed"),
    ] {
        assert_refused(&api, &site, Answer::of(status, headers, body), reason).await;
    }
    assert_refused(&api, &site, Answer::Bytes(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()), "document_answer").await;
    for (changes, reason) in [
        (json!({ "client_id": "https://app.example.com/other.json" }), "document_of_another"),
        (json!({ "client_id": Value::Null }), "document_malformed"),
        (json!({ "redirect_uris": ["http://app.example.com/callback"] }), "document_redirect_uris"),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "document_authentication"),
        (json!({ "client_secret": "secret" }), "document_authentication"),
        (json!({ "grant_types": ["client_credentials"] }), "document_flow"),
    ] {
        assert_refused(&api, &site, Answer::document(&document_with(&changes), 300), reason).await;
    }
    assert!(row(&api).await.is_none());
}

/// A more specific type is JSON too (draft section 4).
#[tokio::test]
async fn a_specific_type_of_json_and_a_body_in_chunks_are_a_document() {
    let site = Site::start(Answer::Silence).await;
    let api = api_with(&site, &[]).await;
    let text = document().to_string();
    let (first, second) = text.split_at(40);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/client+json; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len(),
    );
    site.answer(Answer::Bytes(chunked.into_bytes()));
    assert!(flow_of(URL).begin(&mut Browser::new(&api)).await.asks_for_password());
}

#[tokio::test]
async fn a_document_of_10_mb_is_not_read() {
    let site = Site::start(Answer::Silence).await;
    let api = api_with(&site, &[]).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let length = "content-length: 10485760\r\n";
    for length in [length, ""] {
        let head = format!("{head}{length}\r\n").into_bytes();
        assert_refused(&api, &site, Answer::Endless(head), "document_too_large").await;
    }
    // The limit is 16 KB.
    let padded = |len: usize| format!("{}{}", document(), " ".repeat(len - document().to_string().len()));
    let answer = |body: &str| Answer::of("200 OK", "content-type: application/json\r\n", body);
    assert_refused(&api, &site, answer(&padded(16 * 1024 + 1)), "document_too_large").await;
    site.answer(answer(&padded(16 * 1024)));
    assert!(flow_of(URL).begin(&mut Browser::new(&api)).await.asks_for_password());
}

/// Endless headers are bounded too.
#[tokio::test]
async fn a_head_without_an_end_is_not_read() {
    let site = Site::start(Answer::Silence).await;
    let api = api_with(&site, &[]).await;
    let head = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    assert_refused(&api, &site, Answer::Endless(head), "document_answer").await;
}

#[tokio::test]
async fn a_site_that_is_slow_is_given_three_seconds() {
    let site = Site::start(Answer::Silence).await;
    let api = api_with(&site, &[]).await;
    let slow = Answer::document(&document(), 300);
    let Answer::Bytes(bytes) = slow else { panic!("it is bytes") };
    assert!(bytes.len() > 60, "a tenth of a second each");
    for answer in [Answer::Drip(bytes), Answer::Silence] {
        assert_refused(&api, &site, answer, "document_slow").await;
    }
}

#[tokio::test]
async fn a_site_with_the_certificate_of_another_host_is_not_asked() {
    let site = Site::of_host("other.example.com", Answer::document(&document(), 300)).await;
    let api = api_with(&site, &[]).await;
    let (log, _guard) = Log::listen();
    flow_of(URL).begin(&mut Browser::new(&api)).await.assert_page(400);
    assert_eq!(log.take_events()[0]["reason"], "document_unreachable");
    assert_eq!(site.take_requests(), [""; 0]);
}
