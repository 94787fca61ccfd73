//! A client's hint at its user, by a name or by an ID token (OpenID Connect Core 1.0 section 3.1.2.1).

use crate::harness::{
    ADA, ADAS_PASSWORD, Api, Browser, Flow, NATIVE, PASSWORD, SESSION_COOKIE, WEB, claims, forged, id_token,
};

#[tokio::test]
async fn a_login_hint_fills_in_the_name_and_signs_no_user_in() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let hint = r#"<b>"x"&amp;'</b>"#;
    for name in [ADA, hint] {
        let page = Flow::of(WEB).with("login_hint", name).begin(&mut browser).await;
        assert_eq!(page.sign_in_form().value("username"), name);
        assert!(!page.html.contains("<b>"), "it is text");
    }
    let page = Flow::of(WEB).with("login_hint", ADA).begin(&mut browser).await;
    let wrong = browser.give_password(&page, ADA, PASSWORD).await;
    wrong.assert_page(401);
    assert_eq!(wrong.sign_in_form().value("username"), ADA);
    assert!(!wrong.html.contains(PASSWORD));
    assert!(browser.cookie(SESSION_COOKIE).is_none());
}

#[tokio::test]
async fn a_client_gets_only_the_user_of_its_id_token_hint() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let demo = Flow::of(NATIVE).tokens(&api, &mut browser).await;
    let of_demo = Flow::of(WEB).with("id_token_hint", id_token(&demo));
    api.clock.advance(7200);
    // An expired ID token still works as a hint, and so does another client's.
    of_demo.begin(&mut browser).await.redirect().parameter("code");
    of_demo.clone().with("prompt", "none").begin(&mut browser).await.redirect().parameter("code");

    let mut adas = Browser::new(&api);
    Flow::of(WEB).sign_in_as(&mut adas, ADA, ADAS_PASSWORD).await.redirect().parameter("code");
    let silent = of_demo.clone().with("prompt", "none").begin(&mut adas).await;
    assert_eq!(silent.redirect().parameter("error"), "login_required");
    assert!(of_demo.begin(&mut adas).await.asks_for_password());
    // If another user than the expected one signs in, the client gets an error, so that it doesn't ask forever.
    let other = of_demo.sign_in_as(&mut adas, ADA, ADAS_PASSWORD).await;
    assert_eq!(other.redirect().parameter("error"), "login_required");
    let page = of_demo.sign_in(&mut adas).await;
    let reply = of_demo.redeem(&api, &of_demo.code_of(&page)).await;
    assert_eq!(claims(id_token(&reply))["sub"], claims(id_token(&demo))["sub"]);
}

#[tokio::test]
async fn a_bad_id_token_hint_allows_no_silent_sign_in() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let reply = Flow::of(WEB).tokens(&api, &mut browser).await;
    let junk = forged(id_token(&reply));
    for hint in ["x", &junk, &reply.tokens().access] {
        let silent = Flow::of(WEB).with("id_token_hint", hint).with("prompt", "none");
        let redirect = silent.begin(&mut browser).await.redirect();
        assert_eq!(redirect.parameter("error"), "login_required", "{hint}");
    }
}
