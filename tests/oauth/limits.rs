//! `MaxSessions` counts sessions at the pages and sessions of clients separately.

use crate::harness::{Api, Browser, Flow, NATIVE, WEB};

/// A client's sign-in ends no session at the pages, so the next client needs no password.
#[tokio::test]
async fn a_clients_sign_in_ends_only_sessions_of_clients() {
    let api = Api::with(|p| p.with("MaxSessions", "1")).await.with_clients().await;
    let mut browser = Browser::new(&api);
    let web = Flow::of(WEB).tokens(&api, &mut browser).await.tokens();
    api.clock.advance(10);
    let native = Flow::of(NATIVE).tokens(&api, &mut browser).await.tokens();
    assert_eq!(api.call(&web.access).await.status, 401, "used longest ago");
    assert_eq!(api.call(&native.access).await.status, 200);
    assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    assert_eq!(api.items("SessionsTable").await.len(), 2, "one of each kind");
}

#[tokio::test]
async fn a_second_browser_ends_the_first_browsers_session_and_no_client_session() {
    let api = Api::with(|p| p.with("MaxSessions", "1")).await.with_clients().await;
    let web = api.login().await;
    let mut first = signed_in_at(&api).await;
    api.clock.advance(10);
    let mut second = signed_in_at(&api).await;
    assert_eq!(api.call(&web.access).await.status, 200);
    assert!(Flow::of(WEB).begin(&mut first).await.asks_for_password());
    assert!(!Flow::of(WEB).begin(&mut second).await.asks_for_password());
}

/// A browser with an issued, unused code.
async fn signed_in_at(api: &Api) -> Browser<'_> {
    let mut browser = Browser::new(api);
    Flow::of(WEB).sign_in(&mut browser).await.redirect().parameter("code");
    browser
}
