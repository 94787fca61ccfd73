//! The cookies of the pages and their use.

use axum::http::Request;
use shared::route;

use super::browser_sessions::{IDLE, is_signed_in, signed_in};
use crate::harness::{
    APP, Api, Browser, FORM_COOKIE, Flow, PASSWORD, Page, SESSION_COOKIE, SetCookie, USERNAME, WEB, bearer,
    forged, form, form_post,
};

#[tokio::test]
async fn the_cookie_goes_only_to_its_server_and_lives_as_long_as_the_session() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let flow = Flow::of(WEB);
    let asked = flow.begin(&mut browser).await;
    let cookies = |page: &Page| -> Vec<SetCookie> {
        page.headers
            .get_all("set-cookie")
            .iter()
            .map(|text| SetCookie::read(text.to_str().unwrap()))
            .collect()
    };
    let form_cookie = cookies(&asked).remove(0);
    assert_eq!(
        (form_cookie.name.as_str(), form_cookie.max_age),
        (FORM_COOKIE, None),
        "until the browser closes"
    );
    assert!(form_cookie.value.len() >= 22, "128 bits");
    let page = browser.give_password(&asked, USERNAME, PASSWORD).await;
    let session = cookies(&page).into_iter().find(|cookie| cookie.name == SESSION_COOKIE).unwrap();
    assert_eq!(session.max_age, Some(IDLE));
    assert!(is_signed_in(&api, &session.value).await);
    // Every browser has a different form cookie.
    let mut other = Browser::new(&api);
    flow.begin(&mut other).await;
    assert_ne!(other.cookie(FORM_COOKIE), browser.cookie(FORM_COOKIE));
}

#[tokio::test]
async fn a_foreign_or_forged_cookie_signs_no_user_in() {
    let api = Api::with_pages().await;
    let (browser, tokens) = signed_in(&api).await;
    let cookie = browser.cookie(SESSION_COOKIE).unwrap().to_owned();
    let elsewhere = Api::with_pages().await;
    let (of_another_stack, _) = signed_in(&elsewhere).await;
    let theirs = of_another_stack.cookie(SESSION_COOKIE).unwrap();
    api.calls.take();
    let changed = forged(&cookie);
    for other in ["", "x", &changed, &cookie[1..], theirs, &tokens.refresh, &tokens.access] {
        assert!(!is_signed_in(&api, other).await, "{other}");
    }
    let reads = api.calls.take();
    assert!(reads.iter().all(|call| call.name == "GetItem Clients"), "{reads:?}");
    // Two cookies of one name: an attacker on a subdomain or in the network may have set one.
    let two = Request::get(Flow::of(WEB).url());
    let two = two.header("cookie", format!("{SESSION_COOKIE}={theirs}; {SESSION_COOKIE}={cookie}"));
    assert!(Browser::new(&api).go(two, String::new()).await.asks_for_password());
}

/// The cookie is a session of a client that no endpoint knows.
#[tokio::test]
async fn the_cookie_is_neither_a_refresh_token_nor_an_access_token() {
    let api = Api::with_pages().await;
    let (browser, _) = signed_in(&api).await;
    let cookie = browser.cookie(SESSION_COOKIE).unwrap();
    for path in [route::REFRESH, route::TOKEN] {
        for client_id in [WEB, APP, "(browser)"] {
            let parameters =
                [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", cookie)];
            let reply = api.post(path, &parameters).await;
            assert!([400, 401].contains(&reply.status), "{path}, {client_id}: {reply:?}");
        }
    }
    let parameters = [("client_id", "(browser)"), ("token", cookie)];
    let reply = api.send(form_post(route::LOGOUT), form(&parameters)).await;
    assert!([200, 401].contains(&reply.status), "{reply:?}");
    assert_eq!(api.send(bearer(Request::get(route::SESSIONS), cookie), "").await.status, 401);
    assert!(is_signed_in(&api, cookie).await, "it still is one");
}
