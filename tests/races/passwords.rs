//! A change of password concurrent with other requests: no session of the old password continues.

use std::collections::BTreeSet;

use super::{HASHING, assert_over, assert_refused, assert_survivor_over, race::Race, request::Request};
use crate::harness::{Api, PASSWORD, Reply};

const NEW: &str = "a much better password";
const OTHER: &str = "quite another password";

/// Asserts that `current` is the user's password, and the others aren't.
async fn assert_password(api: &Api, current: &'static str, not: &[&'static str], round: usize) {
    for password in not {
        let refused = api.try_login(password).await;
        assert_refused(&refused, format_args!("{round}, a login by {password:?}"));
    }
    let login = api.try_login(current).await;
    assert_eq!(login.status, 200, "round {round}, a login by {current:?}: {login:?}");
}

/// Asserts that this is the only session, and that it continues.
async fn assert_only_session(api: &Api, changed: &Reply, round: usize) {
    assert_eq!(changed.status, 200, "round {round}, the change: {changed:?}");
    let tokens = changed.tokens();
    let sessions = api.items("SessionsTable").await;
    assert_eq!(sessions.len(), 1, "round {round}: {sessions:?}");
    let called = api.call(&tokens.access).await;
    assert_eq!(called.status, 200, "round {round}, a call by the new session: {called:?}");
    let refreshed = api.refresh(&tokens.refresh).await;
    assert_eq!(refreshed.status, 200, "round {round}, a refresh of the new session: {refreshed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refresh_carries_a_session_over_a_change_of_password() {
    let mut race = Race::start("refreshes against a change of password", HASHING).await;
    let (here, there) = (race.api().login().await, race.api().login().await);
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let change = Request::change_password(&here, PASSWORD, NEW);
        let requests = [change, Request::refresh(&there), Request::refresh(&here)];
        let replies = race.at_once(requests).await;
        for (refreshed, whose) in replies[1..].iter().zip(["there", "here"]) {
            race.count(if refreshed.status == 200 {
                "a refresh was served"
            } else {
                "a refresh was refused"
            });
            assert_survivor_over(race.api(), refreshed, format_args!("{round}, {whose}")).await;
        }
        for (tokens, whose) in [(&there, "there"), (&here, "here")] {
            assert_over(race.api(), tokens, format_args!("{round}, {whose}, by the first tokens")).await;
        }
        assert_only_session(race.api(), &replies[0], round).await;
        assert_password(race.api(), NEW, &[PASSWORD], round).await;
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_the_old_password_during_its_change_is_not_refreshed() {
    let mut race = Race::start("a login by the old password against its change", HASHING).await;
    let here = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let change = Request::change_password(&here, PASSWORD, NEW);
        let replies = race.at_once([change, Request::Login(PASSWORD)]).await;
        if replies[1].status == 200 {
            let old = replies[1].tokens();
            let is_over = race.api().call(&old.access).await.status == 401;
            race.count(if is_over { "let in, and over" } else { "let in, until the access token expires" });
            let refreshed = race.api().refresh(&old.refresh).await;
            assert_refused(&refreshed, format_args!("{round}, a refresh by the old password's tokens"));
        } else {
            assert_refused(&replies[1], format_args!("{round}, the login"));
            race.count("refused");
        }
        assert_over(race.api(), &here, round).await;
        assert_only_session(race.api(), &replies[0], round).await;
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_parallel_changes_is_made() {
    let mut race = Race::start("two changes of password, from two devices or one", HASHING).await;
    let (here, there) = (race.api().login().await, race.api().login().await);
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let second = if round % 2 == 0 { &there } else { &here };
        let changes = [(&here, NEW), (second, OTHER)];
        let changes = changes.map(|(tokens, new)| Request::change_password(tokens, PASSWORD, new));
        let replies = race.at_once(changes).await;
        let won = replies.iter().position(|reply| reply.status == 200).unwrap();
        let lost = &replies[1 - won];
        assert!(matches!(lost.status, 400 | 401), "round {round}: {lost:?}");
        race.count(if lost.status == 400 { "the other was refused" } else { "the other's session was over" });
        let passwords = [NEW, OTHER];
        assert_password(race.api(), passwords[won], &[PASSWORD, passwords[1 - won]], round).await;
        assert_over(race.api(), &here, round).await;
        assert_over(race.api(), &there, round).await;
        assert_eq!(race.api().call(&replies[won].tokens().access).await.status, 200, "round {round}");
    }
    race.finish();
}

/// The same request with its key two or three times: in any order, all get the same session, which continues.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_change_with_its_key_is_one_session_in_any_order() {
    let mut race = Race::start("the same change of password with its key", HASHING).await;
    let here = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let access = here.access.clone();
        let change = Request::ChangePasswordWithKey { access, current: PASSWORD, new: NEW };
        let replies = race.as_time_passes(3, vec![change; 2 + round % 2]).await;
        let tokens: Vec<_> = replies.iter().map(|reply| reply.tokens()).collect();
        let refresh_tokens: BTreeSet<_> = tokens.iter().map(|tokens| &tokens.refresh).collect();
        assert_eq!(refresh_tokens.len(), 1, "round {round}");
        for tokens in &tokens {
            assert_eq!(race.api().call(&tokens.access).await.status, 200, "round {round}");
        }
        race.api().refresh(&tokens[0].refresh).await.tokens();
        race.api().clock.advance(60);
        assert_over(race.api(), &here, round).await;
        assert_password(race.api(), NEW, &[PASSWORD], round).await;
        race.count("one session");
    }
    race.finish();
}

/// The same request twice, as by a double click: a retry that doesn't wait.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_change_twice_is_made_and_leaves_a_session_that_goes_on() {
    let mut race = Race::start("the same change of password twice", HASHING).await;
    let here = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let change = Request::change_password(&here, PASSWORD, NEW);
        let replies = race.at_once([change.clone(), change]).await;
        let mut alive = 0;
        for served in replies.iter().filter(|reply| reply.status == 200) {
            alive += usize::from(race.api().call(&served.tokens().access).await.status == 200);
        }
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            assert!(matches!(refused.status, 400 | 401), "round {round}: {refused:?}");
        }
        assert!(alive >= 1, "round {round}: {replies:?}");
        race.count(match (replies.iter().filter(|reply| reply.status == 200).count(), alive) {
            (1, _) => "one was served",
            (_, 1) => "both were served, and the later session goes on",
            _ => "both were served, and both sessions go on",
        });
        assert_over(race.api(), &here, round).await;
        assert_password(race.api(), NEW, &[PASSWORD], round).await;
    }
    race.finish();
}
