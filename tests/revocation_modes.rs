//! The three modes of revocation checks, each with the delay that SECURITY.md promises.

use std::time::Duration;

use shared::{
    clock::Timestamp,
    ids::SessionId,
    route,
    store::{Revocations, attribute},
};

use crate::harness::{APP, Api, Fault, Log, START, Tokens, number, text};

async fn with_check(check: &str) -> Api {
    Api::with(|p| p.with("RevocationCheck", check)).await
}

fn sid(tokens: &Tokens) -> SessionId {
    SessionId::parse(crate::harness::claims(&tokens.access)["sid"].as_str().unwrap()).unwrap()
}

fn revocations(api: &Api) -> Revocations {
    Revocations::new(&api.context("logout").environment, &api.store).unwrap()
}

#[tokio::test]
async fn mode_session_acts_at_the_next_request_and_mode_none_at_expiry() {
    let api = with_check("session").await;
    let tokens = api.login().await;
    assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    assert_eq!(api.call(&tokens.access).await.status, 401);

    let api = with_check("none").await;
    let tokens = api.login().await;
    api.calls.take();
    assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    api.clock.advance(1799);
    api.calls.fail(Fault::Before("GetItem Sessions"));
    api.calls.fail(Fault::Before("Query Revocations"));
    api.calls.take();
    assert_eq!(api.call(&tokens.access).await.status, 200, "nothing is asked");
    assert!(api.calls.take().iter().all(|call| call.name != "GetItem Sessions"));
    api.clock.advance(1);
    assert_eq!(api.call(&tokens.access).await.status, 401);
}

#[tokio::test]
async fn mode_denylist_acts_within_the_interval_without_a_read_per_request() {
    let api = with_check("denylist").await;
    let (tokens, other) = (api.login().await, api.login().await);
    api.calls.take();
    assert_eq!(api.call(&tokens.access).await.status, 200);
    let calls: Vec<_> = api.calls.take().into_iter().map(|call| call.name).collect();
    assert_eq!(calls, ["Query Sessions"], "the endpoint's own");
    assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    api.clock.advance(9);
    assert_eq!(api.call(&tokens.access).await.status, 200, "not pulled yet");
    api.clock.advance(1);
    assert_eq!(api.call(&tokens.access).await.status, 401);
    assert_eq!(api.call(&other.access).await.status, 200);
    let cold = api.restarted().await;
    assert_eq!(cold.call(&tokens.access).await.status, 401, "it starts with all that is relevant");
}

#[tokio::test]
async fn the_denylist_outlasts_the_longest_access_token() {
    let api = with_check("denylist").await;
    let longest = vec![(attribute::ACCESS_TTL, number(86_400))];
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, APP), longest).await.unwrap();
    let (ended, living) = (api.login().await, api.login().await);
    assert_eq!(api.logout(&ended.refresh).await.status, 200);
    api.clock.advance(86_399);
    for api in [&api, &api.restarted().await] {
        assert_eq!(api.call(&ended.access).await.status, 401);
        assert_eq!(api.call(&living.access).await.status, 200);
    }
}

