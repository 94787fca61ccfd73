//! Concurrent refreshes of one token: there is one successor, and an honest client is never logged out.

use shared::store::attribute;

use super::{HASHING, PARALLEL, distinct_successors, race::Race, request::Request};
use crate::harness::{Reply, Tokens, number};

/// Asserts that the session continues, and that nothing was revoked.
async fn assert_alive(race: &Race, tokens: &Tokens, round: usize) {
    let api = race.api();
    assert_eq!(api.call(&tokens.access).await.status, 200, "round {round}");
    assert!(api.items("RevocationsTable").await.is_empty(), "round {round}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_refreshes_get_one_successor_and_log_no_user_out() {
    let mut race = Race::start("20 refreshes of one token", 1).await;
    let mut tokens = race.api().login().await;
    for round in 0..race.rounds {
        let replies = race.at_once(vec![Request::refresh(&tokens); PARALLEL]).await;
        let served: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
        assert_eq!(distinct_successors(&replies), 1, "round {round}");
        race.note_most("distinct successors", distinct_successors(&replies));
        tokens = served[round % PARALLEL].clone();
        assert_alive(&race, &tokens, round).await;
        let session = race.api().session().await;
        assert_eq!(session[attribute::GENERATION], number(round as u64 + 1), "one rotation a round");
        race.count("sessions that went on");
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn separate_retry_keys_fork_nothing_even_without_leeway() {
    let mut race =
        Race::with("20 refreshes, each with a key, no leeway", HASHING, |p| p.with("Leeway", "0")).await;
    let mut tokens = race.api().login().await;
    for round in 0..race.rounds {
        let request = |i| Request::RefreshWithKey {
            token: tokens.refresh.clone(),
            key: format!("one of the keys of a race {i}"),
        };
        // All come within the same second, the shortest time that the store can tell.
        let replies = race.at_once((0..PARALLEL).map(request)).await;
        let served: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
        assert_eq!(distinct_successors(&replies), 1, "round {round}");
        race.note_most("distinct successors", distinct_successors(&replies));
        tokens = served[0].clone();
        assert_alive(&race, &tokens, round).await;
        race.count("sessions that went on");
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn late_retries_with_one_key_are_served() {
    let mut race = Race::start("20 refreshes with one key, an hour apart", HASHING).await;
    let first = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let request = Request::RefreshWithKey {
            token: first.refresh.clone(),
            key: "one key for all requests".to_owned(),
        };
        let replies = race.as_time_passes(3600, vec![request; PARALLEL]).await;
        let served: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
        assert_eq!(distinct_successors(&replies), 1, "round {round}");
        race.note_most("distinct successors", distinct_successors(&replies));
        let late = race.api().refresh_with_key(&first.refresh, "one key for all requests").await.tokens();
        assert_eq!(late.refresh, served[0].refresh, "round {round}");
        assert_alive(&race, &late, round).await;
        race.count("sessions that went on");
    }
    race.finish();
}

/// As documented: without a key, a client that comes after the leeway counts as a thief. Even then nothing forks, and a
/// client is told that its session is over only if it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_second_during_the_race_forks_nothing() {
    let mut race =
        Race::with("20 refreshes as the second turns, no leeway", HASHING, |p| p.with("Leeway", "0")).await;
    let first = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let replies = race.as_time_passes(1, vec![Request::refresh(&first); PARALLEL]).await;
        assert_eq!(distinct_successors(&replies), 1, "round {round}");
        race.note_most("distinct successors", distinct_successors(&replies));
        let successor = replies.iter().find(|reply| reply.status == 200).unwrap().tokens();
        let refused = replies.iter().filter(|reply| reply.status != 200);
        let refused = refused.inspect(|reply| reply.assert_error(400, "invalid_grant")).count();
        if refused == 0 {
            assert_alive(&race, &successor, round).await;
            race.count("all in time");
        } else {
            super::assert_over(race.api(), &successor, round).await;
            assert!(race.api().items("SessionsTable").await.is_empty(), "round {round}");
            race.count("some too late, and the session over");
        }
    }
    race.finish();
}
