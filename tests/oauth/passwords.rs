//! The page on which users change their password.

use shared::store::attribute;

use super::account::{account, ends, settled, stage};
use crate::harness::{Api, Browser, Flow, PASSWORD, Page, SESSION_COOKIE, WEB};

const NEW: &str = "a much better password";

async fn change_password(browser: &mut Browser<'_>, current: &str, new: &str) -> Page {
    let page = account(browser).await;
    let form = page.form_with("action", Some("change-password"));
    let fields = [("current_password", current), ("new_password", new)];
    browser.submit(&form, &fields, Some(("action", "change-password"))).await
}

#[tokio::test]
async fn another_password_ends_everything_but_this_browser() {
    let api = Api::with_pages().await;
    let (mut browser, web, native) = stage(&api).await;
    let before = browser.cookie(SESSION_COOKIE).unwrap().to_owned();
    let mut elsewhere = Browser::new(&api);
    Flow::of(WEB).tokens(&api, &mut elsewhere).await;
    let page = change_password(&mut browser, PASSWORD, NEW).await;
    let page = settled(&mut browser, page).await;
    page.assert_page(200);
    assert!(ends(&page).is_empty(), "{page:?}");
    for tokens in [&web, &native] {
        assert_eq!(api.call(&tokens.access).await.status, 401);
    }
    assert!(Flow::of(WEB).begin(&mut elsewhere).await.asks_for_password());
    assert!(!Flow::of(WEB).begin(&mut browser).await.asks_for_password());
    // A thief of the old cookie has nothing.
    let mut thief = Browser::new(&api);
    thief.set_cookie(SESSION_COOKIE, &before);
    assert!(Flow::of(WEB).begin(&mut thief).await.asks_for_password());
    api.try_login(PASSWORD).await.assert_error(400, "invalid_grant");
    api.try_login(NEW).await.tokens();
}

/// A browser does this when its user presses the button twice, or when the answer is lost.
#[tokio::test]
async fn the_same_form_twice_begins_one_session() {
    let api = Api::with_pages().await;
    let (mut browser, ..) = stage(&api).await;
    let form = account(&mut browser).await.form_with("action", Some("change-password"));
    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    let mut again = browser.at(&api);
    browser.submit(&form, &fields, Some(("action", "change-password"))).await.assert_page(200);
    again.submit(&form, &fields, Some(("action", "change-password"))).await.assert_page(200);
    assert_eq!(api.items("SessionsTable").await.len(), 1, "none that no browser has");
    for browser in [&mut browser, &mut again] {
        assert!(!Flow::of(WEB).begin(browser).await.asks_for_password());
    }
    // Another browser or another form opens another session.
    assert_eq!(browser.cookie(SESSION_COOKIE), again.cookie(SESSION_COOKIE));
    let first = browser.cookie(SESSION_COOKIE).unwrap().to_owned();
    change_password(&mut browser, NEW, "an even better password").await.assert_page(200);
    assert_ne!(browser.cookie(SESSION_COOKIE), Some(&*first));
}

#[tokio::test]
async fn a_wrong_or_a_bad_password_changes_nothing_and_says_so() {
    let api = Api::with_pages().await;
    let (mut browser, web, _) = stage(&api).await;
    for (current, new, status) in [
        ("a wrong password", NEW, 401),
        (PASSWORD, "short", 400),
        (PASSWORD, "Password1", 400),
        (PASSWORD, "demodemodemo1", 400),
        (PASSWORD, PASSWORD, 400),
        (PASSWORD, "", 400),
        ("", NEW, 400),
    ] {
        let page = change_password(&mut browser, current, new).await;
        page.assert_page(status);
        assert!(page.forms().iter().any(|form| form.has("new_password", None)), "once more");
        let form = page.form_with("action", Some("change-password"));
        assert_eq!((form.value("current_password"), form.value("new_password")), ("", ""), "{new}");
    }
    assert_eq!(api.call(&web.access).await.status, 200);
    api.try_login(PASSWORD).await.tokens();
}

#[tokio::test]
async fn guesses_at_the_current_password_are_counted() {
    let api = Api::with_pages().await;
    let (mut browser, ..) = stage(&api).await;
    for _ in 0..60 {
        change_password(&mut browser, "a wrong password", NEW).await.assert_page(401);
    }
    change_password(&mut browser, PASSWORD, NEW).await.assert_page(401);
    let counted = api.items("CredentialsTable").await;
    let is_counted =
        |row: &std::collections::BTreeMap<String, _>| row.keys().any(|name| name.starts_with("guesses"));
    assert!(counted.iter().any(is_counted));
    assert!(counted.iter().all(|row| row.contains_key(attribute::PASSWORD_HASH)));
}
