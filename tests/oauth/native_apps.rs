//! A native app, which another program on the device can imitate, gets no code without the user's knowledge (RFC 8252
//! section 8.6).

use super::consent::{asks, signed_in};
use crate::harness::{ADA, Api, Browser, Flow, NATIVE, THIRD, USERNAME, WEB, client};

const URIS: [&str; 3] =
    ["http://127.0.0.1:5000/callback", "http://localhost:5000/callback", "com.example.app:/callback"];

#[tokio::test]
async fn a_signed_in_user_is_asked_each_time() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    for uri in URIS {
        let flow = Flow::of(NATIVE).with("redirect_uri", uri);
        for _ in 0..2 {
            let page = flow.begin(&mut browser).await;
            page.assert_page(200);
            assert!(page.asks_to_continue() && !page.asks_for_password(), "{page:?}");
            assert!(page.html.contains("The client native") && page.html.contains(USERNAME), "{page:?}");
            let code = flow.code_of(&browser.press(&page, "continue").await);
            flow.redeem(&api, &code).await.tokens();
        }
        let silent = flow.clone().with("prompt", "none").begin(&mut browser).await.redirect();
        assert_eq!((silent.uri.as_str(), silent.parameter("error")), (uri, "interaction_required"));
        let page = flow.begin(&mut browser).await;
        let redirect = browser.press(&page, "deny").await.redirect();
        assert_eq!((redirect.uri.as_str(), redirect.parameter("error")), (uri, "access_denied"));
    }
    assert!(api.items("ConsentsTable").await.is_empty(), "nothing is remembered");
}

/// A user who just entered the password for this request needs no other question.
#[tokio::test]
async fn a_user_who_gives_the_password_is_not_asked() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let flow = Flow::of(NATIVE);
    flow.code_of(&flow.sign_in(&mut browser).await);
    let again = Flow::of(NATIVE).with("prompt", "login");
    again.code_of(&again.sign_in(&mut browser).await);
}

/// A link that the system verifies and a client with a secret can't be imitated.
#[tokio::test]
async fn a_client_that_can_not_be_imitated_needs_no_confirmation() {
    let api = Api::with_pages().await;
    let mut native = client(NATIVE);
    native.redirect_uris.push("https://app.example.com/native".to_owned());
    api.put_client(&native).await;
    let mut browser = signed_in(&api).await;
    let flow = Flow::of(NATIVE).with("redirect_uri", "https://app.example.com/native");
    flow.code_of(&flow.begin(&mut browser).await);
    flow.code_of(&flow.clone().with("prompt", "none").begin(&mut browser).await);
}

/// Two questions in turn: first the consent, and later only whether to go on.
#[tokio::test]
async fn a_third_party_app_is_asked_about_again_after_the_consent() {
    let api = Api::with_pages().await;
    let mut third = client(THIRD);
    third.redirect_uris = vec![URIS[0].to_owned()];
    api.put_client(&third).await;
    let mut browser = signed_in(&api).await;
    let flow = Flow::of(THIRD).with("redirect_uri", URIS[0]);
    let consent = flow.begin(&mut browser).await;
    assert!(asks(&consent) && !consent.asks_to_continue());
    flow.code_of(&browser.press(&consent, "allow").await);
    let page = flow.begin(&mut browser).await;
    assert!(page.asks_to_continue() && !asks(&page));
    // If the consent is withdrawn meanwhile, it is asked for again.
    api.delete_all("ConsentsTable").await;
    let page = browser.press(&page, "continue").await;
    assert!(asks(&page), "{page:?}");
}

/// The form works only for its own question, request and sign-in.
#[tokio::test]
async fn the_form_of_another_question_gets_no_code() {
    let api = Api::with_pages().await;
    let mut browser = signed_in(&api).await;
    let flow = Flow::of(NATIVE);
    let form = |page: &crate::harness::Page| page.form_with("action", Some("continue"));
    let (own, other) = (flow.begin(&mut browser).await, Flow::of(NATIVE).with("state", "another"));
    let other = form(&other.begin(&mut browser).await);
    let consent = flow.clone().with("prompt", "consent").begin(&mut browser).await;
    let consent = consent.form_with("action", Some("allow"));
    let codes = api.items("CodesTable").await.len();
    for form in [
        form(&own).with("csrf", other.value("csrf")),
        form(&own).with("csrf", consent.value("csrf")),
        form(&own).with("csrf", "x"),
    ] {
        let page = browser.submit(&form, &[], Some(("action", "continue"))).await;
        assert!(page.asks_to_continue(), "{page:?}");
    }
    let mut elsewhere = Browser::new(&api);
    let page = elsewhere.submit(&form(&own), &[], Some(("action", "continue"))).await;
    assert!(page.asks_for_password(), "another browser: {page:?}");
    assert_eq!(api.items("CodesTable").await.len(), codes);
    // Once another user signs in, the form no longer works.
    let login = Flow::of(WEB).with("prompt", "login");
    login.sign_in_as(&mut browser, ADA, crate::harness::ADAS_PASSWORD).await;
    let page = browser.submit(&form(&own), &[], Some(("action", "continue"))).await;
    assert!(page.asks_to_continue() && page.html.contains(ADA), "{page:?}");
}