#[tokio::test]
async fn only_session_mode_notices_a_session_that_was_deleted_by_hand() {
    for (check, status) in [("session", 401), ("denylist", 200), ("none", 200)] {
        let api = with_check(check).await;
        let tokens = api.login().await;
        api.delete_all("SessionsTable").await;
        api.clock.advance(10);
        assert_eq!(api.call(&tokens.access).await.status, status, "{check}");
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn theft_a_deleted_session_and_everywhere_are_on_the_denylist_too() {
    let api = with_check("denylist").await;
    let stolen = api.login().await;
    let next = api.refresh(&stolen.refresh).await.tokens();
    let last = api.refresh(&next.refresh).await.tokens();
    api.refresh(&stolen.refresh).await.assert_error(400, "invalid_grant");
    let (here, there, away) = (api.login().await, api.login().await, api.login().await);
    let id = sid(&there).to_string();
    let delete = axum::http::Request::delete(format!("/sessions/{id}"));
    assert_eq!(api.send(crate::harness::bearer(delete, &here.access), "").await.status, 204);
    let everywhere = [("client_id", APP), ("token", away.refresh.as_str()), ("everywhere", "true")];
    assert_eq!(api.post(route::LOGOUT, &everywhere).await.status, 200);
    api.clock.advance(10);
    for tokens in [last, here, there, away] {
        assert_eq!(api.call(&tokens.access).await.status, 401);
    }
}

#[tokio::test]
async fn a_row_that_arrives_late_or_from_another_clock_is_never_missed() {
    // The row's time relative to its write: as late as a function may be, with clocks up to 5 s apart.
    for offset in [-30_i64, -25, -20, -10, -5, 0, 5] {
        let api = with_check("denylist").await;
        // For some offsets, the hour changes between the row's time and the pull.
        api.clock.set(START / 3600 * 3600 + 3600 - 3);
        let api = api.restarted().await;
        let tokens = api.login().await;
        assert_eq!(api.call(&tokens.access).await.status, 200);
        for _ in 0..3 {
            api.clock.advance(10);
            assert_eq!(api.call(&tokens.access).await.status, 200, "{offset}: pulled, and not there yet");
        }
        let instant = Timestamp::from_unix(api.clock.unix().checked_add_signed(offset).unwrap());
        revocations(&api).put(&sid(&tokens), instant).await.unwrap();
        api.clock.advance(10);
        assert_eq!(api.call(&tokens.access).await.status, 401, "{offset}");
    }
}

#[tokio::test]
async fn a_row_of_an_hour_begun_only_on_the_writers_clock_is_in_time_too() {
    let api = with_check("denylist").await;
    let next_hour = START + 3600;
    api.clock.set(next_hour - 12);
    let api = api.restarted().await;
    let tokens = api.login().await;
    assert_eq!(api.call(&tokens.access).await.status, 200);
    api.clock.set(next_hour - 3);
    revocations(&api).put(&sid(&tokens), Timestamp::from_unix(next_hour + 2)).await.unwrap();
    api.clock.set(next_hour - 2);
    assert_eq!(api.call(&tokens.access).await.status, 401);
}

#[tokio::test]
async fn while_the_store_is_away_the_copy_is_used_up_to_the_stated_age_and_not_beyond() {
    let api = with_check("denylist").await;
    let (ended, live) = (api.login().await, api.login().await);
    assert_eq!(api.logout(&ended.refresh).await.status, 200);
    api.clock.advance(10);
    assert_eq!(api.call(&live.access).await.status, 200);
    api.calls.fail(Fault::Before("Query Revocations"));
    let queries = || api.calls.take().iter().filter(|call| call.name == "Query Revocations").count();
    api.clock.advance(30);
    assert_eq!(api.call(&live.access).await.status, 200);
    assert_ne!(queries(), 0, "a pull is due");
    assert_eq!(api.call(&ended.access).await.status, 401);
    assert_eq!(queries(), 0, "not again for each request");
    api.clock.advance(1);
    assert_eq!(api.call(&live.access).await.status, 200);
    assert_ne!(queries(), 0, "but each second");
    api.clock.advance(29);
    assert_eq!(api.call(&live.access).await.status, 200);
    assert_eq!(api.call(&ended.access).await.status, 401);
    api.clock.advance(2);
    api.call(&live.access).await.assert_gateway_error(500, "server_error");
    api.restarted().await.call(&live.access).await.assert_gateway_error(500, "server_error");
    api.calls.heal();
    assert_eq!(api.call(&live.access).await.status, 200);
}

#[tokio::test]
async fn a_denylist_beyond_its_bound_is_a_failure_and_never_an_allow() {
    let api = Api::with(|p| p.with("RevocationCheck", "denylist").with("DenylistMaxRows", "3")).await;
    let live = api.login().await;
    let ended = [api.login().await, api.login().await, api.login().await];
    for tokens in &ended {
        assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    }
    let cold = api.restarted().await;
    assert_eq!(cold.call(&live.access).await.status, 200, "three are within the bound");
    assert_eq!(cold.call(&ended[0].access).await.status, 401);
    assert_eq!(api.logout(&api.login().await.refresh).await.status, 200);
    let (log, _guard) = Log::listen();
    let colder = api.restarted().await;
    api.calls.take();
    for _ in 0..3 {
        for tokens in [&live, &ended[0]] {
            colder.call(&tokens.access).await.assert_gateway_error(500, "server_error");
        }
    }
    assert!(
        !api.calls.take().iter().any(|call| call.name == "Query Revocations"),
        "not again for each request"
    );
    let reasons: Vec<_> = log.take_events().into_iter().map(|event| event["reason"].clone()).collect();
    assert_eq!(reasons, vec!["denylist_too_long"; 6]);
    api.clock.advance(10);
    colder.call(&live.access).await.assert_gateway_error(500, "server_error");
    assert!(api.calls.take().iter().any(|call| call.name == "Query Revocations"), "after the interval");
    // A warm authorizer uses its copy while that is recent enough.
    api.clock.advance(20);
    assert_eq!(cold.call(&live.access).await.status, 200);
    api.clock.advance(31);
    cold.call(&live.access).await.assert_gateway_error(500, "server_error");
    // The authorizer recovers as rows expire.
    api.clock.advance(86_400 + 120);
    let live = api.login().await;
    assert_eq!(cold.call(&live.access).await.status, 200);
    assert_eq!(api.restarted().await.call(&live.access).await.status, 200);
}

#[tokio::test]
async fn a_malformed_row_is_a_failure_and_never_an_allow() {
    let api = with_check("denylist").await;
    let tokens = api.login().await;
    assert_eq!(api.logout(&api.login().await.refresh).await.status, 200);
    let mut row = api.items("RevocationsTable").await.remove(0);
    row.insert("revocation".to_owned(), text(&format!("{}#x", api.clock.unix())));
    api.put("RevocationsTable", row).await;
    api.restarted().await.call(&tokens.access).await.assert_gateway_error(500, "server_error");
}

/// A row is at most as late as a function's timeout in template.yaml.
#[test]
fn the_write_delay_is_the_timeout_of_the_functions_that_write() {
    let delay = shared::store::WRITE_DELAY;
    assert_eq!(delay, Duration::from_secs(10));
    assert!(include_str!("../template.yaml").contains("\n    Timeout: 10\n"));
}
