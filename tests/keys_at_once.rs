//! Overlapping rotations of the keyset. A step is held before each of its calls in turn, while its rival finishes or is
//! held too. Then both continue. In any order, each published key is in a keyset, and no leaked key is published.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use admin::{
    error::AdminError,
    keys::{KeysCommand, RotateOptions},
};
use keys::{KeyRotation, RotationError};
use shared::{
    environment::{Environment, variable},
    keys::{KeysetDocument, PublishedKey, PublishedKeys},
    store::Item,
};
use tokio::{select, task::JoinHandle, time};

use crate::{
    harness::{Api, Command, Gate, Proxy, SCALE, Secrets, Stored, keyset},
    key_rotation::{STEPS, rotate, step},
};

/// A deployment that is due for a rotation.
struct Due {
    document: KeysetDocument,
    api: Api,
    stored: Stored,
}

/// One case with this deployment.
struct Case {
    secrets: Arc<Secrets>,
    /// An API without a gate.
    api: Api,
    rotation: KeyRotation,
}

/// A rotation or an operator with calls that can be held.
struct Actor {
    api: Api,
    proxy: Proxy,
}

impl Due {
    async fn set() -> Self {
        let document = keyset();
        let api = Api::with_keyset(document.clone(), |parameters| parameters).await;
        api.clock.advance(30 * 24 * 3600);
        let stored = api.stored().await;
        Self { document, api, stored }
    }

    async fn enter(&self) -> Case {
        let secrets = Arc::new(Secrets::emulated().await);
        secrets.put(&self.document.to_json()).await;
        let api = self.api.fork().await;
        api.restore(&self.stored).await;
        let direct = api.behind_gate(&secrets).await.0;
        let rotation = KeyRotation::start(&direct.context("keys")).unwrap();
        Case { secrets, api, rotation }
    }
}

impl Case {
    async fn actor(&self) -> Actor {
        let (api, proxy) = self.api.behind_gate(&self.secrets).await;
        Actor { api, proxy }
    }

    /// The published keys: those without an expiry, and the expiring ones.
    async fn published(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let items = self.api.published_keys().await.into_iter();
        let keys = items.map(|item| PublishedKey::from_item(&item.into_iter().collect::<Item>()).unwrap());
        let (lasting, expiring): (Vec<_>, Vec<_>) =
            keys.partition(|key| key.expires_at == PublishedKeys::NEVER);
        let kids = |keys: Vec<PublishedKey>| keys.into_iter().map(|key| key.jwk.kid).collect();
        (kids(lasting), kids(expiring))
    }

    async fn document(&self) -> KeysetDocument {
        KeysetDocument::parse(&self.secrets.current().await.1).unwrap()
    }

    async fn held(&self) -> BTreeSet<String> {
        kids(&self.document().await)
    }

    async fn newest(&self) -> String {
        self.document().await.signing_keys.remove(0).kid
    }
}

impl Actor {
    fn step(
        &self,
        secrets: &Arc<Secrets>,
        version: &'static str,
        name: &'static str,
    ) -> JoinHandle<Result<(), RotationError>> {
        let rotation = KeyRotation::start(&self.api.context("keys")).unwrap();
        let secrets = secrets.clone();
        tokio::spawn(async move { step(&rotation, &secrets, version, name).await })
    }

    fn put_away(&self, secrets: &Secrets) -> JoinHandle<Result<(), AdminError>> {
        let mut deployment = self.api.operator(Some(secrets));
        deployment.dynamodb = self.api.deployment.dynamodb.clone();
        let command = Command::on(deployment);
        let leaked = RotateOptions { leaked: true, algorithm: None };
        tokio::spawn(async move { KeysCommand::Rotate(leaked).run(&command.context).await })
    }
}

fn kids(document: &KeysetDocument) -> BTreeSet<String> {
    document.signing_keys.iter().map(|key| key.kid.clone()).collect()
}

/// Whether the gate was reached before the task ended.
async fn is_reached<T>(gate: &Gate, running: &mut JoinHandle<T>) -> bool {
    select! {
        () = gate.reached() => true,
        _ = running => false,
    }
}

/// The version that the operator's command makes Secrets Manager ask for.
async fn asked(secrets: &Secrets) -> String {
    loop {
        if let Some(version) = secrets.take_rotation() {
            return version;
        }
        time::sleep(Duration::from_millis(2)).await;
    }
}

