//! A user is signed in at the pages when the next client sends a request.

use serde_json::json;

use crate::harness::{
    ADA, ADAS_PASSWORD, Api, Browser, Flow, NATIVE, PASSWORD, SESSION_COOKIE, USER_ID, USERNAME, WEB,
    WEB_SERVER, claims, id_token,
};

#[tokio::test]
async fn a_second_client_needs_no_password() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let first = Flow::of(WEB).tokens(&api, &mut browser).await.tokens();
    api.clock.advance(3600);
    for client_id in [WEB_SERVER, NATIVE, WEB] {
        let flow = Flow::of(client_id);
        let page = flow.begin(&mut browser).await;
        assert!(!page.asks_for_password(), "{client_id}");
        let code = flow.code(&mut browser).await;
        let reply = flow.redeem(&api, &code).await;
        let claims = claims(id_token(&reply));
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!(USER_ID), &json!(client_id)));
        assert_eq!(claims["auth_time"], api.clock.unix() - 3600, "when the password was given");
        assert_ne!(reply.tokens().refresh, first.refresh);
    }
    // With `prompt=none` no question is possible, and none is needed.
    let flow = Flow::of(WEB_SERVER).with("prompt", "none");
    flow.redeem(&api, &flow.code_of(&flow.begin(&mut browser).await)).await.tokens();
    // Another browser isn't signed in.
    assert!(Flow::of(WEB).begin(&mut Browser::new(&api)).await.asks_for_password());
}

/// OpenID Connect Core 1.0 section 3.1.2.1.
#[tokio::test]
async fn with_prompt_login_the_password_is_asked_again() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    Flow::of(WEB).tokens(&api, &mut browser).await;
    api.clock.advance(100);
    for prompt in ["login", "select_account", "login consent"] {
        let flow = Flow::of(WEB).with("prompt", prompt);
        let page = flow.begin(&mut browser).await;
        assert!(page.asks_for_password(), "{prompt}");
    }
    let flow = Flow::of(WEB).with("prompt", "login");
    let page = flow.begin(&mut browser).await;
    let page = browser.give_password(&page, USERNAME, PASSWORD).await;
    let reply = flow.redeem(&api, &flow.code_of(&page)).await;
    assert_eq!(claims(id_token(&reply))["auth_time"], api.clock.unix());
}

#[tokio::test]
async fn a_password_that_is_older_than_the_client_takes_is_asked_again() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    Flow::of(WEB).tokens(&api, &mut browser).await;
    let aged = |age: &str| Flow::of(WEB).with("max_age", age);
    api.clock.advance(100);
    assert!(!aged("100").begin(&mut browser).await.asks_for_password());
    assert!(!aged("4000000000").begin(&mut browser).await.asks_for_password());
    assert!(aged("99").begin(&mut browser).await.asks_for_password());
    assert!(aged("0").begin(&mut browser).await.asks_for_password());
    let silent = aged("99").with("prompt", "none").begin(&mut browser).await;
    assert_eq!(silent.redirect().parameter("error"), "login_required");

    let flow = aged("0");
    let page = flow.begin(&mut browser).await;
    let page = browser.give_password(&page, USERNAME, PASSWORD).await;
    let reply = flow.redeem(&api, &flow.code_of(&page)).await;
    assert_eq!(claims(id_token(&reply))["auth_time"], api.clock.unix());
}

/// A browser has one user at a time: the second replaces the first.
#[tokio::test]
async fn another_user_of_the_browser_takes_the_place_of_the_first() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let flow = Flow::of(WEB).with("prompt", "login");
    let demo = flow.redeem(&api, &flow.code_of(&flow.sign_in(&mut browser).await)).await.tokens();
    let of_demo = browser.cookie(SESSION_COOKIE).unwrap().to_owned();
    let waiting = flow.code_of(&flow.sign_in(&mut browser).await);

    let page = flow.sign_in_as(&mut browser, ADA, ADAS_PASSWORD).await;
    let ada = flow.redeem(&api, &flow.code_of(&page)).await.tokens();
    assert_eq!(claims(&ada.access)["sub"], "ada-user");
    assert_eq!(browsers(&api).await, ["ada-user"], "that of the first user has ended");
    // The first user's apps stay signed in, but unused codes are void.
    assert_eq!(api.call(&demo.access).await.status, 200);
    flow.redeem(&api, &waiting).await.assert_error(400, "invalid_grant");
    let mut old = Browser::new(&api);
    old.set_cookie(SESSION_COOKIE, &of_demo);
    assert!(Flow::of(WEB).begin(&mut old).await.asks_for_password());
    let reply = Flow::of(NATIVE).tokens(&api, &mut browser).await;
    assert_eq!(claims(id_token(&reply))["sub"], "ada-user");
}

/// The users of the sessions at the pages.
async fn browsers(api: &Api) -> Vec<String> {
    let sessions = api.items("SessionsTable").await;
    let text = |row: &std::collections::BTreeMap<String, _>, name: &str| -> String {
        let value: &aws_sdk_dynamodb::types::AttributeValue = &row[name];
        value.as_s().unwrap().clone()
    };
    let of_pages = sessions.iter().filter(|row| text(row, "session_key").starts_with("(browser)#"));
    of_pages.map(|row| text(row, "user_id")).collect()
}

/// The same user in the same browser keeps one session.
#[tokio::test]
async fn the_same_user_signing_in_again_has_one_session_at_the_pages() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let flow = Flow::of(WEB).with("prompt", "login");
    for _ in 0..3 {
        flow.sign_in(&mut browser).await.redirect().parameter("code");
        assert_eq!(browsers(&api).await, [USER_ID]);
    }
}
