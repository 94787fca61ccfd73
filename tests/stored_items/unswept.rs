//! Expired items that DynamoDB hasn't swept: each reader compares the time itself.

use std::collections::BTreeMap;

use axum::http::Request;
use shared::{
    clock::Timestamp,
    ids::SessionId,
    route,
    store::{Revocations, attribute},
};

use super::{operation, strike::with_denylist};
use crate::harness::{APP, Api, PASSWORD, Tokens, USERNAME, bearer, claims, number};

fn sid(tokens: &Tokens) -> SessionId {
    SessionId::parse(claims(&tokens.access)["sid"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_session_past_either_end_is_over_even_if_its_row_remains() {
    for (ended, other) in [
        (attribute::EXPIRES_AT, attribute::ABSOLUTE_EXPIRES_AT),
        (attribute::ABSOLUTE_EXPIRES_AT, attribute::EXPIRES_AT),
    ] {
        let api = Api::start().await;
        let tokens = api.login().await;
        let now = api.clock.unix();
        api.change_session(&[(ended, number(now)), (other, number(now + 1000))]).await;
        let before = api.stored().await;
        api.refresh(&tokens.refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(api.call(&tokens.access).await.status, 401, "{ended}");
        let change = api.change_password(&tokens.access, PASSWORD, "a much better password").await;
        assert_eq!(change.status, 401, "{ended}");
        assert_eq!(api.stored().await, before, "{ended}");
        let other = api.login().await;
        let list = api.call(&other.access).await;
        assert_eq!(list.body["sessions"].as_array().unwrap().len(), 1, "{ended}: {list:?}");
        let end = Request::delete(format!("/sessions/{}", sid(&tokens)));
        assert_eq!(api.send(bearer(end, &other.access), "").await.status, 204, "{ended}");
    }
}

#[tokio::test]
async fn a_row_of_the_denylist_counts_until_its_instant_swept_or_not() {
    let api = Api::with(|p| {
        p.with("RevocationCheck", "denylist").with("AccessTtl", "86400").with("AbsoluteTtl", "864000")
    })
    .await;
    let tokens = api.login().await;
    let revocations = Revocations::new(&api.context("logout").environment, &api.store).unwrap();
    revocations.put(&sid(&tokens), Timestamp::from_unix(api.clock.unix())).await.unwrap();
    api.clock.advance(1000);
    let tokens = api.refresh(&tokens.refresh).await.tokens();
    for (advance, status) in [(Revocations::TTL.as_secs() - 1001, 401), (1, 200)] {
        api.clock.advance(advance);
        assert_eq!(api.restarted().await.call(&tokens.access).await.status, status);
        assert_eq!(api.items("RevocationsTable").await.len(), 1, "it is still there");
    }
}

#[tokio::test]
async fn a_denylist_row_in_milliseconds_does_not_count_forever() {
    let api = with_denylist().await;
    let (tokens, other) = (api.login().await, api.login().await);
    assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    let mut row = api.items("RevocationsTable").await.remove(0);
    let in_milliseconds = row[attribute::EXPIRES_AT].as_n().unwrap().parse::<u64>().unwrap() * 1000;
    row.insert(attribute::EXPIRES_AT.to_owned(), number(in_milliseconds));
    api.put("RevocationsTable", row).await;
    for token in [&tokens.access, &other.access] {
        assert_eq!(api.restarted().await.call(token).await.status, 500);
    }
    // Readers no longer look back this far.
    api.clock.advance(Revocations::TTL.as_secs() + 3600);
    assert_eq!(api.restarted().await.call(&api.login().await.access).await.status, 200);
}

#[tokio::test]
async fn a_budget_refills_with_its_window_even_if_its_row_remains() {
    for username in [USERNAME, "nobody"] {
        let api = Api::start().await;
        let guess = [("client_id", APP), ("username", username), ("password", "wrong")];
        for _ in 0..21 {
            api.post(route::LOGIN, &guess).await.assert_error(400, "invalid_grant");
        }
        api.try_login(PASSWORD).await;
        // This is past the `expires_at` of an unknown name's row, which would be swept by now.
        api.clock.advance(passwords::MEMORY_TTL + 10_000);
        let row = || async {
            let rows = api.items("CredentialsTable").await;
            rows.into_iter().find(|row| row["username"].as_s().unwrap() == username).unwrap()
        };
        let counters = async || -> BTreeMap<_, _> {
            let row = row().await.into_iter();
            row.filter(|(name, _)| name.starts_with("guesses_") && !name.ends_with("_at")).collect()
        };
        let spent = counters().await;
        assert_eq!(spent.len(), 4 + 1, "{username}: {spent:?}");
        assert!(spent.values().all(|count| *count == number(20)), "{username}: {spent:?}");
        api.post(route::LOGIN, &guess).await.assert_error(400, "invalid_grant");
        // The failures in a row are forgotten, including this one.
        let counters = counters().await;
        assert_eq!(counters.len(), 4, "{username}: {counters:?}");
        let is_new = |(name, count): (&String, &_)| *count == number(1) && !spent.contains_key(name);
        assert!(counters.iter().all(is_new), "{username}: {counters:?}");
        api.login().await;
    }
}

#[tokio::test]
async fn a_published_key_past_its_instant_verifies_nothing_and_is_not_published() {
    let api = Api::start().await;
    let tokens = api.login().await;
    let mut key = api.items("KeysTable").await.remove(0);
    key.insert(attribute::EXPIRES_AT.to_owned(), number(api.clock.unix()));
    api.put("KeysTable", key).await;
    assert_eq!(operation::access(&api, &tokens).await.status, 401);
    let jwks = operation::jwks(&api).await;
    assert_eq!(jwks.body["keys"].as_array().map(Vec::len), Some(0), "{jwks:?}");
}
