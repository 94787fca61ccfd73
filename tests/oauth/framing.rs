//! Other sites that frame Latchgate's pages, or try to consent for the user.

use axum::http::Request;
use shared::route;

use crate::harness::{Api, Browser, Flow, THIRD, USERNAME, WEB};

/// For an attacker, a consent is worth as much as a password.
#[tokio::test]
async fn a_forged_consent_form_grants_nothing() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    Flow::of(WEB).tokens(&api, &mut browser).await;
    let flow = Flow::of(THIRD);
    let form = flow.begin(&mut browser).await.form_with("action", Some("allow"));
    let button = Some(("action", "allow"));
    for form in [form.clone().without("csrf"), form.clone().with("csrf", "x")] {
        let page = browser.submit(&form, &[], button).await;
        assert_eq!(page.header("location"), None, "{page:?}");
    }
    let mut other = Browser::new(&api);
    Flow::of(WEB).tokens(&api, &mut other).await;
    let page = other.submit(&form, &[], button).await;
    assert_eq!(page.header("location"), None, "the form of another browser of the same user");
    assert!(api.items("ConsentsTable").await.is_empty());
    browser.submit(&form, &[], button).await.redirect().parameter("code");
}

#[tokio::test]
async fn every_page_forbids_framing_and_scripts() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let flow = Flow::of(WEB);
    // `Browser` asserts the headers of each page.
    let mut pages = vec![
        browser.get(route::AUTHORIZE).await,
        browser.get(route::ACCOUNT).await,
        browser.get(route::END_SESSION).await,
        flow.begin(&mut browser).await,
        flow.sign_in_as(&mut browser, USERNAME, "wrong").await,
    ];
    flow.sign_in(&mut browser).await.redirect();
    pages.push(Flow::of(THIRD).begin(&mut browser).await);
    pages.push(browser.get(route::ACCOUNT).await);
    pages.push(browser.get(route::END_SESSION).await);
    let delete = Request::delete(route::AUTHORIZE);
    let refused = browser.go(delete, String::new()).await;
    assert!([403, 404, 405].contains(&refused.status), "{refused:?}");
    for page in pages.iter().filter(|page| page.header("location").is_none()) {
        page.assert_page(page.status);
        let policy = page.header("content-security-policy").unwrap();
        // Browsers apply `form-action` to each redirect after a form, even to the client's.
        let is_for_client = page.url.path().ends_with(route::AUTHORIZE) && page.url.query().is_some();
        assert_eq!(policy.contains("form-action 'self'"), !is_for_client, "{policy}");
    }
}
