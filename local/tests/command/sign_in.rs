//! Users sign in through a browser, over HTTP.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use reqwest::{Client, RequestBuilder, Url, header, redirect::Policy};
use shared::route;

use crate::running::{PROGRAM, Running};

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// A port that the demo client's redirect URI doesn't name (RFC 8252 section 7.3).
pub(crate) const CALLBACK: &str = "http://127.0.0.1:50123/callback";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A response to a browser that follows no redirects.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) html: String,
}

impl Page {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let text = |name| Some(response.headers().get(name)?.to_str().unwrap().to_owned());
        let cookie = text(header::SET_COOKIE);
        let cookie = cookie.map(|cookie| cookie.split(';').next().unwrap().to_owned());
        let (status, location) = (response.status().as_u16(), text(header::LOCATION));
        let html = String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap();
        Self { status, location, cookie, html }
    }

    /// The CSRF token of the form.
    pub(crate) fn csrf(&self) -> &str {
        self.html.split(r#"name="csrf" value=""#).nth(1).unwrap().split('"').next().unwrap()
    }
}

pub(crate) fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

#[tokio::test]
async fn the_demo_user_signs_in_by_a_browser_at_each_name_of_the_server() {
    for (api, host) in [("rest", "127.0.0.1"), ("rest", "localhost"), ("http", "localhost")] {
        let running = Running::logging(&["--api", api]);
        let base = format!("http://{host}:{}", running.text("url").rsplit_once(':').unwrap().1);
        let (client, browser) = (running.text("public_client_id"), browser());
        let address = format!(
            "{base}{}?response_type=code&client_id={client}&redirect_uri={CALLBACK}&scope=openid+read&state=s\
             &code_challenge={CHALLENGE}&code_challenge_method=S256",
            route::AUTHORIZE
        );
        let page = Page::of(browser.get(&address)).await;
        assert_eq!(page.status, 200, "{api} {host}: {}", page.html);
        let password = running.text("password").replace(' ', "+");
        let (csrf, user) = (page.csrf(), running.text("username"));
        let filled = format!("csrf={csrf}&username={user}&password={password}&action=sign-in");
        let form = browser.post(&address).header(header::CONTENT_TYPE, FORM).body(filled);
        let form = form.header(header::ORIGIN, &base).header(header::COOKIE, page.cookie.unwrap());
        let sent = Page::of(form).await;
        assert_eq!(sent.status, 303, "{api} {host}: {}", sent.html);
        let back = Url::parse(&sent.location.unwrap()).unwrap();
        assert!(back.as_str().starts_with(&format!("{CALLBACK}?")), "{back}");
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();

        let trade = format!(
            "grant_type=authorization_code&client_id={client}&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}"
        );
        let (status, tokens) = running.post(route::TOKEN, trade.clone()).await;
        assert_eq!((status, &tokens["scope"]), (200, &"openid read".into()), "{api} {host}: {tokens}");
        let text = |name: &str| tokens[name].as_str().unwrap();
        let claims = browser.get(format!("{base}{}", route::USERINFO)).bearer_auth(text("access_token"));
        let claims = Page::of(claims).await.html;
        assert!(claims.contains(r#""sub":"demo-user""#), "{claims}");
        assert_eq!(running.refresh(&tokens).await.0, 200);

        let (status, refused) = running.post(route::TOKEN, trade).await;
        assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()), "{refused}");
        assert_eq!(running.call(&tokens).await, 401, "its session is over");
        let secrets = [&code, text("access_token"), text("refresh_token"), text("id_token")];
        let secrets = secrets.map(|secret| secret[..20].to_owned());
        let logged = running.logged();
        for said in [
            "↳ demo-user signed in at the pages.",
            "↳ Probably theft: an authorization code of demo-user on demo-app was used again.",
            "↳ A session of demo-user on demo-app ended: its refresh token or its code was used again.",
        ] {
            assert!(logged.contains(said), "{said}: {logged}");
        }
        assert!(secrets.iter().all(|secret| !logged.contains(secret)), "{logged}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_signs_no_user_in() {
    let running = Running::start(&[]);
    let (browser, account) = (browser(), format!("{}{}", running.text("url"), route::ACCOUNT));
    let page = Page::of(browser.get(&account)).await;
    let cookie = page.cookie.clone().unwrap();
    let send = async |origin: &str, action: &str| {
        let password = running.text("password").replace(' ', "+");
        let (csrf, user) = (page.csrf(), running.text("username"));
        let filled = format!("csrf={csrf}&username={user}&password={password}&action={action}");
        let form = browser.post(&account).header(header::CONTENT_TYPE, FORM).body(filled);
        Page::of(form.header(header::ORIGIN, origin).header(header::COOKIE, &cookie)).await
    };
    for origin in ["http://localhost:5173", "https://evil.example", "null"] {
        let refused = send(origin, "sign-in").await;
        assert!(refused.cookie.is_none() && refused.status == 403, "{origin}: {}", refused.html);
    }
    let signed_in = send(running.text("url"), "sign-in").await;
    assert!(signed_in.cookie.unwrap().starts_with("__Host-latchgate=lgr1_"), "{}", signed_in.html);
}

#[tokio::test]
async fn the_start_names_the_sign_in_page() {
    let mut command = Command::new(PROGRAM);
    command.env_remove("AWS_ENDPOINT_URL_DYNAMODB").env("XDG_RUNTIME_DIR", env!("CARGO_TARGET_TMPDIR"));
    let mut child =
        command.args(["--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("  account "));
    let found = match &line {
        Some(line) => Page::of(browser().get(line.split_whitespace().nth(1).unwrap())).await.html,
        None => String::new(),
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found.contains(r#"<form method="post""#), "{line:?}: {found}");
}
