//! A client signs its user out (OpenID Connect RP-Initiated Logout 1.0).

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use super::ending::{is_alive, is_signed_in, sign_in};
use crate::harness::{
    ADA, ADAS_PASSWORD, Api, BYE, Browser, Flow, NATIVE, Page, SESSION_COOKIE, WEB, WEB_SERVER, claims,
    forged, form, id_token, text,
};

async fn end_session(browser: &mut Browser<'_>, parameters: &[(&str, &str)]) -> Page {
    browser.get(&format!("{}?{}", route::END_SESSION, form(parameters))).await
}

/// OpenID Connect RP-Initiated Logout 1.0 section 2.
#[tokio::test]
async fn with_its_id_token_a_client_ends_its_session_and_that_of_the_pages() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let (web, native) = (sign_in(&api, &mut browser, WEB).await, sign_in(&api, &mut browser, NATIVE).await);
    let cookie = browser.cookie(SESSION_COOKIE).unwrap().to_owned();
    api.clock.advance(3600);
    let parameters = [
        ("id_token_hint", web.id_token.as_str()),
        ("post_logout_redirect_uri", BYE),
        ("state", "a state & more"),
    ];
    let page = end_session(&mut browser, &parameters).await;
    let redirect = page.redirect();
    assert_eq!(redirect.uri, BYE);
    assert_eq!(redirect.parameters.len(), 1, "{redirect:?}");
    assert_eq!(redirect.parameter("state"), "a state & more");
    assert_eq!(browser.cookie(SESSION_COOKIE), None);
    browser.set_cookie(SESSION_COOKIE, &cookie);
    assert!(!is_signed_in(&mut browser).await);
    let refreshed = api.refresh_of_flow(&web.flow, &web.refresh).await;
    refreshed.assert_error(400, "invalid_grant");
    assert_eq!(
        api.refresh_of_flow(&native.flow, &native.refresh).await.status,
        200,
        "another client's goes on"
    );
    // A repetition has nothing to end, and isn't an error.
    let again = end_session(&mut Browser::new(&api), &parameters).await;
    assert_eq!(again.redirect().uri, BYE);
}

/// A damaged row opens nothing, and doesn't prevent the logout.
#[tokio::test]
async fn an_unreadable_session_can_be_ended_from_its_browser() {
    for is_asked in [true, false] {
        let api = Api::with_pages().await;
        let mut browser = Browser::new(&api);
        let web = sign_in(&api, &mut browser, WEB).await;
        let button = browser.get(route::END_SESSION).await.form_with("action", Some("sign-out"));
        let sessions = api.items("SessionsTable").await;
        let mut row = sessions.into_iter().find(is_of_pages).unwrap();
        row.insert(attribute::GENERATION.to_owned(), text("damaged"));
        api.put("SessionsTable", row).await;
        let page = if is_asked {
            browser.submit(&button, &[], Some(("action", "sign-out"))).await
        } else {
            browser.get(route::ACCOUNT).await.assert_page(200);
            end_session(&mut browser, &[]).await
        };
        page.assert_page(200);
        assert_eq!(browser.cookie(SESSION_COOKIE), None);
        assert!(!api.items("SessionsTable").await.iter().any(is_of_pages), "{is_asked}");
        assert!(is_alive(&api, &web).await, "an app's goes on");
    }
}

fn is_of_pages(row: &BTreeMap<String, AttributeValue>) -> bool {
    row[attribute::SESSION_KEY].as_s().unwrap().starts_with("(browser)#")
}

