//! A user with an expired password changes it at the pages, and goes on to the client.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use shared::{route, store::attribute};

use crate::harness::{
    Api, Browser, Flow, PASSWORD, Page, SESSION_COOKIE, USERNAME, WEB, claims, form, id_token,
};

const NEW: &str = "a much better password";

async fn stage() -> Api {
    let api = Api::with_pages().await;
    let flag = vec![(attribute::MUST_CHANGE, AttributeValue::Bool(true))];
    api.seeder().set("CredentialsTable", (attribute::USERNAME, USERNAME), flag).await.unwrap();
    api
}

/// Asserts that the page asks for a new password, and that no user is signed in yet.
#[track_caller]
fn assert_asks(page: &Page) {
    assert_eq!(page.header("location"), None);
    assert!(page.forms().iter().any(|form| form.has("new_password", None)), "{page:?}");
    assert!(!page.html.contains(PASSWORD));
}

async fn change(browser: &mut Browser<'_>, page: &Page, current: &str, new: &str) -> Page {
    let form = page.form_with("new_password", None);
    let fields = [("current_password", current), ("new_password", new)];
    browser.submit(&form, &fields, Some(("action", "change-password"))).await
}

#[tokio::test]
async fn the_password_is_changed_and_the_client_gets_its_code() {
    let api = stage().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    let page = flow.sign_in(&mut browser).await;
    assert_asks(&page);
    assert!(api.items("CodesTable").await.is_empty());
    api.clock.advance(30);
    let page = change(&mut browser, &page, PASSWORD, NEW).await;
    let page = if page.header("location").is_some_and(|to| to.starts_with("https://app")) {
        page
    } else {
        flow.begin(&mut browser).await
    };
    let reply = flow.redeem(&api, &flow.code_of(&page)).await;
    let tokens = reply.tokens();
    assert_eq!(api.call(&tokens.access).await.status, 200);
    assert_eq!(claims(id_token(&reply))["auth_time"], api.clock.unix());
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    api.try_login(NEW).await.tokens();
    assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password());
}

#[tokio::test]
async fn an_expired_password_opens_no_page() {
    let api = stage().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    assert_asks(&flow.sign_in(&mut browser).await);
    assert!(flow.begin(&mut browser).await.asks_for_password(), "the password was not a sign-in");
    assert!(browser.get(route::ACCOUNT).await.asks_for_password());
    let silent = flow.with("prompt", "none").begin(&mut browser).await;
    assert_eq!(silent.redirect().parameter("error"), "login_required");
    assert_eq!(browser.cookie(SESSION_COOKIE), None);
}

#[tokio::test]
async fn a_wrong_current_or_a_bad_new_password_is_asked_for_again() {
    let api = stage().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    let mut page = flow.sign_in(&mut browser).await;
    for (current, new, status) in [
        ("a wrong password", NEW, 401),
        (PASSWORD, "short", 400),
        (PASSWORD, PASSWORD, 400),
        (PASSWORD, "", 400),
    ] {
        page = change(&mut browser, &page, current, new).await;
        page.assert_page(status);
        assert_asks(&page);
        assert!(api.items("CodesTable").await.is_empty());
    }
    change(&mut browser, &page, PASSWORD, NEW).await;
    api.try_login(NEW).await.tokens();
}

#[tokio::test]
async fn a_user_who_cancels_the_change_is_not_signed_in() {
    let api = stage().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    let page = flow.sign_in(&mut browser).await;
    let redirect = browser.press(&page, "cancel").await.redirect();
    assert_eq!(redirect.parameter("error"), "access_denied");
    assert!(flow.begin(&mut browser).await.asks_for_password());
}

/// The page belongs to the browser in which the password was entered, and its name can't be replaced by another.
#[tokio::test]
async fn the_form_of_another_browser_changes_nothing() {
    let api = stage().await;
    let flow = Flow::of(WEB);
    let page = flow.sign_in(&mut Browser::new(&api)).await;
    let mut other = Browser::new(&api);
    flow.begin(&mut other).await;
    let refused = change(&mut other, &page, PASSWORD, NEW).await;
    assert_eq!((refused.status, refused.header("location")), (400, None), "{refused:?}");
    api.try_login(NEW).await.assert_error(400, "invalid_grant");
}

/// A stranger may send the form unasked. The work must not depend on the name's existence.
#[tokio::test]
async fn a_known_and_an_unknown_name_cause_the_same_work() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let mut made = Vec::new();
    for username in [USERNAME, "nobody-of-this-name"] {
        let mut browser = Browser::new(&api);
        let page = flow.begin(&mut browser).await;
        let csrf = page.sign_in_form().value("csrf").to_owned();
        let fields = [
            ("csrf", csrf.as_str()),
            ("username", username),
            ("current_password", "a wrong password"),
            ("new_password", NEW),
            ("action", "change-password"),
        ];
        let request = Request::post(flow.url()).header("content-type", "application/x-www-form-urlencoded");
        api.calls.take();
        let answer = browser.go(request, form(&fields)).await;
        assert_eq!(answer.status, 401);
        let mut calls: Vec<_> = api.calls.take().into_iter().map(|call| call.name).collect();
        calls.sort();
        made.push((calls, answer.html.replace(username, "")));
    }
    assert_eq!(made[0].0, made[1].0);
}
