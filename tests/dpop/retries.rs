//! Repeated refreshes. With a fresh proof of the same key, one is a retry; with another key, it is refused.

use serde_json::json;
use shared::route;

use super::sessions::assert_bound;
use crate::harness::{Api, Device, Log, Reply, Tokens, claims, form, form_post, refresh_form, with_proof};

const KEY: &str = "a-key-of-22-characters";
/// Longer than the leeway.
const LATER: u64 = 11;

/// The sender of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    Owner,
    Other,
    /// A sender without a proof.
    Nobody,
}

use Sender::{Nobody, Other, Owner};

impl Sender {
    const ALL: [Self; 3] = [Owner, Other, Nobody];

    fn device(self) -> Option<Device> {
        match self {
            Owner => Some(Device::es256(1)),
            Other => Some(Device::es256(2)),
            Nobody => None,
        }
    }

    async fn refresh(self, api: &Api, token: &str, key: Option<&str>) -> Reply {
        match (self.device(), key) {
            (Some(device), None) => api.refresh_of(&device, token).await,
            (Some(device), Some(key)) => api.refresh_with_key_of(&device, token, key).await,
            (None, None) => api.refresh(token).await,
            (None, Some(key)) => api.refresh_with_key(token, key).await,
        }
    }
}

/// The subtypes of the misuse events since the last call.
fn misuses(log: &Log) -> Vec<String> {
    let events = log.take_events();
    let misuses = events.iter().filter(|event| event["event"] == "refresh_token_misused");
    misuses.map(|event| event["subtype"].as_str().unwrap().to_owned()).collect()
}

/// A completed refresh and its live tokens.
struct Made {
    api: Api,
    used: String,
    tokens: Tokens,
}

/// An unbound session that this sender refreshed.
async fn made_by(first: Sender, key: Option<&str>) -> Made {
    let api = Api::binding().await;
    let used = api.login().await.refresh;
    let tokens = assert_bound(&first.refresh(&api, &used, key).await, first.device().as_ref());
    Made { api, used, tokens }
}

/// Asserts that the device with the key can go on.
async fn assert_goes_on(made: &Made, owner: Sender) {
    let next = owner.refresh(&made.api, &made.tokens.refresh, None).await;
    assert_bound(&next, owner.device().as_ref());
    assert!(made.api.items("RevocationsTable").await.is_empty());
}