/// Any page can send a user to this URL, so the visit alone signs no one out.
#[tokio::test]
async fn without_an_id_token_the_user_is_asked() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let web = sign_in(&api, &mut browser, WEB).await;
    let elsewhere = sign_in(&api, &mut Browser::new(&api), WEB_SERVER).await;
    let junk = forged(&web.id_token);
    for parameters in [
        &[][..],
        &[("client_id", WEB)],
        &[("client_id", WEB), ("post_logout_redirect_uri", BYE)],
        &[("id_token_hint", "x")],
        &[("id_token_hint", &junk)],
        &[("id_token_hint", &web.access)],
        &[("id_token_hint", &web.refresh)],
        &[("id_token_hint", &web.id_token), ("client_id", NATIVE)],
    ] {
        let page = end_session(&mut browser, parameters).await;
        assert_eq!(page.header("location"), None, "{parameters:?}: {page:?}");
        assert!(is_signed_in(&mut browser).await, "{parameters:?}");
        assert_eq!(api.call(&web.access).await.status, 200, "{parameters:?}");
    }
    let page = end_session(&mut browser, &[]).await;
    page.assert_page(200);
    browser.press(&page, "cancel").await;
    assert!(is_signed_in(&mut browser).await);
    let page = end_session(&mut browser, &[]).await;
    browser.press(&page, "sign-out").await;
    assert!(!is_signed_in(&mut browser).await);
    assert_eq!(browser.cookie(SESSION_COOKIE), None);
    assert!(is_alive(&api, &elsewhere).await);
}

#[tokio::test]
async fn a_user_is_sent_only_to_registered_uris() {
    let api = Api::with_pages().await;
    for uri in [
        "https://evil.example.org/",
        "https://app.example.com/bye/",
        "https://app.example.com/bye?x=1",
        "https://app.example.com/callback",
        "https://app.example.com/Bye",
        "//app.example.com/bye",
        "javascript:alert(1)",
        "http://app.example.com/bye",
        "https://app.example.com/bye\r\nx: y",
    ] {
        let mut browser = Browser::new(&api);
        let web = sign_in(&api, &mut browser, WEB).await;
        let parameters = [("id_token_hint", web.id_token.as_str()), ("post_logout_redirect_uri", uri)];
        let page = end_session(&mut browser, &parameters).await;
        assert_eq!(page.header("location"), None, "{uri}");
        page.assert_page(page.status);
        let unasked = [("post_logout_redirect_uri", uri), ("client_id", WEB)];
        assert_eq!(end_session(&mut browser, &unasked).await.header("location"), None, "{uri}");
    }
    // The URI is registered, but for another client.
    let mut browser = Browser::new(&api);
    let native = sign_in(&api, &mut browser, NATIVE).await;
    let parameters = [("id_token_hint", native.id_token.as_str()), ("post_logout_redirect_uri", BYE)];
    assert_eq!(end_session(&mut browser, &parameters).await.header("location"), None);
}

/// Another user's ID token doesn't sign this user out.
#[tokio::test]
async fn an_id_token_of_another_user_or_stack_ends_nothing_here() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let web = sign_in(&api, &mut browser, WEB).await;
    let flow = Flow::of(WEB);
    let page = flow.sign_in_as(&mut Browser::new(&api), ADA, ADAS_PASSWORD).await;
    let adas = flow.redeem(&api, &flow.code_of(&page)).await;
    assert_eq!(claims(id_token(&adas))["sub"], "ada-user");
    let elsewhere = Api::with_pages().await;
    let theirs = sign_in(&elsewhere, &mut Browser::new(&elsewhere), WEB).await;
    for hint in [id_token(&adas), theirs.id_token.as_str()] {
        let parameters = [("id_token_hint", hint), ("post_logout_redirect_uri", BYE)];
        end_session(&mut browser, &parameters).await;
        assert!(is_signed_in(&mut browser).await);
        assert_eq!(api.call(&web.access).await.status, 200);
    }
}

/// Keys get replaced, while clients keep the ID token of the sign-in. It still identifies the client.
#[tokio::test]
async fn with_an_id_token_of_a_replaced_key_the_user_is_asked_and_sent_back() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let web = sign_in(&api, &mut browser, WEB).await;
    let (signed, _) = web.id_token.rsplit_once('.').unwrap();
    let unverifiable = format!("{signed}.{}", "A".repeat(86));
    let parameters = [("id_token_hint", unverifiable.as_str()), ("post_logout_redirect_uri", BYE)];
    let page = end_session(&mut browser, &parameters).await;
    page.assert_page(200);
    assert!(is_signed_in(&mut browser).await);
    let page = browser.press(&page, "sign-out").await;
    assert_eq!(page.redirect().uri, BYE);
    assert!(!is_signed_in(&mut browser).await);
}
