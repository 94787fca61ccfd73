//! A logout concurrent with other requests: no token survives an acknowledged logout.

use super::{HASHING, assert_over, assert_survivor_over, race::Race, request::Request};
use crate::harness::PASSWORD;

async fn assert_nothing_left(race: &Race, round: usize) {
    assert!(race.api().items("SessionsTable").await.is_empty(), "round {round}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_survives_an_acknowledged_logout() {
    let mut race = Race::start("a refresh against a logout", 1).await;
    let old = race.api().login().await;
    let tokens = race.api().refresh(&old.refresh).await.tokens();
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let token = [&tokens.refresh, &tokens.access, &old.refresh][round % 3];
        let requests = [Request::refresh(&tokens), Request::Logout(token.clone())];
        let replies = race.at_once(requests).await;
        assert_eq!(replies[1].status, 200, "round {round}");
        let refreshed = replies[0].status == 200;
        race.count(if refreshed { "the refresh came first" } else { "the logout came first" });
        assert_survivor_over(race.api(), &replies[0], round).await;
        assert_over(race.api(), &tokens, round).await;
        assert_nothing_left(&race, round).await;
        assert_eq!(race.api().items("RevocationsTable").await.len(), 1, "round {round}");
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_of_two_logouts_are_acknowledged() {
    let mut race = Race::start("two logouts and a refresh", 1).await;
    let tokens = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let logouts = [&tokens.refresh, &tokens.access].map(|token| Request::Logout(token.clone()));
        let [one, other] = logouts;
        let replies = race.at_once([one, other, Request::refresh(&tokens)]).await;
        assert_eq!([replies[0].status, replies[1].status], [200, 200], "round {round}");
        let refreshed = replies[2].status == 200;
        race.count(if refreshed { "the refresh came first" } else { "a logout came first" });
        assert_survivor_over(race.api(), &replies[2], round).await;
        assert_over(race.api(), &tokens, round).await;
        assert_nothing_left(&race, round).await;
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_logouts_at_once_write_one_row() {
    let mut race = Race::start("twenty logouts", 4).await;
    let tokens = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let logouts = (0..20).map(|i| Request::Logout([&tokens.refresh, &tokens.access][i % 2].clone()));
        let replies = race.as_time_passes(3, logouts).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "round {round}");
        assert_eq!(race.api().items("RevocationsTable").await.len(), 1, "round {round}");
        assert_over(race.api(), &tokens, round).await;
        assert_nothing_left(&race, round).await;
        race.count("one row");
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_session_survives_everywhere() {
    let mut race = Race::start("a refresh against `everywhere` of another session", 1).await;
    let (here, there) = (race.api().login().await, race.api().login().await);
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let replies = race.at_once([Request::refresh(&there), Request::everywhere(&here)]).await;
        assert_eq!(replies[1].status, 200, "round {round}");
        let refreshed = replies[0].status == 200;
        race.count(if refreshed { "the refresh came first" } else { "`everywhere` came first" });
        assert_survivor_over(race.api(), &replies[0], round).await;
        assert_over(race.api(), &there, round).await;
        assert_over(race.api(), &here, round).await;
        assert_nothing_left(&race, round).await;
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn everywhere_twice_from_two_devices_leaves_nothing() {
    let mut race = Race::start("`everywhere` against `everywhere`", 1).await;
    let (here, there) = (race.api().login().await, race.api().login().await);
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let replies = race.at_once([&here, &there].map(Request::everywhere)).await;
        let served = replies.iter().filter(|reply| reply.status == 200).count();
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            refused.assert_error(400, "invalid_grant");
        }
        race.count(match served {
            2 => "both ended all",
            1 => "one ended all, the other's session was over",
            _ => panic!("round {round}: {replies:?}"),
        });
        assert_over(race.api(), &here, round).await;
        assert_over(race.api(), &there, round).await;
        assert_nothing_left(&race, round).await;
    }
    race.finish();
}

/// A concurrent login comes before the logout or after it, and is ended or lives as a whole. All earlier sessions end.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_during_everywhere_lives_or_is_over_as_a_whole() {
    let mut race = Race::start("a login against `everywhere`", HASHING).await;
    let (here, there) = (race.api().login().await, race.api().login().await);
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let replies = race.at_once([Request::Login(PASSWORD), Request::everywhere(&here)]).await;
        assert_eq!(replies[1].status, 200, "round {round}");
        let new = replies[0].tokens();
        if race.api().call(&new.access).await.status == 200 {
            race.api().refresh(&new.refresh).await.tokens();
            assert_eq!(race.api().items("SessionsTable").await.len(), 1, "round {round}");
            race.count("the new session lives");
        } else {
            assert_over(race.api(), &new, round).await;
            assert_nothing_left(&race, round).await;
            race.count("the new session is over");
        }
        assert_over(race.api(), &here, round).await;
        assert_over(race.api(), &there, round).await;
    }
    race.finish();
}
