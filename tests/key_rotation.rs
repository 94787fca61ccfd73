//! Rotations of the keyset in Secrets Manager: step by step, interrupted and overlapping.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Request;
use keys::{KeyRotation, RotationError};
use serde_json::{Value, json};
use shared::{
    cached::{FRESH_TTL, STALE_TTL},
    route,
    store::attribute,
};

use crate::harness::{Api, Log, Secrets, Tokens};

pub(crate) const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// The time between a new key's publication and its first use.
const LEAD: u64 = 3 * HOUR;

/// A version's name. It has to be at least 32 characters long, like a UUID.
pub(crate) fn version(name: &str) -> String {
    format!("{name:0>36}")
}

pub(crate) async fn step(
    rotation: &KeyRotation,
    secrets: &Secrets,
    name: &str,
    step: &str,
) -> Result<(), RotationError> {
    let event = json!({ "Step": step, "SecretId": secrets.arn, "ClientRequestToken": version(name) });
    rotation.handle(event, None).await
}

/// Takes all four steps, as Secrets Manager does.
pub(crate) async fn rotate(
    rotation: &KeyRotation,
    secrets: &Secrets,
    name: &str,
) -> Result<(), RotationError> {
    for each in STEPS {
        step(rotation, secrets, name, each).await?;
    }
    Ok(())
}

/// A deployed stack with an API, and a rotation that hasn't run yet.
async fn deployed() -> (Secrets, Api, KeyRotation) {
    let secrets = Secrets::start().await;
    let api = Api::with_secret(&secrets, |p| p).await;
    let rotation = KeyRotation::start(&api.context("keys")).unwrap();
    (secrets, api, rotation)
}

/// A deployed stack with its first keyset.
async fn rotated() -> (Secrets, Api, KeyRotation) {
    let (secrets, api, rotation) = deployed().await;
    rotate(&rotation, &secrets, "first").await.unwrap();
    (secrets, api, rotation)
}

fn kid(tokens: &Tokens) -> String {
    crate::harness::part(&tokens.access, 0)["kid"].as_str().unwrap().to_owned()
}

