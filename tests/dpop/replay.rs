//! Repeated proofs at the authorizer: the detection, cost and storage of each setting.

use shared::route;
use tokio::task::JoinSet;

use crate::harness::{Api, Device, Fault, Log, Tokens, waves};

const AT_ONCE: usize = 20;

async fn api(replay: &str) -> Api {
    Api::with(|p| p.with("Dpop", "on").with("DpopReplay", replay)).await
}

/// A proof for a call of this session.
fn proof(api: &Api, device: &Device, tokens: &Tokens) -> String {
    device.proof_with(api, "GET", route::SESSIONS, &tokens.access).sign()
}

#[tokio::test]
async fn a_proof_that_comes_twice_to_one_process_is_refused() {
    for replay in ["window", "store"] {
        let (api, device) = (api(replay).await, Device::es256(1));
        let tokens = api.login_of(&device).await;
        let (log, _guard) = Log::listen();
        let (first, second) = (proof(&api, &device, &tokens), proof(&api, &device, &tokens));
        assert_eq!(api.call_with(&tokens.access, &first).await.status, 200);
        for seconds in [0, 100, 200] {
            api.clock.advance(seconds);
            log.take();
            api.call_with(&tokens.access, &first).await.assert_gateway_error(401, "unauthorized");
            assert_eq!(log.take_with("reason")[0]["reason"], "proof_replayed", "{replay}");
        }
        assert_eq!(api.call_with(&tokens.access, &second).await.status, 200, "another proof is another");
        // From here on, the proof is too old at every place.
        api.clock.advance(1);
        api.restarted()
            .await
            .call_with(&tokens.access, &first)
            .await
            .assert_gateway_error(401, "unauthorized");
    }
}

/// The limit of `window`, as SECURITY.md says: it doesn't reach another process, or one that has just started.
#[tokio::test]
async fn another_process_finds_a_replay_only_by_the_store() {
    for (replay, expected) in [("window", 200), ("store", 401)] {
        let (api, device) = (api(replay).await, Device::es256(1));
        let tokens = api.login_of(&device).await;
        let proof = proof(&api, &device, &tokens);
        assert_eq!(api.call_with(&tokens.access, &proof).await.status, 200);
        let other = api.restarted().await;
        assert_eq!(other.call_with(&tokens.access, &proof).await.status, expected, "{replay}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_lets_one_of_20_concurrent_uses_pass() {
    let (api, device) = (api("store").await, Device::es256(1));
    let tokens = api.login_of(&device).await;
    let processes = [std::sync::Arc::new(api.restarted().await), std::sync::Arc::new(api.restarted().await)];
    for round in 0..10 {
        let proof = proof(&api, &device, &tokens);
        let mut running = JoinSet::new();
        for i in 0..AT_ONCE {
            let (process, access, proof) = (processes[i % 2].clone(), tokens.access.clone(), proof.clone());
            running.spawn(async move { process.call_with(&access, &proof).await.status });
        }
        let statuses = running.join_all().await;
        let passed = statuses.iter().filter(|status| **status == 200).count();
        let refused = statuses.iter().filter(|status| **status == 401).count();
        assert_eq!((passed, refused), (1, AT_ONCE - 1), "round {round}");
    }
}

#[tokio::test]
async fn an_unreachable_store_lets_nothing_pass() {
    for fault in [Fault::Before("PutItem Revocations"), Fault::After("PutItem Revocations")] {
        let (api, device) = (api("store").await, Device::es256(1));
        let tokens = api.login_of(&device).await;
        api.calls.fail(fault);
        let proof = proof(&api, &device, &tokens);
        api.call_with(&tokens.access, &proof).await.assert_gateway_error(500, "server_error");
        api.calls.heal();
        assert_eq!(api.call_of(&device, &tokens.access).await.status, 200, "with a fresh proof");
    }
}

#[tokio::test]
async fn the_window_writes_nothing_and_the_store_writes_once_a_call() {
    for (replay, expected) in [("window", &[][..]), ("store", &["PutItem Revocations"])] {
        let (api, device) = (api(replay).await, Device::es256(1));
        let (bound, unbound) = (api.login_of(&device).await, api.login().await);
        api.calls.take();
        assert_eq!(api.call_of(&device, &bound.access).await.status, 200);
        let calls = api.calls.take();
        let names: Vec<_> = waves(&calls).concat();
        assert_eq!(names, [&["GetItem Sessions"], expected, &["Query Sessions"]].concat(), "{replay}");
        let written: f64 =
            calls.iter().filter(|call| call.name.starts_with("Put")).filter_map(|c| c.units).sum();
        assert!((written - expected.iter().map(|_| 1.0).sum::<f64>()).abs() < 0.01, "{replay}: {written}");
        // An unbound token costs as much as without the setting.
        assert_eq!(api.call(&unbound.access).await.status, 200);
        assert_eq!(waves(&api.calls.take()).concat(), ["GetItem Sessions", "Query Sessions"]);
    }
}

/// A refused call stores nothing.
#[tokio::test]
async fn a_refused_call_stores_no_proof() {
    let (api, device) = (api("store").await, Device::es256(1));
    let tokens = api.login_of(&device).await;
    assert_eq!(api.logout(&tokens.refresh).await.status, 200);
    api.calls.take();
    api.call_of(&device, &tokens.access).await.assert_gateway_error(401, "unauthorized");
    api.call_of(&Device::es256(2), &tokens.access).await.assert_gateway_error(401, "unauthorized");
    assert!(api.calls.take().iter().all(|call| call.name == "GetItem Sessions"));
}

/// Proofs have their own partitions, which the reader of the denylist doesn't touch.
#[tokio::test]
async fn the_denylist_is_read_without_the_proofs() {
    let api =
        Api::with(|p| p.with("Dpop", "on").with("DpopReplay", "store").with("RevocationCheck", "denylist"));
    let (api, device) = (api.await, Device::es256(1));
    let (tokens, ended) = (api.login_of(&device).await, api.login_of(&device).await);
    for _ in 0..5 {
        assert_eq!(api.call_of(&device, &tokens.access).await.status, 200);
    }
    assert_eq!(api.logout(&ended.refresh).await.status, 200);
    api.clock.advance(20);
    assert_eq!(api.call_of(&device, &tokens.access).await.status, 200);
    api.call_of(&device, &ended.access).await.assert_gateway_error(401, "unauthorized");
    assert_eq!(api.items("RevocationsTable").await.len(), 7);
}
