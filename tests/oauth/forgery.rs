//! Forms from other pages (RFC 6819 section 4.4.1.8, RFC 9700 section 4.7), and frames around Latchgate's.

use axum::http::Request;

use crate::harness::{
    ADA, ADAS_PASSWORD, Api, Browser, FORM_COOKIE, Flow, Form, PASSWORD, Page, SESSION_COOKIE, USERNAME, WEB,
    form,
};

/// Sends a sign-in form with these headers instead of a browser's own.
async fn post(browser: &mut Browser<'_>, sign_in: &Form, headers: &[(&str, &str)]) -> Page {
    let path = sign_in.action.path().trim_start_matches("/prod");
    let path = sign_in.action.query().map_or(path.to_owned(), |query| format!("{path}?{query}"));
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let hidden = sign_in.hidden();
    let mut pairs: Vec<_> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.extend([("username", USERNAME), ("password", PASSWORD), ("action", "sign-in")]);
    browser.go(request, form(&pairs)).await
}

/// Asserts that no user is signed in, and that no attempt was counted.
async fn assert_nothing_happened(api: &Api, browser: &Browser<'_>, page: &Page, case: &str) {
    assert!([400, 403].contains(&page.status), "{case}: {page:?}");
    assert_eq!(page.header("location"), None, "{case}");
    assert_eq!(browser.cookie(SESSION_COOKIE), None, "{case}");
    assert!(api.items("SessionsTable").await.is_empty(), "{case}");
    assert!(api.items("CodesTable").await.is_empty(), "{case}");
    for credential in api.items("CredentialsTable").await {
        assert!(!credential.keys().any(|name| name.starts_with("guesses")), "{case}: {credential:?}");
    }
}

#[tokio::test]
async fn a_form_is_valid_only_in_the_browser_that_got_its_page() {
    let api = Api::with_pages().await;
    let flow = Flow::of(WEB);
    let (mut mine, mut others) = (Browser::new(&api), Browser::new(&api));
    let my_form = flow.begin(&mut mine).await.sign_in_form();
    let other_form = flow.begin(&mut others).await.sign_in_form();
    assert_ne!(my_form.value("csrf"), other_form.value("csrf"));
    let fields = [("username", USERNAME), ("password", PASSWORD)];
    let button = Some(("action", "sign-in"));
    // Login CSRF: the attacker's form and token in the victim's browser.
    for (case, form) in [
        ("another browser's", other_form.clone()),
        ("changed", my_form.clone().with("csrf", &crate::harness::forged(my_form.value("csrf")))),
        ("empty", my_form.clone().with("csrf", "")),
        ("none", my_form.clone().without("csrf")),
        ("the cookie itself", my_form.clone().with("csrf", mine.cookie(FORM_COOKIE).unwrap())),
    ] {
        let page = mine.submit(&form, &fields, button).await;
        assert_nothing_happened(&api, &mine, &page, case).await;
    }
    let mut without = mine.clone();
    without.forget(FORM_COOKIE);
    let page = without.submit(&my_form, &fields, button).await;
    assert_nothing_happened(&api, &without, &page, "without a cookie").await;
    for cookie in ["x", "", others.cookie(FORM_COOKIE).unwrap()] {
        let mut with = mine.clone();
        with.set_cookie(FORM_COOKIE, cookie);
        let page = with.submit(&my_form, &fields, button).await;
        assert_nothing_happened(&api, &with, &page, cookie).await;
    }
    // The browser's own form still works.
    mine.submit(&my_form, &fields, button).await.redirect().parameter("code");
}

/// Refused even with the correct token and cookies, which an old browser would send.
#[tokio::test]
async fn a_page_of_another_origin_signs_no_user_in() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let form = Flow::of(WEB).begin(&mut browser).await.sign_in_form();
    for headers in [
        &[("origin", "https://evil.example.org")][..],
        &[("origin", "null")],
        &[("origin", "http://localhost")],
        &[("origin", "https://localhost.evil.example.org")],
        &[("origin", "https://localhost:8443")],
        &[("origin", "https://app.example.com")],
        &[("origin", "")],
        &[("origin", "https://localhost"), ("origin", "https://evil.example.org")],
        &[("origin", "https://evil.example.org"), ("host", "evil.example.org")],
        &[("origin", "https://evil.example.org"), ("x-forwarded-host", "evil.example.org")],
        &[("origin", "https://evil.example.org"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ] {
        let page = post(&mut browser, &form, headers).await;
        assert_nothing_happened(&api, &browser, &page, &format!("{headers:?}")).await;
    }
    // Browsers that send neither header, and one that sends both.
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-origin")],
        &[("origin", "https://localhost"), ("sec-fetch-site", "same-origin")],
        &[("origin", "https://issuer.example.com"), ("sec-fetch-site", "same-origin")],
    ] {
        let mut browser = browser.clone();
        assert!(
            post(&mut browser, &form, headers).await.redirect().parameters.contains_key("code"),
            "{headers:?}"
        );
    }
}

/// A form that is sent twice, as by the back button, opens a new session of the same user, and never another user's.
#[tokio::test]
async fn a_reused_form_signs_in_only_the_user_who_gives_the_password() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let flow = Flow::of(WEB);
    let form = flow.begin(&mut browser).await.sign_in_form();
    let button = Some(("action", "sign-in"));
    let demo = [("username", USERNAME), ("password", PASSWORD)];
    browser.submit(&form, &demo, button).await.redirect().parameter("code");
    let page = browser.submit(&form, &[("username", ADA), ("password", "wrong wrong")], button).await;
    assert_eq!(page.header("location"), None, "signed in as demo, and still not as ada");
    let page = browser.submit(&form, &[("username", ADA), ("password", ADAS_PASSWORD)], button).await;
    let code = flow.code_of(&page);
    let tokens = flow.redeem(&api, &code).await.tokens();
    assert_eq!(crate::harness::claims(&tokens.access)["sub"], "ada-user");
}
