//! Concurrent logins: each opens a session, and guesses are counted individually.

use std::collections::HashSet;

use passwords::BUDGET;

use super::{HASHING, HASHING_MUCH, PARALLEL, race::Race, request::Request};
use crate::harness::{PASSWORD, Reply, Tokens};

#[tokio::test(flavor = "multi_thread")]
async fn parallel_logins_are_separate_sessions() {
    for (name, parallel, share) in [("two logins", 2, HASHING), ("20 logins", PARALLEL, HASHING_MUCH)] {
        let mut race = Race::start(name, share).await;
        let start = race.snapshot().await;
        for round in 0..race.rounds {
            race.restore(&start).await;
            let replies = race.at_once(vec![Request::Login(PASSWORD); parallel]).await;
            let tokens: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
            let distinct: HashSet<_> = tokens.iter().map(|tokens| &tokens.refresh).collect();
            assert_eq!(distinct.len(), parallel, "round {round}");
            assert_eq!(race.api().items("SessionsTable").await.len(), parallel, "round {round}");
            for tokens in &tokens {
                assert_eq!(race.api().call(&tokens.access).await.status, 200, "round {round}");
                race.api().refresh(&tokens.refresh).await.tokens();
                race.count("sessions that live");
            }
            // Correct passwords cost nothing: the budget is full again.
            let credential = race.api().items("CredentialsTable").await.remove(0);
            let spent: Vec<_> = credential.iter().filter(|(name, _)| name.starts_with("guesses_")).collect();
            assert!(spent.iter().all(|(_, count)| count.as_n().unwrap() == "0"), "round {round}: {spent:?}");
        }
        race.finish();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_guesses_stay_within_the_budget() {
    let mut race = Race::start("60 guesses, at login and at /password", HASHING_MUCH).await;
    let tokens = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let guess = |i| match i % 2 {
            0 => Request::Login("a wrong password"),
            _ => Request::change_password(&tokens, "a wrong password", "another good password"),
        };
        for refused in race.at_once((0..60).map(guess)).await {
            refused.assert_error(400, "invalid_grant");
            race.count("guesses");
        }
        // The counted attempts were evaluated; after them, even the correct password isn't.
        let credential = race.api().items("CredentialsTable").await.remove(0);
        let mut counters = credential.iter().filter(|(name, _)| name.starts_with("guesses"));
        let mut counters: Vec<_> = counters.by_ref().filter(|(name, _)| !name.ends_with("_at")).collect();
        // Counters by time and in a row, for strangers and for the one device, which may use either budget.
        assert_eq!(counters.len(), 2 * (4 + 1), "round {round}");
        counters.retain(|(_, count)| count.as_n().unwrap() != &BUDGET.to_string());
        assert!(counters.is_empty(), "round {round}: {counters:?}");
        race.api().try_login(PASSWORD).await.assert_error(400, "invalid_grant");
        race.api()
            .change_password(&tokens.access, PASSWORD, "another good password")
            .await
            .assert_error(400, "invalid_grant");
        race.count("rounds after which the right one was refused");
    }
    race.finish();
}
