//! No token, password or secret reaches a log, whatever happens.

use std::cell::Cell;

use shared::route;
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, LevelFilter, dynamic_filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::harness::{APP, Api, Fault, Log, PASSWORD, SECRET, SERVER, Tokens, USERNAME};

thread_local! {
    /// Whether to capture this thread's log: other tests in this process log too.
    static IS_HEARD: Cell<bool> = const { Cell::new(false) };
}

/// Every kind of request, successful and refused, with a working store and a failing one.
async fn eventful_run(api: &Api) -> Vec<Tokens> {
    let first = api.login().await;
    let second = api.refresh_with_key(&first.refresh, "idempotency-key-of-a-client").await.tokens();
    let third = api.refresh(&second.refresh).await.tokens();
    api.call(&third.access).await;
    api.call("not.a.token").await;
    api.refresh(&first.refresh).await.assert_error(400, "invalid_grant");
    api.try_login("a wrong password").await.assert_error(400, "invalid_grant");
    let parameters =
        [("client_id", SERVER), ("client_secret", SECRET), ("username", USERNAME), ("password", PASSWORD)];
    let fourth = api.post(route::LOGIN, &parameters).await.tokens();
    let wrong = [("client_id", SERVER), ("client_secret", "a wrong secret"), ("token", &fourth.access)];
    api.post(route::LOGOUT, &wrong).await.assert_error(401, "invalid_client");
    let malformed = [("client_id", APP), ("username", PASSWORD), ("password", "a\u{0}b")];
    api.post(route::LOGIN, &malformed).await.assert_error(400, "invalid_request");
    let fifth = api.login().await;
    for call in ["UpdateItem Sessions", "DeleteItem Sessions", "GetItem Sessions", "UpdateItem Credentials"] {
        api.calls.fail(Fault::Before(call));
    }
    api.refresh(&fifth.refresh).await.assert_error(503, "temporarily_unavailable");
    api.logout(&fifth.refresh).await.assert_error(503, "temporarily_unavailable");
    api.try_login(PASSWORD).await.assert_error(503, "temporarily_unavailable");
    api.call(&fifth.access).await.assert_gateway_error(500, "server_error");
    vec![first, second, third, fourth, fifth]
}

#[tokio::test]
async fn no_token_password_or_secret_reaches_a_log() {
    let api = Api::start().await;
    let (ours, everything) = (Log::default(), Log::default());
    // The functions' log, and the unfiltered log of the whole process.
    tracing_subscriber::registry()
        .with(ours.layer().with_filter(dynamic_filter_fn(|_, _| IS_HEARD.get())))
        .with(
            everything
                .unfiltered()
                .with_filter(LevelFilter::TRACE.and(dynamic_filter_fn(|_, _| IS_HEARD.get()))),
        )
        .init();
    IS_HEARD.set(true);
    let tokens = eventful_run(&api).await;
    IS_HEARD.set(false);

    let ours = ours.text();
    for expected in ["refresh_token_reused", "wrong password", "\"failed\"", "\"refused\"", "\"answered\""] {
        assert!(ours.contains(expected), "{expected}: {ours}");
    }
    assert!(everything.text().len() > 10 * ours.len(), "the SDK was heard as well");
    for text in [ours, everything.text()] {
        for secret in [PASSWORD, SECRET, "a wrong password", "a wrong secret", "idempotency-key-of-a-client"]
        {
            assert!(!text.contains(secret), "{secret}");
        }
        for tokens in &tokens {
            assert!(!text.contains(&tokens.access) && !text.contains(&tokens.refresh));
        }
    }
}

#[test]
fn a_listener_hears_an_event_that_another_thread_logged_first() {
    let say = || tracing::warn!(event = "said");
    let (log, _guard) = Log::listen();
    std::thread::spawn(say).join().unwrap();
    assert!(log.take_events().is_empty(), "that was another thread");
    say();
    assert_eq!(log.take_events().len(), 1);
}