async fn published(api: &Api) -> Vec<String> {
    let jwks = api.send(Request::get(route::JWKS), "").await;
    assert_eq!(jwks.status, 200, "{jwks:?}");
    jwks.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn keyset(secrets: &Secrets) -> Value {
    serde_json::from_str(&secrets.current().await.1).unwrap()
}

#[tokio::test]
async fn the_first_rotation_makes_the_first_keyset_and_functions_recover() {
    let (secrets, api, rotation) = deployed().await;
    api.try_login("x").await.assert_error(503, "temporarily_unavailable");
    api.call("x").await.assert_gateway_error(500, "server_error");
    rotate(&rotation, &secrets, "first").await.unwrap();
    // The same functions, without a restart.
    let tokens = api.login().await;
    assert_eq!(api.call(&tokens.access).await.status, 200);
    assert_eq!(published(&api).await, [kid(&tokens)]);
    assert_eq!(api.refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn a_new_key_is_published_at_once_and_signs_once_every_copy_has_it() {
    let (secrets, api, rotation) = rotated().await;
    let old = api.login().await;
    api.clock.advance(30 * DAY);
    rotate(&rotation, &secrets, "second").await.unwrap();
    let new_kid = keyset(&secrets).await["signing_keys"][0]["kid"].as_str().unwrap().to_owned();
    api.clock.advance(FRESH_TTL.as_secs());
    assert_eq!(published(&api).await, [new_kid.clone(), kid(&old)]);

    api.clock.advance(LEAD - FRESH_TTL.as_secs() - 1);
    let last = api.login().await;
    assert_eq!(kid(&last), kid(&old), "a second before its time");
    api.clock.advance(1);
    let first = api.login().await;
    assert_eq!(kid(&first), new_kid);
    assert_eq!(api.call(&first.access).await.status, 200);
    assert_eq!(api.call(&last.access).await.status, 200, "the old key's tokens go on working");

    // Access tokens live for a day at most.
    api.clock.advance(DAY);
    assert!(published(&api).await.contains(&kid(&old)));
    api.clock.advance(2 * HOUR);
    assert_eq!(published(&api).await, [new_kid]);
}

#[tokio::test]
async fn any_step_may_be_repeated_and_a_stopped_rotation_resumes() {
    let (secrets, api, rotation) = rotated().await;
    let tokens = api.login().await;
    api.clock.advance(30 * DAY);
    for stopped_after in 1..=STEPS.len() {
        for each in &STEPS[..stopped_after] {
            step(&rotation, &secrets, "second", each).await.unwrap();
            step(&rotation, &secrets, "second", each).await.unwrap();
        }
    }
    let keys = keyset(&secrets).await;
    assert_eq!(keys["signing_keys"].as_array().unwrap().len(), 2, "one rotation, however often repeated");
    assert_eq!(keys["signing_keys"][1]["kid"], kid(&tokens));
    assert_eq!(api.published_keys().await.len(), 2);
    // A repetition after the next rotation is refused, and changes nothing.
    api.clock.advance(30 * DAY);
    rotate(&rotation, &secrets, "third").await.unwrap();
    let before = (secrets.current().await, api.items("KeysTable").await);
    for each in ["createSecret", "setSecret", "finishSecret"] {
        let result = step(&rotation, &secrets, "second", each).await;
        assert!(matches!(result, Err(RotationError::Overtaken)), "{each}: {result:?}");
    }
    assert_eq!((secrets.current().await, api.items("KeysTable").await), before);
}

#[tokio::test]
async fn one_of_two_overlapping_rotations_is_given_up_and_nothing_is_lost() {
    let (secrets, api, rotation) = rotated().await;
    let tokens = api.login().await;
    api.clock.advance(30 * DAY - 60);
    for each in STEPS {
        for name in ["a", "b"] {
            let result = step(&rotation, &secrets, name, each).await;
            match (name, each) {
                ("b", "finishSecret") => {
                    assert!(matches!(result, Err(RotationError::Overtaken)), "{result:?}");
                }
                _ => result.unwrap(),
            }
        }
    }
    let (version_now, _) = secrets.current().await;
    assert_eq!(version_now, version("a"));
    assert_eq!(api.published_keys().await.len(), 3, "b's key was published, and expires");
    let listed = keyset(&secrets).await;
    let of_b = async || {
        let kids: Vec<_> =
            listed["signing_keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
        let mut keys = api.published_keys().await;
        keys.retain(|key| !kids.contains(&json!(key[attribute::KID].as_s().unwrap())));
        keys
    };
    let given_up = of_b().await;
    assert_eq!(given_up.len(), 1);
    api.clock.advance(LEAD);
    let next = api.login().await;
    assert_eq!(kid(&next), listed["signing_keys"][0]["kid"]);
    assert_eq!(api.call(&next.access).await.status, 200);
    assert_eq!(api.call(&tokens.access).await.status, 401, "it has expired, after 30 days");
    rotate(&rotation, &secrets, "c").await.unwrap();
    assert!(of_b().await.contains(&given_up[0]), "it lives no longer than it would have");
    assert_ne!(secrets.current().await.0, version_now, "the next rotation is not held up");
    api.clock.advance(DAY + 2 * HOUR);
    assert_eq!(published(&api).await.len(), 2);
}

#[tokio::test]
async fn steps_taken_at_the_same_time_make_one_version() {
    let (secrets, api, rotation) = rotated().await;
    api.clock.advance(30 * DAY);
    for each in STEPS {
        let results = tokio::join!(
            step(&rotation, &secrets, "second", each),
            step(&rotation, &secrets, "second", each),
            step(&rotation, &secrets, "second", each)
        );
        // Of three concurrent steps, one moves the label. The others may find it moved, and are repeated.
        if each == "finishSecret" {
            step(&rotation, &secrets, "second", each).await.unwrap();
        } else {
            assert!(results.0.is_ok() && results.1.is_ok() && results.2.is_ok(), "{results:?}");
        }
    }
    assert_eq!(secrets.current().await.0, version("second"));
    assert_eq!(api.published_keys().await.len(), 2);
}

#[tokio::test]
async fn a_version_whose_key_is_not_published_does_not_pass_its_test() {
    let (secrets, api, rotation) = rotated().await;
    api.clock.advance(30 * DAY);
    step(&rotation, &secrets, "second", "createSecret").await.unwrap();
    let result = step(&rotation, &secrets, "second", "testSecret").await;
    assert!(matches!(result, Err(RotationError::Refused)), "{result:?}");
    step(&rotation, &secrets, "second", "setSecret").await.unwrap();
    step(&rotation, &secrets, "second", "testSecret").await.unwrap();
}

#[tokio::test]
async fn the_log_names_the_key_that_is_published_and_the_one_that_will_expire() {
    let (secrets, api, rotation) = rotated().await;
    let old = kid(&api.login().await);
    api.clock.advance(30 * DAY);
    let (log, _guard) = Log::listen();
    rotate(&rotation, &secrets, "second").await.unwrap();
    let said =
        || log.take_with("kid").iter().map(|line| json!([line["kid"], line["message"]])).collect::<Vec<_>>();
    let new = keyset(&secrets).await["signing_keys"][0]["kid"].clone();
    assert_eq!(said(), [json!([new, "a key was published"]), json!([old, "a key will expire"])]);
    rotate(&rotation, &secrets, "second").await.unwrap();
    assert_eq!(said(), [json!(null); 0], "nothing is left to do");
}

#[tokio::test]
async fn a_rotation_that_took_too_long_is_given_up_rather_than_finished() {
    let (secrets, api, rotation) = rotated().await;
    for each in &STEPS[..3] {
        step(&rotation, &secrets, "second", each).await.unwrap();
    }
    api.clock.advance(LEAD - STALE_TTL.as_secs() + 1);
    let result = step(&rotation, &secrets, "second", "finishSecret").await;
    assert!(matches!(result, Err(RotationError::TooLate)), "{result:?}");
    assert_eq!(secrets.current().await.0, version("first"));
    rotate(&rotation, &secrets, "third").await.unwrap();
    assert_eq!(secrets.current().await.0, version("third"));
}

#[tokio::test]
async fn hmac_keys_have_their_own_lifetime_and_a_new_one_ends_no_session() {
    let (secrets, api, rotation) = rotated().await;
    let mut tokens = api.login().await;
    let first = keyset(&secrets).await["refresh_keys"][0]["kid"].clone();
    for month in 1..=7 {
        // It refreshes every ten days, so that the session never idles out.
        for _ in 0..3 {
            api.clock.advance(10 * DAY);
            tokens = api.refresh(&tokens.refresh).await.tokens();
        }
        rotate(&rotation, &secrets, &month.to_string()).await.unwrap();
        let keys = keyset(&secrets).await;
        let is_replaced = keys["refresh_keys"][0]["kid"] != first;
        assert_eq!(is_replaced, month >= 6, "month {month}");
        assert_eq!(keys["refresh_keys"].as_array().unwrap().len(), if is_replaced { 2 } else { 1 });
    }
    api.clock.advance(LEAD);
    let next = api.refresh(&tokens.refresh).await.tokens();
    api.refresh(&next.refresh).await.tokens();
}

#[tokio::test]
async fn a_step_repeated_late_shortens_no_keys_life_in_the_next_rotation() {
    let (secrets, api, rotation) = rotated().await;
    api.clock.advance(30 * DAY);
    for each in &STEPS[..2] {
        step(&rotation, &secrets, "second", each).await.unwrap();
    }
    step(&rotation, &secrets, "first", "finishSecret").await.unwrap();
    for each in STEPS {
        step(&rotation, &secrets, "second", each).await.unwrap();
    }
    api.clock.advance(LEAD);
    let tokens = api.login().await;
    api.clock.advance(2 * DAY);
    assert!(published(&api).await.contains(&kid(&tokens)), "it is the one that signs");
    assert_eq!(api.call(&api.login().await.access).await.status, 200);
}

/// Follows SECURITY.md's advice for a leaked key.
#[tokio::test]
async fn a_keyset_that_was_put_away_stays_away_and_the_next_rotation_makes_another() {
    let (secrets, api, rotation) = rotated().await;
    let leaked = api.login().await;
    secrets.put("{}").await;
    api.delete_all("KeysTable").await;
    // Secrets Manager may still repeat any step of the rotation that made it.
    for each in STEPS {
        let _ = step(&rotation, &secrets, "first", each).await;
        assert!(api.items("KeysTable").await.is_empty(), "{each}: its key is not published again");
        assert_eq!(secrets.current().await.1, "{}", "{each}");
    }
    rotate(&rotation, &secrets, "new").await.unwrap();
    assert_ne!(keyset(&secrets).await["signing_keys"][0]["kid"], kid(&leaked));
    assert_eq!(keyset(&secrets).await["signing_keys"].as_array().unwrap().len(), 1);
    let api = api.restarted().await;
    assert_eq!(api.call(&leaked.access).await.status, 401);
    api.refresh(&leaked.refresh).await.assert_error(400, "invalid_grant");
    assert_eq!(api.call(&api.login().await.access).await.status, 200);
}

/// RotateSecret refuses to start while a pending version isn't the current one.
#[tokio::test]
async fn no_version_is_pending_after_a_finished_or_abandoned_rotation() {
    let (secrets, api, rotation) = rotated().await;
    assert_eq!(secrets.pending().await, None, "finished");
    for each in &STEPS[..3] {
        step(&rotation, &secrets, "late", each).await.unwrap();
    }
    assert_eq!(secrets.pending().await, Some(version("late")));
    api.clock.advance(LEAD);
    step(&rotation, &secrets, "late", "finishSecret").await.unwrap_err();
    assert_eq!(secrets.pending().await, None, "given up");
}

#[tokio::test]
async fn a_secret_that_is_not_a_keyset_is_never_overwritten() {
    let (secrets, _api, rotation) = rotated().await;
    for bad in ["[]", "{\"signing_keys\":[]}", "not JSON"] {
        secrets.put(bad).await;
        let result = rotate(&rotation, &secrets, &format!("after-{}", bad.len())).await;
        assert!(matches!(result, Err(RotationError::Keyset(_))), "{bad}: {result:?}");
        assert_eq!(secrets.current().await.1, bad);
    }
}

#[tokio::test]
async fn an_event_about_something_else_does_nothing() {
    let (secrets, _api, rotation) = rotated().await;
    let before = secrets.current().await;
    let token = version("second");
    for event in [
        json!({ "Step": "createSecret", "SecretId": "another", "ClientRequestToken": token }),
        json!({ "Step": "dropSecret", "SecretId": secrets.arn, "ClientRequestToken": token }),
        json!({ "Step": "createSecret", "SecretId": secrets.arn }),
        json!(null),
    ] {
        assert!(rotation.handle(event.clone(), None).await.is_err(), "{event}");
    }
    assert!(step(&rotation, &secrets, "second", "finishSecret").await.is_err(), "nothing was made");
    assert_eq!(secrets.current().await, before);
}

#[tokio::test]
async fn behind_a_fence_that_can_not_be_read_nothing_is_published() {
    let (secrets, api, rotation) = rotated().await;
    api.clock.advance(30 * DAY);
    rotate(&rotation, &secrets, "second").await.unwrap();
    let before = api.published_keys().await;
    let mut fence = api.items("KeysTable").await;
    fence.retain(|item| item.contains_key(attribute::FENCE));
    let [fence] = fence.try_into().unwrap();
    for damaged in [AttributeValue::N("1".to_owned()), AttributeValue::Bool(true)] {
        let mut item = fence.clone();
        item.insert(attribute::FENCE.to_owned(), damaged);
        let table = &api.deployment.tables["KeysTable"];
        api.store
            .put_item()
            .table_name(table)
            .set_item(Some(item.into_iter().collect()))
            .send()
            .await
            .unwrap();
        api.clock.advance(30 * DAY);
        rotate(&rotation, &secrets, "third").await.unwrap_err();
        assert_eq!(api.published_keys().await, before);
    }
}
