//! The session at the pages: its lifetime, its cookie and its use.

use shared::store::attribute;

use crate::harness::{Api, Browser, Flow, SESSION_COOKIE, Tokens, WEB, number};

/// The defaults of template.yaml.
pub(super) const IDLE: u64 = 86_400;

const ABSOLUTE: u64 = 1_209_600;

/// A browser with the demo user signed in, and tokens.
pub(super) async fn signed_in(api: &Api) -> (Browser<'_>, Tokens) {
    let mut browser = Browser::new(api);
    let tokens = Flow::of(WEB).tokens(api, &mut browser).await.tokens();
    (browser, tokens)
}

/// Whether the cookie signs a user in, whatever its age.
pub(super) async fn is_signed_in(api: &Api, cookie: &str) -> bool {
    let mut browser = Browser::new(api);
    browser.set_cookie(SESSION_COOKIE, cookie);
    let page = Flow::of(WEB).begin(&mut browser).await;
    assert!(page.asks_for_password() || page.redirect().parameters.contains_key("code"));
    !page.asks_for_password()
}

#[tokio::test]
async fn a_browser_session_ends_a_day_after_its_last_use() {
    let api = Api::with_pages().await;
    let (mut browser, _) = signed_in(&api).await;
    for _ in 0..3 {
        api.clock.advance(IDLE - 1);
        assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    }
    let cookie = browser.cookie(SESSION_COOKIE).unwrap().to_owned();
    api.clock.advance(IDLE);
    assert_eq!(browser.cookie(SESSION_COOKIE), None, "the browser has forgotten it");
    assert!(!is_signed_in(&api, &cookie).await, "and the server as well");
}

#[tokio::test]
async fn a_browser_session_ends_after_two_weeks_of_steady_use() {
    let api = Api::with_pages().await;
    let (mut browser, _) = signed_in(&api).await;
    let start = api.clock.unix();
    while api.clock.unix() + IDLE / 2 < start + ABSOLUTE {
        api.clock.advance(IDLE / 2);
        assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    }
    let cookie = browser.cookie(SESSION_COOKIE).unwrap().to_owned();
    api.clock.set(start + ABSOLUTE - 1);
    assert!(is_signed_in(&api, &cookie).await);
    api.clock.advance(1);
    assert!(!is_signed_in(&api, &cookie).await);
}

#[tokio::test]
async fn a_stack_may_have_other_limits() {
    let change =
        |p: local::template::Parameters| p.with("BrowserIdleTtl", "100").with("BrowserAbsoluteTtl", "150");
    let api = Api::with(change).await.with_clients().await;
    let (browser, _) = signed_in(&api).await;
    let cookie = browser.cookie(SESSION_COOKIE).unwrap().to_owned();
    api.clock.advance(99);
    assert!(is_signed_in(&api, &cookie).await);
    api.clock.advance(50);
    assert!(is_signed_in(&api, &cookie).await);
    api.clock.advance(1);
    assert!(!is_signed_in(&api, &cookie).await);
}

/// A client's tokens outlive the session at the pages that led to them: the operator's own app stays signed in.
#[tokio::test]
async fn the_session_of_a_client_outlives_the_browser_session() {
    let api = Api::with_pages().await;
    let (_, tokens) = signed_in(&api).await;
    api.clock.advance(2 * IDLE);
    api.refresh_of_flow(&Flow::of(WEB), &tokens.refresh).await.tokens();
}

#[tokio::test]
async fn each_use_is_recorded_in_the_browser_session() {
    let api = Api::with_pages().await;
    let (mut browser, tokens) = signed_in(&api).await;
    api.clock.advance(600);
    let now = api.clock.unix();
    Flow::of(WEB).begin(&mut browser).await.redirect();
    let sessions = api.items("SessionsTable").await;
    let of_pages = |row: &&std::collections::BTreeMap<_, _>| {
        let key: &aws_sdk_dynamodb::types::AttributeValue = &row[attribute::SESSION_KEY];
        key.as_s().unwrap().starts_with("(browser)#")
    };
    let session = sessions.iter().find(of_pages).unwrap();
    assert_eq!(session[attribute::ROTATED_AT], number(now));
    assert_eq!(session[attribute::EXPIRES_AT], number(now + IDLE));
    assert_eq!(session[attribute::GENERATION], number(0), "its cookie is never another");
    let listed = api.call(&tokens.access).await;
    assert_eq!(listed.body["sessions"].as_array().unwrap().len(), 2, "{listed:?}");
}
