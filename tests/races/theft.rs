//! A thief concurrent with the victim: the session of the stolen token ends, and no other.

use super::{assert_over, assert_survivor_over, distinct_successors, race::Race, request::Request};

/// Longer than the leeway.
const LATER: u64 = 11;

#[tokio::test(flavor = "multi_thread")]
async fn a_used_token_ends_its_session_whatever_the_victim_does() {
    let mut race = Race::start("a used token against the live one", 1).await;
    let bystander = race.api().login().await;
    let ancestor = race.api().login().await;
    let last = race.api().refresh(&ancestor.refresh).await.tokens();
    let live = race.api().refresh(&last.refresh).await.tokens();
    race.api().clock.advance(LATER);
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let stolen = if round % 2 == 0 { &ancestor } else { &last };
        let replies = race.at_once([stolen, &live].map(Request::refresh)).await;
        replies[0].assert_error(400, "invalid_grant");
        race.count(if replies[1].status == 200 { "the victim came first" } else { "the thief came first" });
        assert_survivor_over(race.api(), &replies[1], round).await;
        assert_over(race.api(), &live, round).await;

        assert_eq!(race.api().call(&bystander.access).await.status, 200, "round {round}");
        assert_eq!(race.api().items("SessionsTable").await.len(), 1, "round {round}");
        assert!(!race.api().items("RevocationsTable").await.is_empty(), "round {round}");
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_as_fast_as_the_victim_shares_its_successor_and_is_found_out() {
    let mut race = Race::start("thief and victim with the same live token", 1).await;
    let live = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let replies = race.at_once([&live, &live].map(Request::refresh)).await;
        let (thief, victim) = (replies[0].tokens(), replies[1].tokens());
        assert_eq!(distinct_successors(&replies), 1, "round {round}");

        // One of them uses the token. Later the other does, while the first continues.
        race.api().clock.advance(LATER);
        let used = race.api().refresh(&thief.refresh).await.tokens();
        race.api().clock.advance(LATER);
        let replies = race.at_once([&used, &victim].map(Request::refresh)).await;
        replies[1].assert_error(400, "invalid_grant");
        race.count(if replies[0].status == 200 {
            "found out after one more refresh"
        } else {
            "found out at once"
        });
        assert_survivor_over(race.api(), &replies[0], round).await;
        assert_over(race.api(), &used, round).await;
        assert!(race.api().items("SessionsTable").await.is_empty(), "round {round}");
    }
    race.finish();
}
