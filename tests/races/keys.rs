//! Concurrent refreshes with proofs: there is one successor with one key, and the device with that key is never logged
//! out.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{route, store::attribute};

use super::{PARALLEL, distinct_successors, race::Race, request::Request};
use crate::harness::{Api, Device, Reply, Tokens, claims, number};

type Item = BTreeMap<String, AttributeValue>;

/// Longer than the leeway.
const LATER: u64 = 11;

async fn race(name: &'static str, share: usize) -> Race {
    Race::with(name, share, |parameters| parameters.with("Dpop", "on")).await
}

/// A refresh with a fresh proof of this device, or without one.
fn refresh_of(device: Option<&Device>, token: &str) -> Request {
    match device {
        Some(device) => Request::RefreshOf { device: Box::new(device.clone()), token: token.to_owned() },
        None => Request::Refresh(token.to_owned()),
    }
}

/// A call with these tokens from this device.
async fn call_of(api: &Api, device: Option<&Device>, tokens: &Tokens) -> u16 {
    match device {
        Some(device) => api.call_of(device, &tokens.access).await.status,
        None => api.call(&tokens.access).await.status,
    }
}

/// Asserts that the session continues with this device's key, and that nothing was revoked.
async fn assert_alive(race: &Race, device: Option<&Device>, tokens: &Tokens, round: usize) {
    let api = race.api();
    let jkt = device.map(|device| device.jkt.as_str());
    assert_eq!(call_of(api, device, tokens).await, 200, "round {round}");
    assert_eq!(claims(&tokens.access)["cnf"]["jkt"].as_str(), jkt, "round {round}");
    assert!(api.items("RevocationsTable").await.is_empty(), "round {round}");
    let sid = claims(&tokens.access)["sid"].as_str().unwrap().to_owned();
    let sessions = api.items("SessionsTable").await;
    let is_own = |item: &&Item| item[attribute::SESSION_KEY].as_s().unwrap().ends_with(&sid);
    let stored = sessions.iter().find(is_own).unwrap().get(attribute::JKT);
    assert_eq!(stored.map(|value| value.as_s().unwrap().as_str()), jkt, "round {round}");
}

