//! The costs of each operation are a promise: the round trips and capacity units that docs/operations/costs.md states are
//! those that the engine reports.
//!
//! Calls that overlap are one round trip. DynamoDB reports no capacity for a write whose condition failed; it is
//! charged as one write unit for an item of up to a kilobyte, and counted so here.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem, Update};
use local::seed::ClientSeed;
use serde_json::Value;
use shared::{
    clock::Timestamp,
    ids::SessionId,
    route,
    store::{Revocations, attribute},
};

use crate::{
    harness::{APP, Api, Call, Log, PASSWORD, SERVER, START, USER_ID, USERNAME, forged, text, waves},
    pages::{Stated, denylist_row_bytes, logged_bytes},
};

/// Write and read units of the calls that were made.
fn units(calls: &[Call]) -> (f64, f64) {
    let is_read = |call: &&Call| call.name.starts_with("GetItem") || call.name.starts_with("Query");
    let sum = |calls: Vec<&Call>| calls.iter().map(|call| call.units.unwrap_or(1.0)).sum::<f64>();
    let (reads, writes): (Vec<_>, Vec<_>) = calls.iter().partition(is_read);
    (sum(writes), sum(reads))
}

#[track_caller]
fn assert_costs(operation: &str, calls: &[Call], expected_waves: &[&[&str]]) {
    let stated = Stated::of(operation);
    assert_eq!(waves(calls), expected_waves);
    assert_eq!(calls.len(), stated.calls, "calls");
    assert_eq!(units(calls), (stated.writes, stated.reads), "write and read units");
    // Beside the password hash, which takes longer: a round trip that adds no time.
    let beside_the_hash = [["GetItem Users"].as_slice()];
    let waited_for = expected_waves.iter().filter(|wave| !beside_the_hash.contains(wave)).count();
    assert_eq!(waited_for, stated.round_trips, "round trips");
}

#[tokio::test]
async fn login_is_three_round_trips_three_writes_and_two_reads() {
    let api = Api::start().await;
    api.login().await;
    assert_costs(
        "login",
        &api.calls.take(),
        &[
            &["GetItem Clients"],
            &["UpdateItem Credentials"],
            &["GetItem Users"],
            &["PutItem Sessions", "UpdateItem Credentials"],
        ],
    );
    api.login().await;
    assert_eq!(
        waves(&api.calls.take()),
        [
            &["UpdateItem Credentials"][..],
            &["GetItem Users"],
            &["PutItem Sessions", "UpdateItem Credentials"],
        ],
        "with a warm client, a round trip and a read less"
    );
}

#[tokio::test]
async fn a_refresh_token_beside_the_password_costs_one_read_and_one_round_trip() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    api.try_login_of_device(PASSWORD, &tokens.refresh).await.tokens();
    let calls = api.calls.take();
    let expected = [
        &["GetItem Users"][..],
        &["UpdateItem Credentials"],
        &["GetItem Users"],
        &["PutItem Sessions", "UpdateItem Credentials"],
    ];
    assert_eq!(waves(&calls), expected);
    assert_eq!(units(&calls), (3.0, 2.0));
}

#[tokio::test]
async fn a_login_on_a_client_that_may_not_have_it_costs_a_read_and_leaves_nothing() {
    let api = Api::start().await;
    let disabled = vec![(attribute::DISABLED, AttributeValue::Bool(true))];
    let other = ClientSeed { client_id: "off", name: "Off", client_secret: None, scope: &["read"] };
    api.seeder().put_client(&other).await.unwrap();
    api.seeder().set("ClientsTable", (attribute::CLIENT_ID, "off"), disabled).await.unwrap();
    let before = api.stored().await;
    for (client_id, secret) in [("unknown", ""), ("off", ""), (SERVER, ""), (SERVER, "wrong"), (APP, "x")] {
        let api = api.restarted().await;
        for username in [USERNAME, "nobody"] {
            let login = [
                ("client_id", client_id),
                ("client_secret", secret),
                ("username", username),
                ("password", PASSWORD),
            ];
            api.post(route::LOGIN, &login).await.assert_error(401, "invalid_client");
        }
        let calls = api.calls.take();
        assert!(calls.iter().all(|call| call.name == "GetItem Clients"), "{client_id}: {calls:?}");
        assert_eq!(api.stored().await, before, "{client_id}");
    }
}

#[tokio::test]
async fn refresh_with_a_warm_client_is_one_round_trip_one_write_and_one_read() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let tokens = api.refresh(&tokens.refresh).await.tokens();
    api.calls.take();
    api.refresh(&tokens.refresh).await.tokens();
    assert_costs("refresh", &api.calls.take(), &[&["GetItem Users", "UpdateItem Sessions"]]);
}

