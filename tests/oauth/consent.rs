//! Users are asked before a third party's client may act for them.

use shared::store::attribute;

use crate::harness::{
    ADA, ADAS_PASSWORD, Api, Browser, Flow, PASSWORD, Page, THIRD, USER_ID, USERNAME, WEB, text,
};

/// Whether the page asks for consent.
pub(super) fn asks(page: &Page) -> bool {
    page.forms().iter().any(|form| form.has("action", Some("allow")))
}

/// A browser with the demo user signed in.
pub(super) async fn signed_in(api: &Api) -> Browser<'_> {
    let mut browser = Browser::new(api);
    Flow::of(WEB).tokens(api, &mut browser).await;
    browser
}

#[tokio::test]
async fn a_user_is_asked_the_first_time_and_the_answer_is_remembered() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let flow = Flow::of(THIRD);
    let asked = flow.sign_in(&mut browser).await;
    asked.assert_page(200);
    assert!(asks(&asked));
    assert!(asked.html.contains("The client third"), "whom it is about: {asked:?}");
    assert!(api.items("CodesTable").await.is_empty());
    let page = browser.press(&asked, "allow").await;
    let reply = flow.redeem(&api, &flow.code_of(&page)).await;
    assert_eq!(reply.body["scope"], "email offline_access openid profile read write");
    reply.tokens();
    let consent = api.items("ConsentsTable").await.remove(0);
    assert_eq!(consent[attribute::USER_ID], text(USER_ID));
    assert_eq!(consent[attribute::CLIENT_ID], text(THIRD));

    // The consent counts in any browser of the user.
    for mut browser in [browser, signed_in(&api).await] {
        api.clock.advance(3600);
        let page = flow.begin(&mut browser).await;
        flow.redeem(&api, &flow.code_of(&page)).await.tokens();
        let page = Flow::of(THIRD).with("scope", "read").with("prompt", "none").begin(&mut browser).await;
        page.redirect().parameter("code");
    }
    // It doesn't count for another user.
    let page = flow.sign_in_as(&mut Browser::new(&api), ADA, ADAS_PASSWORD).await;
    assert!(asks(&page));
}

#[tokio::test]
async fn a_wider_scope_is_asked_for_again() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    let flow = |scope: &str| Flow::of(THIRD).with("scope", scope);
    let page = flow("openid read").begin(&mut browser).await;
    browser.press(&page, "allow").await.redirect().parameter("code");
    for more in ["openid read write", "openid read offline_access", "email"] {
        let page = flow(more).begin(&mut browser).await;
        assert!(asks(&page), "{more}");
        let silent = flow(more).with("prompt", "none").begin(&mut browser).await;
        assert_eq!(silent.redirect().parameter("error"), "consent_required", "{more}");
    }
    let page = flow("openid write").begin(&mut browser).await;
    browser.press(&page, "allow").await.redirect().parameter("code");
    // Consents add up.
    let page = flow("openid read write").begin(&mut browser).await;
    page.redirect().parameter("code");
}

#[tokio::test]
async fn a_user_who_refuses_is_sent_back_and_asked_again_next_time() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    let flow = Flow::of(THIRD);
    for _ in 0..2 {
        let page = flow.begin(&mut browser).await;
        let redirect = browser.press(&page, "deny").await.redirect();
        assert_eq!(redirect.uri, flow.redirect_uri);
        assert_eq!(redirect.parameter("error"), "access_denied");
        assert_eq!(redirect.parameter("state"), "a state & more");
        assert_eq!(redirect.parameter("iss"), "https://issuer.example.com");
    }
    assert!(api.items("ConsentsTable").await.is_empty());
    assert_eq!(api.items("CodesTable").await.len(), 1, "that of the first client");
    assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password(), "still signed in");
}

#[tokio::test]
async fn a_user_who_cancels_the_sign_in_is_sent_back() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let page = Flow::of(WEB).begin(&mut browser).await;
    let redirect = browser.press(&page, "cancel").await.redirect();
    assert_eq!(redirect.parameter("error"), "access_denied");
    assert_eq!(redirect.parameter("state"), "a state & more");
}

#[tokio::test]
async fn prompt_consent_asks_a_user_who_has_agreed() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    for client_id in [THIRD, WEB] {
        let flow = Flow::of(client_id).with("prompt", "consent");
        for _ in 0..2 {
            let page = flow.begin(&mut browser).await;
            assert!(asks(&page), "{client_id}");
            let code = flow.code_of(&browser.press(&page, "allow").await);
            flow.redeem(&api, &code).await.tokens();
        }
    }
    let both = Flow::of(THIRD).with("prompt", "login consent");
    let page = both.begin(&mut browser).await;
    assert!(page.asks_for_password(), "one after the other");
    let page = browser.give_password(&page, USERNAME, PASSWORD).await;
    assert!(asks(&page));
    browser.press(&page, "allow").await.redirect().parameter("code");
}

#[tokio::test]
async fn a_revoked_consent_is_asked_for_again() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    let flow = Flow::of(THIRD);
    let page = flow.begin(&mut browser).await;
    browser.press(&page, "allow").await.redirect().parameter("code");
    api.delete_all("ConsentsTable").await;
    assert!(asks(&flow.begin(&mut browser).await));
    let silent = flow.with("prompt", "none").begin(&mut browser).await;
    assert_eq!(silent.redirect().parameter("error"), "consent_required");
}
