//! The requests that clients may send to `/authorize`, and the errors for others.

use axum::http::Request;
use shared::route;

use crate::harness::{Api, Browser, CALLBACK, Flow, NATIVE, PASSWORD, Page, USERNAME, WEB, form};

/// Asserts that a redirect with the state and the issuer tells the client this error.
#[track_caller]
fn assert_told(page: &Page, error: &str, case: &str) {
    let redirect = page.redirect();
    assert_eq!(redirect.uri, CALLBACK, "{case}");
    assert_eq!(redirect.parameter("error"), error, "{case}");
    assert_eq!(redirect.parameter("state"), "a state & more", "{case}");
    assert_eq!(redirect.parameter("iss"), "https://issuer.example.com", "{case}");
    assert!(!redirect.parameter("error_description").is_empty(), "{case}");
    assert!(!redirect.parameters.contains_key("code"), "{case}");
    assert!(page.html.is_empty() || !page.html.contains("state"), "{case}");
}

#[tokio::test]
async fn an_invalid_client_or_redirect_uri_never_redirects() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let mut off = crate::harness::client("off");
    off.disabled = true;
    api.put_client(&off).await;
    let flow = || Flow::of(WEB);
    for (case, flow) in [
        ("no client", flow().without("client_id")),
        ("an empty client", flow().with("client_id", "")),
        ("an unknown client", flow().with("client_id", "unknown")),
        ("a malformed client", flow().with("client_id", "a b\u{e9}")),
        ("the client of the pages", flow().with("client_id", "(browser)")),
        ("another client", flow().with("client_id", NATIVE)),
        ("a disabled client", Flow::of(NATIVE).with("client_id", "off")),
        ("no redirect_uri", flow().without("redirect_uri")),
        ("an empty redirect_uri", flow().with("redirect_uri", "")),
        ("a client twice", flow().and("client_id", WEB)),
        ("a redirect_uri twice", flow().and("redirect_uri", CALLBACK)),
        ("another redirect_uri too", flow().and("redirect_uri", "https://evil.example.org/")),
    ] {
        // This holds even with a second fault.
        for flow in [flow.clone(), flow.with("response_type", "token")] {
            let page = flow.begin(&mut browser).await;
            page.assert_page(400);
            assert!(!page.html.contains("evil") && !page.html.contains("a state"), "{case}");
            assert!(page.forms().is_empty(), "{case}");
        }
    }
    assert!(api.items("CodesTable").await.is_empty());
}

#[tokio::test]
async fn other_errors_are_sent_to_the_client() {
    let api = Api::with_pages().await;
    let flow = || Flow::of(WEB);
    let challenge = |value: &str| flow().with("code_challenge", value);
    for (case, flow, error) in [
        ("no response_type", flow().without("response_type"), "invalid_request"),
        ("the implicit flow", flow().with("response_type", "token"), "unsupported_response_type"),
        ("an ID token", flow().with("response_type", "id_token"), "unsupported_response_type"),
        ("the hybrid flow", flow().with("response_type", "code id_token"), "unsupported_response_type"),
        ("another case", flow().with("response_type", "CODE"), "unsupported_response_type"),
        ("no PKCE", flow().without("code_challenge").without("code_challenge_method"), "invalid_request"),
        ("no method", flow().without("code_challenge_method"), "invalid_request"),
        ("the method plain", flow().with("code_challenge_method", "plain"), "invalid_request"),
        ("a method of no RFC", flow().with("code_challenge_method", "s256"), "invalid_request"),
        ("a short challenge", challenge("abc"), "invalid_request"),
        ("a long challenge", challenge(&"x".repeat(44)), "invalid_request"),
        ("a challenge in base64", challenge(&format!("{}+", "x".repeat(42))), "invalid_request"),
        ("the fragment", flow().with("response_mode", "fragment"), "invalid_request"),
        ("a form", flow().with("response_mode", "form_post"), "invalid_request"),
        ("a request object", flow().with("request", "e30.e30."), "request_not_supported"),
        ("one by reference", flow().with("request_uri", "https://x.example"), "request_uri_not_supported"),
        ("foreign scopes", flow().with("scope", "admin"), "invalid_scope"),
        ("no scope token", flow().with("scope", "a\"b"), "invalid_scope"),
        ("a prompt of no RFC", flow().with("prompt", "wink"), "invalid_request"),
        ("none and more", flow().with("prompt", "none login"), "invalid_request"),
        ("no age", flow().with("max_age", "old"), "invalid_request"),
        ("an age below zero", flow().with("max_age", "-1"), "invalid_request"),
        ("no thumbprint", flow().with("dpop_jkt", "x"), "invalid_request"),
        ("a long nonce", flow().with("nonce", &"x".repeat(5000)), "invalid_request"),
        ("a scope twice", flow().and("scope", "read"), "invalid_request"),
        ("a nonce twice", flow().and("nonce", "a-nonce"), "invalid_request"),
        ("a challenge twice", flow().and("code_challenge", "x"), "invalid_request"),
        ("something unknown twice", flow().and("x", "1").and("x", "1"), "invalid_request"),
        ("nobody signed in", flow().with("prompt", "none"), "login_required"),
    ] {
        let page = flow.begin(&mut Browser::new(&api)).await;
        assert_told(&page, error, case);
    }
    assert!(api.items("CodesTable").await.is_empty());
    assert!(api.items("SessionsTable").await.is_empty());
}