#[tokio::test]
async fn a_retry_within_the_leeway_is_one_round_trip_and_its_failed_condition() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.refresh(&tokens.refresh).await.tokens();
    api.calls.take();
    api.refresh(&tokens.refresh).await.tokens();
    let calls = api.calls.take();
    assert_costs("refresh, a retry within the leeway", &calls, &[&["GetItem Users", "UpdateItem Sessions"]]);
    let update = calls.iter().find(|call| call.name.starts_with("UpdateItem")).unwrap();
    assert_eq!(update.units, None, "it failed");
}

#[tokio::test]
async fn logout_is_three_round_trips_and_three_writes_and_once_more_one() {
    let api = Api::start().await;
    let (first, second) = (api.login().await, api.login().await);
    api.logout(&first.refresh).await;
    api.calls.take();
    api.logout(&second.refresh).await;
    let steps: [&[_]; 3] = [&["UpdateItem Sessions"], &["PutItem Revocations"], &["DeleteItem Sessions"]];
    assert_costs("logout", &api.calls.take(), &steps);
    api.logout(&second.refresh).await;
    assert_costs("logout, of a session that is over", &api.calls.take(), &steps[..1]);
}

/// The calls of the authorizer alone.
async fn calls_of_the_authorizer(api: &Api, access_token: &str) -> Vec<Call> {
    api.calls.take();
    assert_eq!(api.call(access_token).await.status, 200);
    let mut calls = api.calls.take();
    assert_eq!(calls.pop().unwrap().name, "Query Sessions", "the endpoint behind it");
    calls
}

#[tokio::test]
async fn the_authorizer_is_one_round_trip_and_one_read() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let calls = calls_of_the_authorizer(&api, &tokens.access).await;
    assert_costs("authorizer, `session`", &calls, &[&["GetItem Sessions"]]);
}

#[tokio::test]
async fn the_authorizer_with_a_denylist_or_without_a_check_reads_nothing() {
    for (check, operation) in [("denylist", "authorizer, `denylist`"), ("none", "authorizer, `none`")] {
        let api = Api::with(|p| p.with("RevocationCheck", check)).await;
        let tokens = api.login().await;
        assert_costs(operation, &calls_of_the_authorizer(&api, &tokens.access).await, &[]);
    }
}

#[tokio::test]
async fn a_pull_of_the_denylist_reads_as_many_units_as_its_rows_have_bytes_for() {
    let api = Api::with(|p| p.with("RevocationCheck", "denylist")).await;
    let tokens = api.login().await;
    let revocations = Revocations::new(&api.context("logout").environment, &api.store).unwrap();
    let now = Timestamp::from_unix(START);
    let ids: Vec<_> = (0_u32..200).map(|i| SessionId::of_secret(&i.to_be_bytes())).collect();
    for id in &ids {
        revocations.put(id, now).await.unwrap();
    }
    api.clock.advance(authorizer::DENYLIST_INTERVAL.as_secs());
    let calls = calls_of_the_authorizer(&api, &tokens.access).await;
    assert_eq!((ids.len() * denylist_row_bytes()).div_ceil(4096), 4, "a read unit is for 4 KiB");
    let pulled: Vec<_> = calls.iter().filter(|call| call.name == "Query Revocations").collect();
    let units = pulled.iter().map(|call| call.units.unwrap()).fold(0.0, f64::max);
    // Engines count an item's bytes a little differently from one another.
    assert!((3.0..=5.0).contains(&units), "{units}");
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
    assert_eq!(api.post(route::REFRESH, &foreign).await.status, 400);
    assert_costs("refresh, junk or foreign token", &api.calls.take(), &[]);
    for foreign in [&tokens.refresh, &tokens.access, &forged] {
        assert_eq!(
            api.post(route::LOGOUT, &[("client_id", "demo-server"), ("token", foreign)]).await.status,
            200
        );
    }
    for junk in ["x", "a.b.c", forged.as_str(), tokens.refresh.as_str()] {
        assert_eq!(api.call(junk).await.status, 401);
    }
    assert_costs("authorizer, junk token", &api.calls.take(), &[]);
}

#[tokio::test]
async fn a_wrong_password_or_an_unknown_name_costs_the_attempt_and_the_reads() {
    let api = Api::start().await;
    api.try_login("wrong password").await;
    assert_costs(
        "login, wrong password",
        &api.calls.take(),
        &[&["GetItem Clients"], &["UpdateItem Credentials"], &["GetItem Users"]],
    );
    let unknown = [("client_id", APP), ("username", "nobody"), ("password", PASSWORD)];
    api.post(route::LOGIN, &unknown).await;
    assert_eq!(units(&api.calls.take()), (1.0, 1.0), "with a warm client, the same");
}