/// Asserts the outcome of a second request with the same unbound token.
async fn assert_second(made: &Made, first: Sender, second: Sender, key: Option<&str>) {
    let before = made.api.stored().await;
    let (log, _guard) = Log::listen();
    let reply = second.refresh(&made.api, &made.used, key).await;
    let case = format!("{first:?}, then {second:?}");
    if first == second || first == Nobody {
        assert_eq!(made.api.stored().await, before, "{case}: nothing is written");
        assert_eq!(reply.tokens().refresh, made.tokens.refresh, "{case}: the same successor");
        let jkt = second.device().map(|device| device.jkt);
        assert_eq!(claims(&reply.tokens().access)["cnf"]["jkt"].as_str(), jkt.as_deref(), "{case}");
        assert!(misuses(&log).is_empty());
        assert_goes_on(made, first).await;
    } else {
        // Either sender may be the thief. If only the second were refused, the first would keep the session.
        reply.assert_error(400, "invalid_grant");
        let events = log.take_events();
        assert_eq!(
            (&events[0]["event"], &events[0]["subtype"]),
            (&json!("refresh_token_reused"), &json!("other_key")),
            "{case}"
        );
        assert!(made.api.items("SessionsTable").await.is_empty(), "{case}");
        first.refresh(&made.api, &made.tokens.refresh, None).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn within_the_leeway_the_same_key_retries_and_another_ends_the_session() {
    for first in Sender::ALL {
        for second in Sender::ALL {
            assert_second(&made_by(first, None).await, first, second, None).await;
        }
    }
}

/// The token needed no key, so a later use points to a thief or a victim, as usual.
#[tokio::test]
async fn beyond_the_leeway_an_unbound_token_is_reuse_with_any_key() {
    for first in Sender::ALL {
        for second in Sender::ALL {
            let made = made_by(first, None).await;
            made.api.clock.advance(LATER);
            let (log, _guard) = Log::listen();
            second.refresh(&made.api, &made.used, None).await.assert_error(400, "invalid_grant");
            let names: Vec<_> = log.take_events().iter().map(|event| event["event"].clone()).collect();
            let reuse =
                ["refresh_token_reused", "session_revoked", "refresh_refused"].map(|name| json!(name));
            assert_eq!(names, reuse, "{first:?}, then {second:?}");
            assert!(made.api.items("SessionsTable").await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_late_retry_key_works_with_the_same_key_of_the_device() {
    for first in Sender::ALL {
        for second in Sender::ALL {
            let made = made_by(first, Some(KEY)).await;
            made.api.clock.advance(3600);
            assert_second(&made, first, second, Some(KEY)).await;
        }
    }
}

/// A thief can't end a session with a bound token, however late or often it is used.
#[tokio::test]
async fn a_used_bound_token_is_a_retry_or_reuse_only_with_its_key() {
    for late in [false, true] {
        for second in Sender::ALL {
            let (api, device) = (Api::binding().await, Device::es256(1));
            let used = api.login_of(&device).await.refresh;
            let tokens = api.refresh_of(&device, &used).await.tokens();
            let made = Made { api, used, tokens };
            made.api.clock.advance(if late { LATER } else { 0 });
            let (log, _guard) = Log::listen();
            let reply = second.refresh(&made.api, &made.used, None).await;
            match second {
                Owner if late => {
                    reply.assert_error(400, "invalid_grant");
                    assert!(misuses(&log).is_empty(), "it is reuse");
                    assert!(made.api.items("SessionsTable").await.is_empty());
                    continue;
                }
                Owner => assert_eq!(reply.tokens().refresh, made.tokens.refresh),
                Other | Nobody => {
                    reply.assert_error(400, "invalid_grant");
                    let subtype = if second == Other { "other_key" } else { "no_proof" };
                    assert_eq!(misuses(&log), [subtype], "late: {late}");
                }
            }
            assert_goes_on(&made, Owner).await;
        }
    }
}

/// A thief who saw the whole request can't use a bound session's `Idempotency-Key`.
#[tokio::test]
async fn a_bound_token_with_its_retry_key_takes_a_proof_of_the_key_of_the_device() {
    let (api, device) = (Api::binding().await, Device::es256(1));
    let used = api.login_of(&device).await.refresh;
    let tokens = api.refresh_with_key_of(&device, &used, KEY).await.tokens();
    api.clock.advance(3600);
    for thief in [Other, Nobody] {
        thief.refresh(&api, &used, Some(KEY)).await.assert_error(400, "invalid_grant");
    }
    let again = api.refresh_with_key_of(&device, &used, KEY).await.tokens();
    assert_eq!(again.refresh, tokens.refresh);
    assert_goes_on(&Made { api, used, tokens }, Owner).await;
}

/// An operator turned DPoP off between a refresh that bound the session and its retry, which has an old nonce.
#[tokio::test]
async fn with_binding_off_a_retry_that_lacks_a_nonce_gets_one_and_is_no_theft() {
    let made = made_by(Owner, Some(KEY)).await;
    let mut deployment = made.api.deployment.clone();
    deployment.parameters = deployment.parameters.with("Dpop", "off");
    let api = made.api.redeployed(deployment).await;
    let before = api.stored().await;
    let again = async |device: &Device, nonce: &str| {
        let proof = device.proof(&api, "POST", route::REFRESH).claim("nonce", json!(nonce)).sign();
        let request = form_post(route::REFRESH).header("idempotency-key", KEY);
        api.send(with_proof(request, &proof), form(&refresh_form(&made.used))).await
    };
    let (owner, thief) = (Device::es256(1), Device::es256(2));
    for device in [&owner, &thief] {
        again(device, "old").await.assert_error(400, "use_dpop_nonce");
    }
    assert_eq!(api.stored().await, before, "nothing is written");
    let nonce = again(&owner, "old").await.header("dpop-nonce").unwrap().to_owned();
    assert_eq!(again(&owner, &nonce).await.tokens().refresh, made.tokens.refresh, "the same successor");
    again(&thief, &nonce).await.assert_error(400, "invalid_grant");
    assert!(api.items("SessionsTable").await.is_empty(), "another key is theft");
}
