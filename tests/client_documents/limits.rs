//! Limits on requests for documents, however often strangers trigger them.

use serde_json::json;

use super::{
    URL, api_with, document, flow_of,
    site::{Answer, Site},
};
use crate::harness::{Browser, Log};

#[tokio::test]
async fn a_document_that_can_not_be_used_is_asked_for_again_after_ten_seconds() {
    let site = Site::start(Answer::of("404 Not Found", "", "")).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    for (later, requests) in [(0, 1), (0, 0), (9, 0)] {
        api.clock.advance(later);
        flow_of(URL).begin(&mut browser).await.assert_page(400);
        assert_eq!(site.take_requests().len(), requests);
    }
    site.answer(Answer::document(&document(), 300));
    api.clock.advance(1);
    assert!(flow_of(URL).begin(&mut browser).await.asks_for_password());
}

#[tokio::test]
async fn an_instance_asks_for_thirty_documents_in_a_minute() {
    let site = Site::start(Answer::document(&document(), 3600)).await;
    let api = api_with(&site, &[]).await;
    let mut browser = Browser::new(&api);
    assert!(flow_of(URL).begin(&mut browser).await.asks_for_password());
    for i in 0..29 {
        flow_of(&format!("https://app.example.com/{i}")).begin(&mut browser).await.assert_page(400);
    }
    assert_eq!(site.take_requests().len(), 30);
    let (log, _guard) = Log::listen();
    let another = flow_of("https://app.example.com/another");
    for _ in 0..2 {
        let page = another.begin(&mut browser).await;
        page.assert_page(503);
        assert!(page.html.contains("Not available right now"), "{page:?}");
        let event = log.take_events().remove(0);
        assert_eq!(
            (&event["event"], &event["reason"]),
            (&json!("authorize_failed"), &json!("documents_busy"))
        );
    }
    assert!(flow_of(URL).begin(&mut browser).await.asks_for_password(), "one that is known is not asked for");
    assert_eq!(site.take_requests().len(), 0);
    api.clock.advance(60);
    another.begin(&mut browser).await.assert_page(400);
    assert_eq!(site.take_requests().len(), 1);
}

/// `cargo run` serves many requests at the same time.
#[tokio::test]
async fn four_documents_are_asked_for_at_once() {
    let site = Site::start(Answer::Silence).await;
    let api = api_with(&site, &[]).await;
    let begin = async |i: u32| {
        let flow = flow_of(&format!("https://app.example.com/{i}"));
        flow.begin(&mut Browser::new(&api)).await.status
    };
    let mut statuses: [u16; 5] = tokio::join!(begin(0), begin(1), begin(2), begin(3), begin(4)).into();
    statuses.sort_unstable();
    assert_eq!(statuses, [400, 400, 400, 400, 503]);
}