/// Holds a rotation step before its call `n` and the operator before call `m`, and lets the step end first. Returns
/// whether the two calls exist.
async fn race(due: &Due, at: usize, n: usize, m: usize) -> (bool, bool) {
    let case = due.enter().await;
    for name in &STEPS[..at] {
        step(&case.rotation, &case.secrets, "second", name).await.unwrap();
    }
    let (rotating, operator) = (case.actor().await, case.actor().await);
    let held = rotating.proxy.hold(n);
    let mut running = rotating.step(&case.secrets, "second", STEPS[at]);
    if !is_reached(&held, &mut running).await {
        return (false, false);
    }
    let stopped = operator.proxy.hold(m);
    let command = operator.put_away(&case.secrets);
    let version = select! {
        () = stopped.reached() => None,
        version = asked(&case.secrets) => Some(version),
    };
    held.open();
    // It may have been refused or carried out.
    let _ = running.await.unwrap();
    stopped.open();
    let is_stopped = version.is_none();
    let version = match version {
        Some(version) => version,
        None => asked(&case.secrets).await,
    };
    command.abort();
    // Secrets Manager repeats the rotation it began, and then starts the requested one.
    for name in STEPS {
        let _ = step(&case.rotation, &case.secrets, "second", name).await;
    }
    let version: &'static str = version.leak();
    for name in STEPS {
        let event = serde_json::json!({
            "Step": name, "SecretId": case.secrets.arn, "ClientRequestToken": version,
        });
        case.rotation.handle(event, None).await.unwrap();
    }
    let (lasting, expiring) = case.published().await;
    let held = case.held().await;
    assert!(held.is_disjoint(&kids(&due.document)), "{at} {n} {m}");
    // If the rotation started from the operator's result, it isn't of the leaked keyset.
    assert_eq!(&lasting | &expiring, held, "{at} {n} {m}: nothing else is published");
    assert_eq!(lasting.len(), 1, "{at} {n} {m}");
    (true, is_stopped)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_step_that_was_under_way_publishes_leaked_keys() {
    let due = Due::set().await;
    // The step that publishes, or in a long run every step.
    let steps = if SCALE.every_cell { 0..STEPS.len() } else { 1..2 };
    for at in steps {
        let mut n = 0;
        loop {
            let (mut m, mut is_there) = (0, false);
            loop {
                let (step, command) = race(&due, at, n, m).await;
                is_there |= step;
                if !command {
                    break;
                }
                m += 1;
            }
            if !is_there {
                break;
            }
            n += 1;
        }
        assert!(n >= 2, "{}: it was held before each call", STEPS[at]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_was_overtaken_leaves_no_key_that_lasts() {
    let due = Due::set().await;
    for n in 0.. {
        let case = due.enter().await;
        for name in &STEPS[..3] {
            step(&case.rotation, &case.secrets, "winner", name).await.unwrap();
        }
        step(&case.rotation, &case.secrets, "loser", STEPS[0]).await.unwrap();
        let actor = case.actor().await;
        let held = actor.proxy.hold(n);
        let mut running = actor.step(&case.secrets, "loser", "setSecret");
        if !is_reached(&held, &mut running).await {
            assert!(n > 3, "it was held before each call");
            break;
        }
        step(&case.rotation, &case.secrets, "winner", "finishSecret").await.unwrap();
        held.open();
        let _ = running.await.unwrap();
        let (lasting, _) = case.published().await;
        let held = case.held().await;
        assert_eq!(lasting, BTreeSet::from([case.newest().await]), "{n}");
        assert!(lasting.is_subset(&held), "{n}");
        rotate(&case.rotation, &case.secrets, "next").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_step_that_was_overtaken_fails_unless_its_own_repetition_did_it() {
    let due = Due::set().await;
    for is_next_rotation in [false, true] {
        let case = due.enter().await;
        for name in &STEPS[..3] {
            step(&case.rotation, &case.secrets, "second", name).await.unwrap();
        }
        let actor = case.actor().await;
        let held = actor.proxy.hold_call("ConditionCheckItem+UpdateItem Keys");
        let mut running = actor.step(&case.secrets, "second", "finishSecret");
        assert!(is_reached(&held, &mut running).await);
        step(&case.rotation, &case.secrets, "second", "finishSecret").await.unwrap();
        if is_next_rotation {
            rotate(&case.rotation, &case.secrets, "third").await.unwrap();
        }
        held.open();
        let result = running.await.unwrap();
        if is_next_rotation {
            assert!(matches!(result, Err(RotationError::Overtaken)), "{result:?}");
        } else {
            result.unwrap();
        }
        assert_eq!(case.published().await.0, BTreeSet::from([case.newest().await]));
    }
}

/// A deployment with its keyset in a file, and an operator's view of it.
struct InFile {
    api: Api,
    path: std::path::PathBuf,
}

impl InFile {
    async fn start(name: &str) -> Self {
        let api = Api::start().await;
        let path = std::env::temp_dir().join(format!("latchgate-{name}-{}.json", std::process::id()));
        std::fs::write(&path, api.keyset().to_string()).unwrap();
        Self { api, path }
    }

    async fn rotate(&self, leaked: bool) {
        let mut deployment = self.api.operator(None);
        let table = deployment.environment.required(variable::KEYS_TABLE).unwrap().to_owned();
        let variables = [
            (variable::KEYS_TABLE.to_owned(), table),
            (variable::KEYSET_FILE.to_owned(), self.path.to_string_lossy().into_owned()),
        ];
        deployment.environment = Environment::from_variables(variables);
        let command = Command::on(deployment);
        let options = RotateOptions { leaked, algorithm: None };
        KeysCommand::Rotate(options).run(&command.context).await.unwrap();
    }

    fn document(&self) -> KeysetDocument {
        KeysetDocument::parse(&std::fs::read_to_string(&self.path).unwrap()).unwrap()
    }

    async fn published(&self) -> BTreeSet<String> {
        let items = self.api.published_keys().await;
        items.iter().map(|item| item["kid"].as_s().unwrap().clone()).collect()
    }
}

impl Drop for InFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_file(self.path.with_extension("json.lock"));
    }
}

#[tokio::test]
async fn concurrent_rotations_of_a_file_keep_every_published_key() {
    let deployed = InFile::start("together").await;
    let before = deployed.document();
    tokio::join!(
        deployed.rotate(false),
        deployed.rotate(false),
        deployed.rotate(false),
        deployed.rotate(false)
    );
    let after = deployed.document();
    assert_eq!(after.signing_keys.len(), 5, "one after the other");
    assert_eq!(after.signing_keys[4].kid, before.signing_keys[0].kid);
    assert_eq!(deployed.published().await, kids(&after));
    tokio::join!(deployed.rotate(false), deployed.rotate(true), deployed.rotate(false));
    let anew = deployed.document();
    assert!(kids(&anew).is_disjoint(&kids(&after)), "what leaked is gone, whoever was first");
    assert_eq!(deployed.published().await, kids(&anew));
}
