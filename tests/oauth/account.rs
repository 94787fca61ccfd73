//! The page on which users see their sessions, end them, and change their password.

use shared::route;

use crate::harness::{
    ADA, ADAS_PASSWORD, Api, Browser, Flow, Form, Log, NATIVE, PASSWORD, Page, Tokens, USERNAME, WEB,
};

/// The account page, after signing in if necessary.
pub(super) async fn account(browser: &mut Browser<'_>) -> Page {
    let page = browser.get(route::ACCOUNT).await;
    if !page.asks_for_password() || page.forms().iter().any(|form| form.has("action", Some("sign-out"))) {
        page.assert_page(200);
        return page;
    }
    let page = browser.give_password(&page, USERNAME, PASSWORD).await;
    assert_eq!(page.redirect().uri, page.url.join("account").unwrap().as_str(), "back to where it came from");
    browser.get(route::ACCOUNT).await
}

/// The forms that each end one session.
pub(super) fn ends(page: &Page) -> Vec<Form> {
    page.forms().into_iter().filter(|form| form.has("action", Some("end"))).collect()
}

/// The page with the notice after a change, following the redirect if there is one.
pub(super) async fn settled(browser: &mut Browser<'_>, page: Page) -> Page {
    if page.header("location").is_none() { page } else { browser.get(route::ACCOUNT).await }
}

/// A browser with the demo user signed in, and the tokens of two clients.
pub(super) async fn stage(api: &Api) -> (Browser<'_>, Tokens, Tokens) {
    let mut browser = Browser::new(api);
    let web = Flow::of(WEB).tokens(api, &mut browser).await.tokens();
    let native = Flow::of(NATIVE).tokens(api, &mut browser).await.tokens();
    (browser, web, native)
}

#[tokio::test]
async fn the_account_page_lists_the_users_own_sessions() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let page = browser.get(route::ACCOUNT).await;
    page.assert_page(200);
    assert!(page.asks_for_password());
    let ada = Flow::of(NATIVE).sign_in_as(&mut Browser::new(&api), ADA, ADAS_PASSWORD).await;
    Flow::of(NATIVE).redeem(&api, ada.redirect().parameter("code")).await;
    let page = account(&mut browser).await;
    assert!(page.html.contains(USERNAME));
    assert!(ends(&page).is_empty(), "of nobody else: {page:?}");
    Flow::of(WEB).tokens(&api, &mut browser).await;
    let page = account(&mut browser).await;
    assert!(page.html.contains("The client web") && !page.html.contains("The client native"), "{page:?}");
    assert_eq!(ends(&page).len(), 1);
}

#[tokio::test]
async fn ending_one_session_leaves_the_others() {
    let api = Api::with_pages().await;
    let (mut browser, web, native) = stage(&api).await;
    let page = account(&mut browser).await;
    let sid = crate::harness::claims(&web.access)["sid"].as_str().unwrap().to_owned();
    let form = ends(&page).into_iter().find(|form| form.value("session") == sid).unwrap();
    let (log, _guard) = Log::listen();
    let page = browser.submit(&form, &[], Some(("action", "end"))).await;
    let events = log.take_events();
    assert!(events.iter().any(|e| e["event"] == "session_revoked" && e["cause"] == "user"), "{events:?}");
    let page = settled(&mut browser, page).await;
    assert_eq!(ends(&page).len(), 1);
    assert_eq!(api.call(&web.access).await.status, 401, "at once");
    assert_eq!(api.call(&native.access).await.status, 200);
    assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    // Ending it again is no error, and another user's session stays.
    browser.submit(&form, &[], Some(("action", "end"))).await;
    let ada = Flow::of(NATIVE);
    let code = ada.code_of(&ada.sign_in_as(&mut Browser::new(&api), ADA, ADAS_PASSWORD).await);
    let hers = ada.redeem(&api, &code).await.tokens();
    let foreign = form.with("session", crate::harness::claims(&hers.access)["sid"].as_str().unwrap());
    browser.submit(&foreign, &[], Some(("action", "end"))).await;
    assert_eq!(api.call(&hers.access).await.status, 200);
}

/// One Query may return only expired sessions.
#[tokio::test]
async fn all_sessions_can_be_ended_even_if_the_page_shows_none() {
    let api = Api::with_pages().await;
    for _ in 0..100 {
        api.login().await;
    }
    api.clock.advance(15 * 86_400);
    let (mut browser, web, _) = stage(&api).await;
    let page = account(&mut browser).await;
    assert!(ends(&page).is_empty() && page.html.contains("There are more devices"), "{page:?}");
    browser.press(&page, "end-all").await.assert_page(200);
    assert_eq!(api.call(&web.access).await.status, 401);
    assert!(!account(&mut browser).await.html.contains("There are more devices"));
}

#[tokio::test]
async fn ending_all_others_keeps_this_browser_signed_in() {
    let api = Api::with_pages().await;
    let (mut browser, web, native) = stage(&api).await;
    let mut elsewhere = Browser::new(&api);
    let there = Flow::of(WEB).tokens(&api, &mut elsewhere).await.tokens();
    let page = account(&mut browser).await;
    let page = browser.press(&page, "end-all").await;
    let page = settled(&mut browser, page).await;
    assert!(ends(&page).is_empty());
    for tokens in [&web, &native, &there] {
        assert_eq!(api.call(&tokens.access).await.status, 401);
        api.refresh_of_flow(&Flow::of(WEB), &tokens.refresh).await.assert_error(400, "invalid_grant");
    }
    assert!(Flow::of(WEB).begin(&mut elsewhere).await.asks_for_password());
    assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password());
}
