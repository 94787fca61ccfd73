//! The costs table of the design is a promise: round trips and capacity units, counted.
//!
//! Calls that overlap are one round trip. DynamoDB reports no capacity for a write whose condition failed; it is
//! charged as one write unit for an item of up to a kilobyte, and counted so here.

use crate::harness::{APP, Api, Call, PASSWORD, forged, waves};

/// Write and read units of the calls that were made.
fn units(calls: &[Call]) -> (f64, f64) {
    let is_read = |call: &&Call| call.name.starts_with("GetItem") || call.name.starts_with("Query");
    let sum = |calls: Vec<&Call>| calls.iter().map(|call| call.units.unwrap_or(1.0)).sum::<f64>();
    let (reads, writes): (Vec<_>, Vec<_>) = calls.iter().partition(is_read);
    (sum(writes), sum(reads))
}

#[track_caller]
fn assert_costs(calls: &[Call], expected_waves: &[&[&str]], expected_units: (f64, f64)) {
    assert_eq!(waves(calls), expected_waves);
    assert_eq!(units(calls), expected_units, "write and read units");
}

#[tokio::test]
async fn login_is_two_round_trips_three_writes_and_two_reads() {
    let api = Api::start().await;
    api.login().await;
    assert_costs(
        &api.calls.take(),
        &[
            &["GetItem Clients", "UpdateItem Credentials"],
            // Beside the password hash, which takes longer: no round trip that anybody waits for.
            &["GetItem Users"],
            &["PutItem Sessions", "UpdateItem Credentials"],
        ],
        (3.0, 2.0),
    );
}

#[tokio::test]
async fn refresh_with_a_warm_client_is_one_round_trip_one_write_and_one_read() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let tokens = api.refresh(&tokens.refresh).await.tokens();
    api.calls.take();
    api.refresh(&tokens.refresh).await.tokens();
    assert_costs(&api.calls.take(), &[&["GetItem Users", "UpdateItem Sessions"]], (1.0, 1.0));
}

#[tokio::test]
async fn a_retry_within_the_leeway_is_one_round_trip_and_its_failed_condition() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.refresh(&tokens.refresh).await.tokens();
    api.calls.take();
    api.refresh(&tokens.refresh).await.tokens();
    let calls = api.calls.take();
    assert_costs(&calls, &[&["GetItem Users", "UpdateItem Sessions"]], (1.0, 1.0));
    let update = calls.iter().find(|call| call.name.starts_with("UpdateItem")).unwrap();
    assert_eq!(update.units, None, "it failed");
}

#[tokio::test]
async fn logout_is_one_round_trip_and_two_writes() {
    let api = Api::start().await;
    let (first, second) = (api.login().await, api.login().await);
    api.logout(&first.refresh).await;
    api.calls.take();
    api.logout(&second.refresh).await;
    assert_costs(&api.calls.take(), &[&["DeleteItem Sessions", "PutItem Revocations"]], (2.0, 0.0));
}

#[tokio::test]
async fn the_authorizer_is_one_round_trip_and_one_read() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    api.call(&tokens.access).await;
    let mut calls = api.calls.take();
    assert_eq!(calls.pop().unwrap().name, "Query Sessions", "the endpoint behind it");
    assert_costs(&calls, &[&["GetItem Sessions"]], (0.0, 1.0));
}

#[tokio::test]
async fn a_junk_or_foreign_token_costs_nothing_anywhere() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    let forged = forged(&tokens.refresh);
    for junk in ["x", "lgr1_x", forged.as_str(), tokens.access.as_str()] {
        assert_eq!(api.refresh(junk).await.status, 400);
    }
    let foreign = [
        ("grant_type", "refresh_token"),
        ("client_id", "demo-server"),
        ("refresh_token", tokens.refresh.as_str()),
    ];
    assert_eq!(api.post("/refresh", &foreign).await.status, 400);
    for foreign in [&tokens.refresh, &tokens.access, &forged] {
        assert_eq!(
            api.post("/logout", &[("client_id", "demo-server"), ("token", foreign)]).await.status,
            200
        );
    }
    for junk in ["x", "a.b.c", forged.as_str(), tokens.refresh.as_str()] {
        assert_eq!(api.call(junk).await.status, 401);
    }
    assert!(api.calls.take().is_empty());
}

#[tokio::test]
async fn a_wrong_password_or_an_unknown_name_costs_the_attempt_and_the_reads() {
    let api = Api::start().await;
    api.try_login("wrong password").await;
    assert_eq!(units(&api.calls.take()), (1.0, 2.0));
    let unknown = [("client_id", APP), ("username", "nobody"), ("password", PASSWORD)];
    api.post("/login", &unknown).await;
    assert_eq!(units(&api.calls.take()), (1.0, 1.0), "with a warm client, the same");
}

#[tokio::test]
async fn a_change_of_password_is_eight_round_trips_six_writes_and_four_reads() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    api.change_password(&tokens.access, PASSWORD, "a much better password").await.tokens();
    let mut calls = api.calls.take();
    assert_eq!(calls.remove(0).name, "GetItem Sessions", "the authorizer before it");
    assert_costs(
        &calls,
        &[
            &["GetItem Clients", "GetItem Sessions", "GetItem Users"],
            &["UpdateItem Credentials"],
            &["UpdateItem Credentials"],
            &["UpdateItem Users"],
            &["Query Sessions"],
            &["PutItem Sessions"],
            &["PutItem Revocations"],
            &["DeleteItem Sessions"],
        ],
        (6.0, 4.0),
    );
}
