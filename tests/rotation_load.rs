//! A rotation under load: warm instances with caches of different ages, and sessions that refresh and call throughout.

use keys::KeyRotation;

use crate::{
    harness::{Api, SCALE, Secrets, Tokens},
    key_rotation::{STEPS, rotate, step},
};

const INSTANCES: usize = 3;
const SESSIONS: usize = 4;
/// The duration in minutes: longer than the three hours after which the new keys sign on every instance.
const MINUTES: usize = 200;

/// Refreshes on one instance and calls on another, with the new token and the previous one. In `cargo test` each
/// session does this in one of four minutes, in `cargo xtask long-tests` in every minute.
async fn exercise(round: usize, index: usize, tokens: Tokens, apis: &[Api]) -> (Tokens, u32, u32) {
    if !SCALE.every_cell && round % SESSIONS != index {
        return (tokens, 0, 0);
    }
    let on = |offset: usize| &apis[(round * 7 + index + offset) % apis.len()];
    let refreshed = on(0).refresh(&tokens.refresh).await;
    if refreshed.status != 200 {
        return (tokens, 1, 1);
    }
    let next = refreshed.tokens();
    let statuses = [on(1).call(&next.access).await.status, on(2).call(&tokens.access).await.status];
    let failed = statuses.iter().filter(|status| **status != 200).count();
    (next, 3, u32::try_from(failed).unwrap())
}

#[tokio::test]
async fn no_token_is_refused_and_no_session_ends_through_a_rotation() {
    let secrets = Secrets::start().await;
    let first = Api::with_secret(&secrets, |p| p).await;
    let rotation = KeyRotation::start(&first.context("keys")).unwrap();
    rotate(&rotation, &secrets, "first").await.unwrap();
    // The HMAC key is due too.
    first.clock.advance(180 * 24 * 3600);
    let mut apis = Vec::new();
    for _ in 1..INSTANCES {
        // So that each instance looks for new keys at a different minute.
        first.clock.advance(120);
        apis.push(first.restarted().await);
    }
    apis.push(first);
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        sessions.push(apis[0].login().await);
    }
    let (mut requests, mut failed) = (0, 0);
    for minute in 0..MINUTES {
        if let Some(name) = minute.checked_sub(3).and_then(|since| STEPS.get(since)) {
            step(&rotation, &secrets, "second", name).await.unwrap();
        }
        let (early, late) = sessions.split_at(SESSIONS / 2);
        let run = |index: usize, tokens: &Tokens| exercise(minute, index, tokens.clone(), &apis);
        let (a, b, c, d) =
            tokio::join!(run(0, &early[0]), run(1, &early[1]), run(2, &late[0]), run(3, &late[1]));
        let mut next = Vec::new();
        for (tokens, sent, refused) in [a, b, c, d] {
            next.push(tokens);
            requests += sent;
            failed += refused;
        }
        sessions = next;
        apis[0].clock.advance(60);
    }
    println!("a rotation under load: {requests} requests on {INSTANCES} warm instances, {failed} refused");
    assert_eq!(failed, 0);
    let newest = crate::harness::part(&sessions[0].access, 0)["kid"].as_str().unwrap().to_owned();
    let keyset: serde_json::Value = serde_json::from_str(&secrets.current().await.1).unwrap();
    assert_eq!(keyset["signing_keys"][0]["kid"], newest, "the new key signs by now");
    assert_eq!(keyset["refresh_keys"].as_array().unwrap().len(), 2);
}
