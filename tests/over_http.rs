//! Requests over a real port, by clients that don't know Latchgate.
//!
//! With `LATCHGATE_TEST_URL` set, as by `cargo xtask sam-local`, the stock client uses the demo at that URL.

use std::net::SocketAddr;

use local::{hosts::Hosts, server};
use oauth2::{
    AuthType, ClientId, ClientSecret, RefreshToken, RequestTokenError, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::harness::{APP, Api, PASSWORD, Reply, SECRET, SERVER, USERNAME, form};

/// Serves the API; the task ends with the test's runtime.
async fn serve(api: &Api) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server::serve(
        listener,
        Hosts::of_this_machine(),
        api.gateway.clone(),
        std::future::pending(),
    ));
    address
}

/// The URL of the configured demo, or of a test's own.
#[expect(clippy::disallowed_methods, reason = "how the xtask tells the tests which API to use")]
async fn demo() -> String {
    match std::env::var("LATCHGATE_TEST_URL") {
        Ok(url) => url,
        Err(_) => format!("http://{}", serve(&Api::start().await).await),
    }
}

async fn post(http: &reqwest::Client, url: &str, body: &[(&str, &str)]) -> reqwest::Response {
    let request = http.post(url).header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(form(body)).send().await.unwrap();
    assert_eq!(response.status(), 200, "{url}");
    response
}

async fn login(http: &reqwest::Client, url: &str, client: &[(&str, &str)]) -> Value {
    let body = [&[("username", USERNAME), ("password", PASSWORD)], client].concat();
    let response = post(http, &format!("{url}/login"), &body).await;
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_stock_oauth_client_refreshes_and_reads_our_errors() {
    let url = demo().await;
    let http = reqwest::Client::new();
    let token_url = TokenUrl::new(format!("{url}/refresh")).unwrap();
    let public = BasicClient::new(ClientId::new(APP.into())).set_token_uri(token_url.clone());
    let confidential = BasicClient::new(ClientId::new(SERVER.into()))
        .set_client_secret(ClientSecret::new(SECRET.into()))
        .set_token_uri(token_url);
    let on_app = login(&http, &url, &[("client_id", APP)]).await;
    let on_server = login(&http, &url, &[("client_id", SERVER), ("client_secret", SECRET)]).await;

    let refresh_token =
        |login: &Value| RefreshToken::new(login["refresh_token"].as_str().unwrap().to_owned());
    for (client, login, auth_type) in [
        (public.clone(), &on_app, AuthType::RequestBody),
        (confidential.clone(), &on_server, AuthType::BasicAuth),
        (confidential, &on_server, AuthType::RequestBody),
    ] {
        let client = client.set_auth_type(auth_type);
        let tokens = client.exchange_refresh_token(&refresh_token(login)).request_async(&http).await.unwrap();
        assert_eq!(tokens.expires_in(), Some(std::time::Duration::from_secs(1800)));
        assert_eq!(tokens.scopes().map(Vec::len), Some(2));
        assert_ne!(tokens.refresh_token().unwrap().secret(), refresh_token(login).secret());
        let access = tokens.access_token().secret();
        let called = http.get(format!("{url}/sessions")).bearer_auth(access).send().await.unwrap();
        assert_eq!(called.status(), 200);
    }

    let foreign = public.exchange_refresh_token(&refresh_token(&on_server)).request_async(&http).await;
    assert!(matches!(error_of(foreign), BasicErrorResponseType::InvalidGrant));
    let token = refresh_token(&on_app);
    let wide = public.exchange_refresh_token(&token).add_scope(Scope::new("admin".into()));
    assert!(matches!(error_of(wide.request_async(&http).await), BasicErrorResponseType::InvalidScope));
    let impostor = BasicClient::new(ClientId::new(SERVER.into()))
        .set_client_secret(ClientSecret::new("wrong".into()))
        .set_token_uri(TokenUrl::new(format!("{url}/refresh")).unwrap());
    let refused = impostor.exchange_refresh_token(&refresh_token(&on_server)).request_async(&http).await;
    assert!(matches!(error_of(refused), BasicErrorResponseType::InvalidClient));

    // The library's own revocation requires https.
    post(&http, &format!("{url}/logout"), &[("client_id", APP), ("token", token.secret())]).await;
    let over = public.exchange_refresh_token(&token).request_async(&http).await;
    assert!(matches!(error_of(over), BasicErrorResponseType::InvalidGrant));
    let access = on_app["access_token"].as_str().unwrap();
    let called = http.get(format!("{url}/sessions")).bearer_auth(access).send().await.unwrap();
    assert_ne!(called.status(), 200);
}

type Refreshed<E> =
    Result<oauth2::basic::BasicTokenResponse, RequestTokenError<E, oauth2::basic::BasicErrorResponse>>;

fn error_of<E: std::error::Error + 'static>(result: Refreshed<E>) -> BasicErrorResponseType {
    match result {
        Err(RequestTokenError::ServerResponse(response)) => response.error().clone(),
        other => panic!("no error response: {other:?}"),
    }
}

#[tokio::test]
async fn an_oversized_request_is_413_and_the_next_one_is_served() {
    let api = Api::start().await;
    let address = serve(&api).await;
    let http = reqwest::Client::new();
    let large = http
        .post(format!("http://{address}/login"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(vec![b'a'; 10 * 1024 * 1024 + 1])
        .send()
        .await
        .unwrap();
    let (status, headers) = (large.status().as_u16(), large.headers().clone());
    let body = serde_json::from_slice(&large.bytes().await.unwrap()).unwrap();
    Reply { status, headers, body }.assert_gateway_error(413, "invalid_request");
    login(&http, &format!("http://{address}"), &[("client_id", APP)]).await;
}
