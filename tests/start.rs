//! The work of the start isn't repeated: clients are built once, and keys are loaded before the first request.

use accounts::AccountsApi;
use authorize::Authorize;
use aws_sdk_dynamodb::Client;
use axum::http::Request;
use local::engine::{self, ANY_ACCESS_KEY_ID};
use login::Login;
use logout::Logout;
use password::PasswordChange;
use refresh::Refresh;
use shared::{context::Context, route};
use token::TokenEndpoint;
use userinfo::Userinfo;

use crate::harness::{APP, Api, Proxy, Secrets, Spoiled, WireFault, bearer, form, form_post, keyset};

/// Functions that started behind this proxy with their keyset in these secrets, before any request.
async fn started() -> (Api, Proxy, Secrets, Api) {
    let document = keyset();
    let secrets = Secrets::emulated().await;
    secrets.put(&document.to_json()).await;
    let origin = Api::with_keyset(document, |p| p.with("RevocationCheck", "denylist")).await;
    let (api, proxy) = origin.started_behind_proxy(&secrets).await;
    (api, proxy, secrets, origin)
}

fn count(calls: &[(String, usize)], name: &str) -> usize {
    calls.iter().filter(|(call, _)| call == name).count()
}

#[tokio::test]
async fn keys_and_the_denylist_are_loaded_before_the_first_request() {
    let (api, proxy, _secrets, _origin) = started().await;
    let at_start = proxy.take_calls();
    assert_eq!(
        count(&at_start, "GetSecretValue Keyset"),
        7,
        "all that sign or verify refresh tokens and codes"
    );
    assert_eq!(count(&at_start, "Query Keys"), 2, "the authorizer and the metadata");
    assert_eq!(count(&at_start, "Query Revocations"), 26, "an hour each, of a day and a little");
    assert_eq!(at_start.len(), 7 + 2 + 26, "and nothing else: {at_start:?}");

    let tokens = api.login().await;
    let next = api.refresh(&tokens.refresh).await.tokens();
    assert_eq!(api.call(&next.access).await.status, 200);
    assert_eq!(api.send(Request::get(route::JWKS), "").await.status, 200);
    assert_eq!(api.logout(&next.refresh).await.status, 200);
    let of_requests = proxy.take_calls();
    for call in ["GetSecretValue Keyset", "Query Keys", "Query Revocations"] {
        assert_eq!(count(&of_requests, call), 0, "{call}");
    }
}

/// Does the same as each `main` before its first request.
async fn warm_up_all(api: &Api) {
    Login::start(&api.context("login")).await.unwrap().warm_up().await;
    Refresh::start(&api.context("refresh")).await.unwrap().warm_up().await;
    Logout::start(&api.context("logout")).await.unwrap().warm_up().await;
    PasswordChange::start(&api.context("password")).await.unwrap().warm_up().await;
    TokenEndpoint::start(&api.context("token")).await.unwrap().warm_up().await;
    Authorize::start(&api.context("authorize")).await.unwrap().warm_up().await;
    AccountsApi::start(&api.context("accounts")).await.unwrap().warm_up().await;
    Userinfo::start(&api.context("userinfo")).unwrap().warm_up().await;
}

#[tokio::test]
async fn a_warm_up_is_one_or_two_reads_and_where_they_fail_the_function_starts_all_the_same() {
    let (api, proxy, _secrets, _origin) = started().await;
    proxy.take_calls();
    warm_up_all(&api).await;
    let calls = proxy.take_calls();
    assert_eq!(count(&calls, "GetItem Clients"), 14, "two for each function but userinfo");
    assert_eq!(count(&calls, "GetItem Users"), 1, "it looks for no client");
    assert_eq!(count(&calls, "GetSecretValue Keyset"), 7, "their starts");
    assert_eq!(calls.len(), 14 + 1 + 7, "and nothing else: {calls:?}");

    proxy.spoil(Spoiled::All, WireFault::Denied);
    warm_up_all(&api).await;
    assert!(proxy.heal() >= 8);
}

#[tokio::test]
async fn a_start_opens_the_two_connections_that_a_request_may_use_at_once() {
    let (api, proxy, _secrets, _origin) = started().await;
    let dynamodb = Client::new(&engine::config(&proxy.endpoint(), ANY_ACCESS_KEY_ID));
    let refresh = Refresh::start(&Context { dynamodb, ..api.context("refresh") }).await.unwrap();
    let before = proxy.opened();
    refresh.warm_up().await;
    assert_eq!(proxy.opened() - before, 2);
}

/// The number of connections may grow a little, since a connection may open while another is returning, but less than
/// once per request.
#[tokio::test]
async fn warm_requests_use_the_open_connections() {
    let (api, proxy, _secrets, _origin) = started().await;
    let requests = async || {
        let tokens = api.login().await;
        let next = api.refresh(&tokens.refresh).await.tokens();
        assert_eq!(api.call(&next.access).await.status, 200);
        let delete = Request::delete("/sessions/AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(api.send(bearer(delete, &next.access), "").await.status, 404);
        let logout = form(&[("client_id", APP), ("token", &next.refresh)]);
        assert_eq!(api.send(form_post(route::LOGOUT), logout).await.status, 200);
    };
    requests().await;
    let before = proxy.opened();
    for _ in 0..10 {
        requests().await;
    }
    let opened = proxy.opened() - before;
    assert!(before > 0 && opened < 10, "{opened} connections for 50 requests");
}
