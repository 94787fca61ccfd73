//! Codes and browser sessions of earlier versions, at this version's pages.

use shared::route;

use super::{
    pages::{HeldAtPages, HeldCode},
    snapshot::Snapshot,
};
use crate::harness::{Api, BYE, Browser, Flow, Reply, SESSION_COOKIE, THIRD, WEB, claims, form, id_token};

/// Each snapshot with data of the pages, and that data.
fn all() -> Vec<(Snapshot, HeldAtPages)> {
    let all = Snapshot::all().into_iter();
    let all = all.filter_map(|snapshot| snapshot.pages.clone().map(|pages| (snapshot, pages)));
    let all: Vec<_> = all.collect();
    assert!(!all.is_empty(), "the newest has them");
    all
}

/// Refreshes the session that the used code opened.
async fn refresh(api: &Api, pages: &HeldAtPages) -> Reply {
    api.refresh_of_flow(&Flow::of(WEB), &pages.refresh_token).await
}

#[tokio::test]
async fn codes_of_earlier_versions_become_sessions() {
    for (snapshot, pages) in all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        for name in ["fresh", "of a device"] {
            let reply = pages.codes[name].redeem(&api).await;
            let what = format!("{}, {name}: {reply:?}", snapshot.written_by);
            assert_eq!(reply.status, 200, "{what}");
            let (before, now) = (claims(&pages.access_token), claims(&reply.tokens().access));
            for claim in ["sub", "auth_time"] {
                assert_eq!(now[claim], before[claim], "{what}: {claim}");
            }
            assert!(!id_token(&reply).is_empty(), "{what}");
        }
        // A code is useless without the key that it was issued for.
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let without_key = HeldCode { device: None, ..pages.codes["of a device"].clone() };
        without_key.redeem(&api).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_code_that_an_earlier_version_took_is_good_no_more() {
    for (snapshot, pages) in all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        assert_eq!(api.call(&pages.access_token).await.status, 200, "{}", snapshot.written_by);
        let refreshed = refresh(&api, &pages).await.tokens();
        pages.codes["used"].redeem(&api).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&pages.access_token).await.status, 401, "{}", snapshot.written_by);
        api.refresh_of_flow(&Flow::of(WEB), &refreshed.refresh).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_browser_that_an_earlier_version_knew_needs_no_password_and_no_consent() {
    for (snapshot, pages) in all() {
        let (_secrets, api) = snapshot.found_by_this_version(&[]).await;
        let mut browser = Browser::new(&api);
        browser.set_cookie(SESSION_COOKIE, &pages.cookie);
        for client_id in [WEB, THIRD] {
            let page = Flow::of(client_id).with("prompt", "none").begin(&mut browser).await;
            assert!(page.redirect().parameters.contains_key("code"), "{}, {client_id}", snapshot.written_by);
        }
        // The client signs its user out with an ID token of the earlier version.
        let parameters = [("id_token_hint", pages.id_token.as_str()), ("post_logout_redirect_uri", BYE)];
        let page = browser.get(&format!("{}?{}", route::END_SESSION, form(&parameters))).await;
        assert_eq!(page.redirect().uri, BYE, "{}", snapshot.written_by);
        browser.set_cookie(SESSION_COOKIE, &pages.cookie);
        assert!(Flow::of(WEB).begin(&mut browser).await.asks_for_password(), "{}", snapshot.written_by);
        refresh(&api, &pages).await.assert_error(400, "invalid_grant");
    }
}
