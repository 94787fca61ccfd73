//! The matrix for the function that Secrets Manager calls: a step of a rotation fails and is repeated.

use std::sync::Arc;

use keys::{KeyRotation, RotationError};
use shared::keys::KeysetDocument;
use tokio::{task::JoinSet, time};

use super::{
    limit::time_limit,
    rows::{Row, rotation_rows},
};
use crate::{
    harness::{Api, Proxy, SCALE, Secrets, Spoiled, Stored, Tokens, WireFault, keyset},
    key_rotation::{STEPS, step},
};

/// A deployment that is due for a rotation.
struct Due {
    document: KeysetDocument,
    api: Api,
    tokens: Tokens,
    stored: Stored,
}

/// A rotation with its own tables, secret and proxy.
struct Rotating {
    secrets: Secrets,
    api: Api,
    proxy: Proxy,
    rotation: KeyRotation,
}

impl Due {
    async fn set() -> Arc<Self> {
        let document = keyset();
        let api = Api::with_keyset(document.clone(), |parameters| parameters).await;
        api.clock.advance(30 * 24 * 3600);
        let tokens = api.login().await;
        let stored = api.stored().await;
        Arc::new(Self { document, api, tokens, stored })
    }

    async fn enter(&self) -> Rotating {
        let secrets = Secrets::emulated().await;
        secrets.put(&self.document.to_json()).await;
        let fork = self.api.fork().await;
        fork.restore(&self.stored).await;
        let (api, proxy) = fork.cold_behind_proxy(&secrets).await;
        let rotation = KeyRotation::start(&api.context("keys")).unwrap();
        Rotating { secrets, api, proxy, rotation }
    }
}

impl Rotating {
    async fn take(&self, name: &str) -> Result<(), RotationError> {
        let step = step(&self.rotation, &self.secrets, "second", name);
        time::timeout(time_limit("KeysFunction"), step).await.expect("it ends in time")
    }

    /// Takes all steps and repeats failed ones, as Secrets Manager does. Returns the number of failures.
    async fn complete(&self) -> usize {
        let mut failed = 0;
        for name in STEPS {
            if let Err(error) = self.take(name).await {
                failed += 1;
                assert!(!matches!(error, RotationError::NoVersion(_)), "a failure is not an absence: {name}");
                assert_eq!(self.api.published_keys().await.len().min(1), 1, "what was published stays");
                self.proxy.heal();
                self.take(name).await.unwrap();
            }
        }
        failed
    }

    async fn assert_done(&self, due: &Due) {
        let document = KeysetDocument::parse(&self.secrets.current().await.1).unwrap();
        let replaced = &due.document.signing_keys[0].kid;
        assert_eq!(document.signing_keys.len(), 2);
        assert_eq!(document.signing_keys[1].kid, *replaced);
        assert!(self.secrets.pending().await.is_none());
        assert_eq!(self.api.published_keys().await.len(), 2);
        // Clients notice nothing.
        assert_eq!(self.api.call(&due.tokens.access).await.status, 200);
        self.api.refresh(&due.tokens.refresh).await.tokens();
    }
}

#[tokio::test]
async fn every_call_of_a_rotation_has_a_row() {
    let due = Due::set().await;
    let rotating = due.enter().await;
    rotating.proxy.take_calls();
    assert_eq!(rotating.complete().await, 0);
    let made: Vec<String> = rotating.proxy.take_calls().into_iter().map(|(call, _)| call).collect();
    let listed: Vec<_> = rotation_rows().into_iter().map(|row| row.call).collect();
    assert_eq!(made, listed);
    rotating.assert_done(&due).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_of_a_rotation_that_fails_is_completed_when_it_is_repeated() {
    let due = Due::set().await;
    let (rows, mut running) = (rotation_rows(), JoinSet::new());
    for (at, &Row { call, .. }) in rows.iter().enumerate() {
        let number = rows[..=at].iter().filter(|other| other.call == call).count();
        let due = due.clone();
        running.spawn(async move {
            for fault in SCALE.cells(at, WireFault::ALL.into()) {
                let rotating = due.enter().await;
                rotating.proxy.spoil(Spoiled::From(call, number), fault);
                assert_eq!(rotating.complete().await, 1, "{call} {number} {fault:?}");
                rotating.assert_done(&due).await;
            }
        });
    }
    running.join_all().await;
}