fn assert_refused<'a>(replies: impl IntoIterator<Item = &'a Reply>) {
    for reply in replies {
        reply.assert_error(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_refreshes_of_a_bound_token_get_one_successor() {
    let mut race = race("20 refreshes of one bound token", 1).await;
    let device = Device::es256(1);
    let mut tokens = race.api().login_of(&device).await;
    for round in 0..race.rounds {
        let replies = race.at_once(vec![refresh_of(Some(&device), &tokens.refresh); PARALLEL]).await;
        let served: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
        assert_eq!(distinct_successors(&replies), 1, "round {round}");
        race.note_most("distinct successors", distinct_successors(&replies));
        tokens = served[round % PARALLEL].clone();
        assert_alive(&race, Some(&device), &tokens, round).await;
        let session = race.api().session().await;
        assert_eq!(session[attribute::GENERATION], number(round as u64 + 1), "one rotation a round");
        race.count("sessions that went on");
    }
    race.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_becomes_bound_has_one_successor_and_goes_on() {
    let mut race = race("20 refreshes of an unbound token with one key", 1).await;
    let device = Device::es256(1);
    let first = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let replies = race.at_once(vec![refresh_of(Some(&device), &first.refresh); PARALLEL]).await;
        let served: Vec<Tokens> = replies.iter().map(Reply::tokens).collect();
        assert_eq!(distinct_successors(&replies), 1, "round {round}");
        race.note_most("distinct successors", distinct_successors(&replies));
        assert_alive(&race, Some(&device), &served[round % PARALLEL], round).await;
        race.count("sessions that went on");
    }
    race.finish();
}

/// Of several holders of an unbound token, one binds the session. The others' requests then show that the token was
/// stolen.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_wanted_by_several_keys_ends_or_stays_unbound() {
    let mut race = race("20 refreshes of an unbound token with two keys and with none", 1).await;
    let (one, other) = (Device::es256(1), Device::es256(2));
    let senders = [Some(&one), Some(&other), None];
    let first = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let requests = (0..PARALLEL).map(|i| refresh_of(senders[(round + i) % 3], &first.refresh));
        let replies = race.at_once(requests).await;
        assert_eq!(distinct_successors(&replies), 1, "round {round}");
        race.note_most("distinct successors", distinct_successors(&replies));
        let (served, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
        assert_refused(refused.iter().copied());
        let tokens = served[0].tokens();
        if tokens.refresh.starts_with("lgr1_") {
            // The first request had no key, so the others are retries.
            assert!(refused.is_empty(), "round {round}");
            assert!(race.api().items("RevocationsTable").await.is_empty(), "round {round}");
            race.api().refresh(&tokens.refresh).await.tokens();
            race.count("stayed unbound, and went on");
        } else {
            assert!(race.api().items("SessionsTable").await.is_empty(), "round {round}");
            for device in senders {
                let late = refresh_of(device, &tokens.refresh).send(race.api()).await;
                late.assert_error(400, "invalid_grant");
            }
            race.count("became one key's, and ended");
        }
    }
    race.finish();
}

/// A thief of a bound token neither gains anything nor harms the victim, in any order and at any time.
#[tokio::test(flavor = "multi_thread")]
async fn a_thief_of_bound_tokens_neither_gets_nor_ends_anything() {
    let mut race = race("a thief of bound tokens beside the victim", 1).await;
    let (victim, thief) = (Device::es256(1), Device::es256(2));
    let mut stolen = vec![race.api().login_of(&victim).await];
    for round in 0..race.rounds {
        let live = stolen.last().unwrap().refresh.clone();
        let mut requests = vec![refresh_of(Some(&victim), &live); 2];
        for tokens in &stolen {
            requests.push(refresh_of(Some(&thief), &tokens.refresh));
            requests.push(refresh_of(None, &tokens.refresh));
        }
        let replies = race.as_time_passes(0, requests).await;
        let (served, refused) = replies.split_at(2);
        assert_refused(refused);
        let [one, other] = [&served[0], &served[1]].map(Reply::tokens);
        assert_eq!(one.refresh, other.refresh, "round {round}");
        race.api().clock.advance(LATER);
        assert_refused(&[
            refresh_of(Some(&thief), &live).send(race.api()).await,
            refresh_of(None, &live).send(race.api()).await,
        ]);
        for device in [Some(&thief), None] {
            assert_eq!(call_of(race.api(), device, &one).await, 401, "round {round}");
        }
        assert_alive(&race, Some(&victim), &one, round).await;
        stolen.push(one);
        stolen.drain(..stolen.len().saturating_sub(3));
        race.count("sessions that went on");
    }
    race.finish();
}

/// The old token needs no key. The second use ends the session at once; otherwise a thief who came first would keep it.
#[tokio::test(flavor = "multi_thread")]
async fn a_thief_of_an_unbound_token_who_binds_it_first_is_found_out() {
    let mut race = race("thief and victim bind the same unbound token", 1).await;
    let (victim, thief) = (Device::es256(1), Device::es256(2));
    let first = race.api().login().await;
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let devices = [&victim, &thief];
        let requests = devices.map(|device| refresh_of(Some(device), &first.refresh));
        let replies = race.at_once(requests).await;
        let winner = replies.iter().position(|reply| reply.status == 200).unwrap();
        let (won, tokens) = (devices[winner], replies[winner].tokens());
        assert_refused([&replies[1 - winner]]);
        assert_eq!(call_of(race.api(), Some(won), &tokens).await, 401, "round {round}");
        race.api().refresh_of(won, &tokens.refresh).await.assert_error(400, "invalid_grant");
        assert!(race.api().items("SessionsTable").await.is_empty(), "round {round}");
        race.count(if winner == 0 { "the victim came first" } else { "the thief came first" });
    }
    race.finish();
}

/// A logout everywhere runs while its own session becomes bound. It either ends all sessions before that, or none.
#[tokio::test(flavor = "multi_thread")]
async fn all_sessions_end_before_one_becomes_bound_or_not_at_all() {
    let mut race = race("`everywhere` without a proof against a session that becomes bound", 1).await;
    let device = Device::es256(1);
    let (here, there) = (race.api().login().await, race.api().login().await);
    let start = race.snapshot().await;
    for round in 0..race.rounds {
        race.restore(&start).await;
        let requests = [Request::everywhere(&here), refresh_of(Some(&device), &here.refresh)];
        let replies = race.at_once(requests).await;
        if replies[0].status == 200 {
            assert!(race.api().items("SessionsTable").await.is_empty(), "round {round}");
            if replies[1].status == 200 {
                let late = race.api().refresh_of(&device, &replies[1].tokens().refresh).await;
                late.assert_error(400, "invalid_grant");
            } else {
                assert_refused([&replies[1]]);
            }
            race.count("ended before");
        } else {
            replies[0].assert_error(400, "invalid_dpop_proof");
            assert_alive(&race, Some(&device), &replies[1].tokens(), round).await;
            assert_eq!(race.api().call(&there.access).await.status, 200, "round {round}");
            race.count("ended nothing");
        }
    }
    race.finish();
}

/// A stolen proof is worthless: the repeated request gets the same tokens, which need the device's key.
#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_is_replayed_brings_the_same_successor() {
    let mut race = race("20 refreshes with one proof", 1).await;
    let device = Device::es256(1);
    let mut tokens = race.api().login_of(&device).await;
    for round in 0..race.rounds {
        let proof = device.proof(race.api(), "POST", route::REFRESH).sign();
        let request = Request::RefreshWith { proof, token: tokens.refresh.clone() };
        let replies = race.at_once(vec![request; PARALLEL]).await;
        assert_eq!(distinct_successors(&replies), 1, "round {round}");
        tokens = replies[round % PARALLEL].tokens();
        assert_alive(&race, Some(&device), &tokens, round).await;
        race.count("sessions that went on");
    }
    race.finish();
}