/// A repeated state is ignored, since its meaning is ambiguous.
#[tokio::test]
async fn a_repeated_state_is_not_sent_back() {
    let api = Api::with_pages().await;
    let page = Flow::of(WEB).and("state", "another").begin(&mut Browser::new(&api)).await;
    let redirect = page.redirect();
    assert_eq!((redirect.uri.as_str(), redirect.parameter("error")), (CALLBACK, "invalid_request"));
    assert!(!redirect.parameters.contains_key("state"), "{redirect:?}");
}

#[tokio::test]
async fn unknown_parameters_are_ignored_and_empty_ones_are_absent() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    let flow = Flow::of(WEB)
        .with("unknown", "1")
        .with("prompt", "")
        .with("max_age", "")
        .with("response_mode", "query");
    let flow = flow.with("ui_locales", "xx-YY vi en").with("display", "popup").with("acr_values", "0");
    flow.tokens(&api, &mut browser).await.tokens();
    let stateless = Flow::of(WEB).without("state").without("nonce");
    let redirect = stateless.begin(&mut browser).await.redirect();
    assert!(!redirect.parameters.contains_key("state"));
    let reply = stateless.redeem(&api, redirect.parameter("code")).await;
    assert!(crate::harness::claims(crate::harness::id_token(&reply))["nonce"].is_null());
}

/// OpenID Connect Core 1.0 section 3.1.2.1: GET and POST are equal. A client's page sends the POST, so its origin is
/// foreign.
#[tokio::test]
async fn a_request_may_be_posted() {
    let api = Api::with_pages().await;
    let (flow, mut browser) = (Flow::of(WEB), Browser::new(&api));
    let post = || Request::post(route::AUTHORIZE).header("content-type", "application/x-www-form-urlencoded");
    let request =
        || post().header("origin", "https://app.example.com").header("sec-fetch-site", "cross-site");
    let page = browser.go(request(), flow.query()).await;
    let page = if page.asks_for_password() { page } else { flow.begin(&mut browser).await };
    page.assert_page(200);
    let page = browser.give_password(&page, USERNAME, PASSWORD).await;
    flow.redeem(&api, &flow.code_of(&page)).await.tokens();

    let wrong = browser.go(request(), flow.with("response_type", "token").query()).await;
    assert_eq!(wrong.redirect().parameter("error"), "unsupported_response_type");
    let evil = Flow::of(WEB).with("redirect_uri", "https://evil.example.org/");
    browser.go(request(), evil.query()).await.assert_page(400);
    let json = Request::post(route::AUTHORIZE).header("content-type", "application/json");
    assert_eq!(browser.go(json, form(&[])).await.header("location"), None);
}