#[tokio::test]
async fn a_change_of_password_is_ten_round_trips_eight_writes_and_four_reads() {
    let api = Api::start().await;
    let tokens = api.login().await;
    api.calls.take();
    api.change_password(&tokens.access, PASSWORD, "a much better password").await.tokens();
    let mut calls = api.calls.take();
    assert_eq!(calls.remove(0).name, "GetItem Sessions", "the authorizer before it");
    assert_costs(
        "change of password",
        &calls,
        &[
            &["GetItem Clients", "GetItem Sessions", "GetItem Users"],
            &["UpdateItem Credentials"],
            &["UpdateItem Credentials"],
            &["UpdateItem Sessions"],
            &["UpdateItem Users"],
            &["Query Sessions"],
            &["PutItem Sessions"],
            &["UpdateItem Sessions"],
            &["PutItem Revocations"],
            &["DeleteItem Sessions"],
        ],
    );
}

/// The usual design, with which docs/operations/costs.md compares: done here with the same items.
#[tokio::test]
async fn a_refresh_in_a_transaction_is_two_round_trips_four_writes_and_two_reads() {
    let api = Api::start().await;
    api.login().await;
    let session = api.session().await;
    let key =
        [attribute::USER_ID, attribute::SESSION_KEY].map(|name| (name.to_owned(), session[name].clone()));
    let total = ReturnConsumedCapacity::Total;
    let table = |name: &str| api.deployment.tables[name].clone();

    let find = api.store.get_item().consistent_read(true).return_consumed_capacity(total.clone());
    let token = find.clone().table_name(table("SessionsTable")).set_key(Some(key.clone().into()));
    let user = find.table_name(table("UsersTable")).key(attribute::USER_ID, text(USER_ID));
    let (token, user) = tokio::join!(token.send(), user.send());
    let reads = [token.unwrap(), user.unwrap()].map(|found| {
        assert!(found.item.is_some());
        found.consumed_capacity.unwrap().capacity_units.unwrap()
    });

    let mark = Update::builder()
        .table_name(table("SessionsTable"))
        .set_key(Some(key.into()))
        .update_expression("SET #generation = :next")
        .condition_expression("#generation < :next")
        .expression_attribute_names("#generation", attribute::GENERATION)
        .expression_attribute_values(":next", crate::harness::number(1));
    let mut successor = session;
    successor.insert(attribute::SESSION_KEY.to_owned(), text("demo-app#successor"));
    let put = Put::builder().table_name(table("SessionsTable"));
    let put = put.set_item(Some(successor.into_iter().collect())).build().unwrap();
    let transaction = api.store.transact_write_items().return_consumed_capacity(total);
    let transaction = transaction
        .transact_items(TransactWriteItem::builder().update(mark.build().unwrap()).build())
        .transact_items(TransactWriteItem::builder().put(put).build());
    let written = transaction.send().await.unwrap().consumed_capacity.unwrap();
    let writes: f64 = written.iter().filter_map(|consumed| consumed.capacity_units).sum();

    let stated = Stated::of("*refresh by Get and TransactWriteItems*");
    assert_eq!((stated.round_trips, stated.calls), (2, 3));
    assert_eq!((writes, reads.iter().sum::<f64>()), (stated.writes, stated.reads), "write and read units");
}

/// What a request logs is paid for by the byte, and often more than what it asks of the store.
#[tokio::test]
async fn a_request_logs_no_more_than_the_page_says_and_not_much_less() {
    let api = Api::with(|parameters| parameters.with("AWS::StackName", "latchgate-of-a-team")).await;
    let (log, _guard) = Log::listen();
    let tokens = api.login().await;
    let tokens = api.refresh(&tokens.refresh).await.tokens();
    // The authorizer, and an endpoint behind it.
    assert_eq!(api.call(&tokens.access).await.status, 200);

    let mut logged = BTreeMap::<String, usize>::new();
    for line in log.take() {
        // A request's line, and its metrics.
        let function = line.get("function").or(line.get("Function")).and_then(Value::as_str).unwrap();
        *logged.entry(function.to_owned()).or_default() += line.to_string().len();
    }
    assert_eq!(logged.keys().collect::<Vec<_>>(), ["authorizer", "login", "refresh", "sessions"]);
    let stated = logged_bytes();
    for (function, bytes) in logged {
        assert!(bytes <= stated && bytes * 10 >= stated * 7, "{function}: {bytes} of {stated}");
    }
}
