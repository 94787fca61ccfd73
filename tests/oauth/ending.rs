//! An app's logout ends the app's session. `/end-session` also ends the one at the pages. Everywhere ends all.

use shared::route;

use crate::harness::{APP, Api, Browser, Flow, NATIVE, WEB, id_token};

/// A client's result of a sign-in.
pub(super) struct Got {
    pub(super) flow: Flow,
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) id_token: String,
}

pub(super) async fn sign_in(api: &Api, browser: &mut Browser<'_>, client_id: &str) -> Got {
    let flow = Flow::of(client_id);
    let reply = flow.tokens(api, browser).await;
    let tokens = reply.tokens();
    Got { flow, access: tokens.access, refresh: tokens.refresh, id_token: id_token(&reply).to_owned() }
}

pub(super) async fn is_alive(api: &Api, got: &Got) -> bool {
    let is_open = api.call(&got.access).await.status == 200;
    let refreshed = api.refresh_of_flow(&got.flow, &got.refresh).await;
    assert_eq!(refreshed.status == 200, is_open, "{refreshed:?}");
    is_open
}

pub(super) async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    !Flow::of(WEB).begin(browser).await.asks_for_password()
}

#[tokio::test]
async fn an_apps_logout_leaves_the_session_at_the_pages() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let (web, native) = (sign_in(&api, &mut browser, WEB).await, sign_in(&api, &mut browser, NATIVE).await);
    let reply = api.post(route::LOGOUT, &[("client_id", WEB), ("token", &web.refresh)]).await;
    assert_eq!(reply.status, 200);
    assert!(!is_alive(&api, &web).await);
    assert!(is_alive(&api, &native).await);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_logout_everywhere_ends_all_of_them() {
    let api = Api::with_pages().await;
    let mut browsers = [Browser::new(&api), Browser::new(&api)];
    let mut all = Vec::new();
    for browser in &mut browsers {
        all.push(sign_in(&api, browser, WEB).await);
        all.push(sign_in(&api, browser, NATIVE).await);
    }
    let of_login = api.login().await;
    let everywhere = [("client_id", APP), ("token", of_login.access.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    for got in &all {
        assert!(!is_alive(&api, got).await);
    }
    for browser in &mut browsers {
        assert!(!is_signed_in(browser).await);
    }
}
