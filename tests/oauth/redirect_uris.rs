//! Redirects: users are sent only to registered URIs (RFC 9700 section 4.1).

use crate::harness::{Api, Browser, CALLBACK, Flow, NATIVE, WEB};

/// Asserts that a request with this URI gets a page and never a redirect, not even with an error.
async fn assert_refused(browser: &mut Browser<'_>, client_id: &str, uri: &str) {
    let flow = Flow::of(client_id).with("redirect_uri", uri);
    for flow in [flow.clone(), flow.clone().with("prompt", "none"), flow.with("response_type", "token")] {
        let page = flow.begin(browser).await;
        assert_eq!((page.status, page.header("location")), (400, None), "{uri}");
        page.assert_page(400);
    }
}

async fn assert_accepted(api: &Api, browser: &mut Browser<'_>, client_id: &str, uri: &str) {
    let flow = Flow::of(client_id).with("redirect_uri", uri);
    let page = flow.begin(browser).await;
    let page = if page.asks_for_password() { flow.sign_in(browser).await } else { page };
    let page = if page.asks_to_continue() { browser.press(&page, "continue").await } else { page };
    let location = page.header("location").unwrap();
    let separator = if uri.contains('?') { '&' } else { '?' };
    assert!(location.starts_with(&format!("{uri}{separator}")), "{uri}: {location}");
    let code = page.redirect().parameter("code").to_owned();
    flow.redeem(api, &code).await.tokens();
}

#[tokio::test]
async fn a_web_uri_must_match_exactly() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    // The user is signed in, so that only the URI prevents a code.
    Flow::of(WEB).tokens(&api, &mut browser).await;
    for uri in [
        "https://app.example.com/callback/",
        "https://app.example.com/Callback",
        "https://app.example.com/callback?x=1",
        "https://app.example.com/callback?",
        "https://app.example.com/callback#",
        "https://app.example.com/callback#x",
        "https://app.example.com/callback/../callback",
        "https://app.example.com/./callback",
        "https://app.example.com//callback",
        "https://app.example.com/%63allback",
        "https://app.example.com/callback%2F",
        "https://app.example.com/callback/..%2f..%2fevil",
        "https://app.example.com/callback\\",
        "https://app.example.com:443/callback",
        "https://app.example.com:8443/callback",
        "https://app.example.com./callback",
        "https://app.example.com@evil.example.org/callback",
        "https://user@app.example.com/callback",
        "https://app.example.com%2eevil.example.org/callback",
        "https://app.example.com.evil.example.org/callback",
        "https://evil.example.org/callback",
        "https://evil.example.org/?x=https://app.example.com/callback",
        "https://xapp.example.com/callback",
        "https://example.com/callback",
        "http://app.example.com/callback",
        "HTTPS://app.example.com/callback",
        "https://APP.example.com/callback",
        " https://app.example.com/callback",
        "https://app.example.com/callback ",
        "https://app.example.com/callback\n",
        "https://app.example.com/callback\r\nset-cookie: a=b",
        "https://app.example.com/callback\0",
        "//app.example.com/callback",
        "/callback",
        "callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example.com/other",
        "https://app.example.com/other?kept=1&more=2",
        "https://app.example.com/other?kept=2",
        "http://127.0.0.1/callback",
    ] {
        assert_refused(&mut browser, WEB, uri).await;
    }
    for uri in [CALLBACK, "https://app.example.com/other?kept=1"] {
        assert_accepted(&api, &mut browser, WEB, uri).await;
    }
}

/// RFC 8252 section 7.3: an app uses any free port.
#[tokio::test]
async fn a_loopback_uri_may_differ_only_in_its_port() {
    let api = Api::with_pages().await;
    let mut browser = Browser::new(&api);
    for uri in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "http://[::1]:49152/callback",
        "http://[::1]/callback",
        "http://localhost:8080/callback",
        "com.example.app:/callback",
    ] {
        assert_accepted(&api, &mut browser, NATIVE, uri).await;
    }
    for uri in [
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:080x/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:8080/callback/",
        "http://127.0.0.1:8080/other",
        "http://127.0.0.1:8080/callback?x=1",
        "http://127.0.0.1:8080@evil.example.org/callback",
        "http://evil.example.org:8080/callback",
        "http://127.0.0.1.evil.example.org:8080/callback",
        "http://127.0.0.1:8080\\@evil.example.org/callback",
        "http://127.0.0.1:80:80/callback",
        "https://127.0.0.1:8080/callback",
        "http://127.0.0.2:8080/callback",
        "http://2130706433:8080/callback",
        "http://127.1:8080/callback",
        "http://0x7f.0.0.1:8080/callback",
        "http://[::ffff:127.0.0.1]:8080/callback",
        "http://[0:0:0:0:0:0:0:1]:8080/callback",
        "http://[::1/callback",
        "http://::1:8080/callback",
        "http://LOCALHOST:8080/callback",
        "http://localhost.:8080/callback",
        "http://x.localhost:8080/callback",
        "com.example.app:/other",
        "com.example.app://callback",
        "COM.example.app:/callback",
        "com.example.app2:/callback",
    ] {
        assert_refused(&mut browser, NATIVE, uri).await;
    }
}

/// The redemption has to repeat the exact URI, including the port.
#[tokio::test]
async fn the_redemption_must_name_the_port_of_the_request() {
    let api = Api::with_pages().await;
    let flow = Flow::of(NATIVE).with("redirect_uri", "http://127.0.0.1:5000/callback");
    let code = flow.code(&mut Browser::new(&api)).await;
    let other = [("redirect_uri", "http://127.0.0.1:5001/callback")];
    flow.redeem_with(&api, &code, &other).await.assert_error(400, "invalid_grant");
    flow.redeem(&api, &code).await.tokens();
}
