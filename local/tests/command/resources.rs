//! An API in front of a server, as a resource with its own tokens: an MCP client starts with only the server's address.

use std::process::Command;

use reqwest::{Url, header};
use serde_json::{Value, json};

use crate::{
    running::{PROGRAM, Running},
    sign_in::{CALLBACK, CHALLENGE, FORM, Page, VERIFIER, browser},
    upstream::server,
};

/// Fetches a document that has to exist.
async fn document(url: &str) -> Value {
    let page = Page::of(browser().get(url)).await;
    assert_eq!(page.status, 200, "{url}: {}", page.html);
    serde_json::from_str(&page.html).unwrap()
}

/// An access token for this resource: the demo user signs in at the server that this document describes.
async fn token(running: &Running, server: &Value, resource: &str) -> String {
    let (client, browser) = (running.text("public_client_id"), browser());
    let endpoint = server["authorization_endpoint"].as_str().unwrap();
    let address = format!(
        "{endpoint}?response_type=code&client_id={client}&redirect_uri={CALLBACK}&scope=read&resource={resource}\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let page = Page::of(browser.get(&address)).await;
    assert_eq!(page.status, 200, "{}", page.html);
    let password = running.text("password").replace(' ', "+");
    let (csrf, user) = (page.csrf(), running.text("username"));
    let filled = format!("csrf={csrf}&username={user}&password={password}&action=sign-in");
    let origin = Url::parse(endpoint).unwrap().origin().ascii_serialization();
    let form = browser.post(&address).header(header::CONTENT_TYPE, FORM).header(header::ORIGIN, origin);
    let sent = Page::of(form.header(header::COOKIE, page.cookie.unwrap()).body(filled)).await;
    assert_eq!(sent.status, 303, "{}", sent.html);
    let back = Url::parse(&sent.location.unwrap()).unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let trade = format!(
        "grant_type=authorization_code&client_id={client}&code={code}&redirect_uri={CALLBACK}\
         &code_verifier={VERIFIER}&resource={resource}"
    );
    let endpoint = server["token_endpoint"].as_str().unwrap();
    let request = browser.post(endpoint).header(header::CONTENT_TYPE, FORM).body(trade);
    let tokens: Value = serde_json::from_str(&Page::of(request).await.html).unwrap();
    tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
}

#[tokio::test]
async fn a_client_that_knows_only_the_address_obtains_a_token_for_it() {
    for (api, host) in
        [("rest", "127.0.0.1"), ("rest", "localhost"), ("http", "127.0.0.1"), ("http", "localhost")]
    {
        let upstream = format!("/mcp=http://127.0.0.1:{}", server());
        let given = ["--api", api, "--upstream", &upstream, "--upstream-resource", "/mcp read [Notes]"];
        let running = Running::start(&given);
        let url = running.text("url");
        let localhost = url.replace("127.0.0.1", "localhost");
        assert_eq!(running.line["resources"], json!([format!("{url}/mcp"), format!("{localhost}/mcp")]));

        let base = url.replace("127.0.0.1", host);
        let resource = format!("{base}/mcp");
        let refused = browser().get(&resource).send().await.unwrap();
        assert_eq!(refused.status(), 401, "{api} {host}");
        let challenge = refused.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap());
        let well_known = format!("{base}/.well-known/oauth-protected-resource/mcp");
        let named =
            challenge.and_then(|challenge| challenge.split("resource_metadata=\"").nth(1)?.split('"').next());
        assert_eq!(named, (api == "rest").then_some(&*well_known), "{challenge:?}");

        let metadata = document(&well_known).await;
        assert_eq!(metadata["resource"], resource);
        assert_eq!(metadata["resource_name"], "Notes");
        let issuer = metadata["authorization_servers"][0].as_str().unwrap();
        assert_eq!(issuer, url);
        let server = document(&format!("{issuer}/.well-known/oauth-authorization-server")).await;
        assert!(server["protected_resources"].as_array().unwrap().contains(&json!(resource)), "{server}");

        let token = token(&running, &server, &resource).await;
        let answer = Page::of(browser().get(&resource).bearer_auth(&token)).await;
        assert_eq!(answer.status, 200, "{api} {host}: {}", answer.html);
        assert!(answer.html.contains("\nx-latchgate-scope: read\n"), "{}", answer.html);
        let own = running.login().await;
        let own_at_resource = browser().get(&resource).bearer_auth(own["access_token"].as_str().unwrap());
        assert_eq!(Page::of(own_at_resource).await.status, 401, "{api} {host}");
        let elsewhere = browser().get(format!("{base}/sessions")).bearer_auth(&token);
        assert_eq!(Page::of(elsewhere).await.status, 401, "{api} {host}");
    }
}

#[test]
fn resources_that_make_no_sense_are_refused_in_words() {
    let upstream = ["--upstream", "/mcp=http://127.0.0.1:1"];
    for (arguments, code, expected) in [
        (&["--upstream-resource", "/mcp"][..], 2, "--upstream"),
        (&[&upstream[..], &["--upstream-resource", "mcp"]].concat(), 2, "takes a path or a URL"),
        (&[&upstream[..], &["--upstream-resource", "/mcp;/x"]].concat(), 2, "takes a path or a URL"),
        (&[&upstream[..], &["--upstream-resource", "/orders"]].concat(), 1, "no --upstream has this path"),
        (&[&upstream[..], &["--upstream-resource", "/mcp?x"]].concat(), 1, "--upstream-resource: "),
        (&[&upstream[..], &["--upstream-resource", "http://a.example/mcp"]].concat(), 1, "loopback"),
        (
            &[&upstream[..], &["--upstream-resource", "/mcp", "--upstream-resource", "/mcp read"]].concat(),
            1,
            "the URI occurs twice",
        ),
    ] {
        let output = Command::new(PROGRAM).args(["--port", "0"]).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(expected) && output.stdout.is_empty(), "{arguments:?}: {said}");
    }
}
