//! What the model of the protocol takes for granted, held against the real functions over a real engine: the same
//! requests, one after the other, get the same answers and leave the same rows.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    ending::{self, Ending},
    refreshing::{Answer, Refreshing, Stage},
    scenario::{SCENARIOS, Scenario},
    store::{CLIENTS, Key, Row, Store, Write},
    tick::Tick,
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use secrecy::ExposeSecret;
use shared::{clock::Clock, ids::ClientId, keys::Keyset, route, store::attribute, tokens::RefreshToken};

use crate::harness::{APP, Api, Fault, Reply, SCALE, START, form, form_post, number, refresh_form, text};

const STEPS: usize = 14;

/// One world twice: as the model has it, and for real.
struct Twins {
    scenario: Scenario,
    store: Store,
    now: Tick,
    api: Api,
    /// The same, by a clock that shows when a request began.
    began: Api,
    keyset: Keyset,
    first: RefreshToken,
    /// What is stored of the keys that the client sent.
    keys: BTreeMap<u8, String>,
}

/// What goes wrong on the way of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Disturbance {
    None,
    ReadFails,
    WriteUnacknowledged,
}

impl Twins {
    async fn start() -> Self {
        // A test's fault is the end of a call: the SDK doesn't try again.
        let scenario = Scenario { attempts: 1, ..SCENARIOS[0] };
        let seconds = |ticks: Tick| ticks.to_string();
        let api = Api::with(|p| {
            p.with("Leeway", seconds(scenario.leeway))
                .with("IdleTtl", seconds(scenario.idle))
                .with("AbsoluteTtl", seconds(scenario.absolute))
        })
        .await;
        let began = api.with_clock(START).await;
        let keyset = Keyset::parse(&api.keyset().to_string()).unwrap();
        let login = api.login().await;
        let first = keyset.refresh.verify(&login.refresh, &client()).unwrap();
        Self {
            store: Store::new(&scenario),
            now: 0,
            scenario,
            api,
            began,
            keyset,
            first,
            keys: BTreeMap::new(),
        }
    }

    /// The text of the client's token of this generation.
    fn token(&self, generation: u8) -> String {
        let mut token = self.first.clone();
        for _ in 0..generation {
            token = token.successor().unwrap();
        }
        self.keyset.refresh.encode(&token, &client(), self.api.clock.now()).expose_secret().to_owned()
    }

    /// The answer of the model.
    fn expected(&mut self, write: Write, disturbance: Disturbance) -> Answer {
        let mut refresh = Refreshing::new(write, &self.scenario);
        let is_acknowledged = disturbance != Disturbance::WriteUnacknowledged;
        refresh.write(&mut self.store, is_acknowledged, &self.scenario);
        let user = (disturbance != Disturbance::ReadFails).then_some(self.store.not_before);
        refresh.read(user, &self.scenario);
        loop {
            if let Stage::Answering(answer) = refresh.stage {
                return answer;
            }
            refresh.go_on(&mut self.store, &self.scenario);
        }
    }

    /// The answer of the functions.
    async fn reply(&self, write: Write, disturbance: Disturbance) -> Reply {
        // A request that began earlier, and reaches the store only now.
        let api = &self.began;
        api.clock.set(START + u64::from(write.now));
        match disturbance {
            Disturbance::None => {}
            Disturbance::ReadFails => api.calls.fail(Fault::Before("GetItem Users")),
            Disturbance::WriteUnacknowledged => api.calls.fail(Fault::After("UpdateItem Sessions")),
        }
        let token = self.token(write.generation);
        let mut request = form_post(route::REFRESH);
        if let Key::Clients(key) = write.key {
            request = request.header("idempotency-key", format!("the client's key number {key}"));
        }
        let reply = api.send(request, form(&refresh_form(&token))).await;
        api.calls.heal();
        reply
    }

    /// Sends one request to both, and returns what kind of answer it was.
    async fn refresh(&mut self, write: Write, disturbance: Disturbance) -> &'static str {
        let expected = self.expected(write, disturbance);
        let reply = self.reply(write, disturbance).await;
        match expected {
            Answer::Tokens { generation, expires_at, is_retry } => {
                assert_eq!(reply.tokens().refresh, self.token(generation), "{write:?} {disturbance:?}");
                assert_eq!(reply.body["refresh_token_expires_in"], expires_at - write.now);
                if is_retry { "a retry" } else { "a rotation" }
            }
            Answer::Refused { is_overtaken } => {
                reply.assert_error(400, "invalid_grant");
                if is_overtaken { "overtaken" } else { "a refusal" }
            }
            Answer::Unavailable { .. } => {
                reply.assert_error(503, "temporarily_unavailable");
                "unavailable"
            }
        }
    }

    /// Whether both have the same rows.
    async fn compare(&mut self, what: &str) {
        let items = self.api.items("SessionsTable").await;
        assert_eq!(items.len(), usize::from(self.store.sessions[CLIENTS].is_some()), "{what}");
        if let (Some(row), Some(item)) = (self.store.sessions[CLIENTS], items.first()) {
            let Row { generation, rotated_at, created_at, expires_at, absolute_expires_at, .. } = row;
            let instant = |tick: Tick| number(START + u64::from(tick));
            assert_eq!(item[attribute::GENERATION], number(generation.into()), "{what}");
            assert_eq!(item[attribute::ROTATED_AT], instant(rotated_at), "{what}");
            assert_eq!(item[attribute::CREATED_AT], instant(created_at), "{what}");
            assert_eq!(item[attribute::EXPIRES_AT], instant(expires_at), "{what}");
            assert_eq!(item[attribute::ABSOLUTE_EXPIRES_AT], instant(absolute_expires_at), "{what}");
            assert_eq!(item.contains_key(attribute::UNDELIVERED), row.is_undelivered, "{what}");
            if let Some(Key::Clients(key)) = row.retry_key {
                let stored = item[attribute::RETRY_KEY].as_s().unwrap().clone();
                let known = self.keys.entry(key).or_insert(stored);
                assert_eq!(item[attribute::RETRY_KEY], text(known), "{what}");
            }
        }
        let rows = self.api.items("RevocationsTable").await.len();
        assert_eq!(rows, self.store.denylist[CLIENTS].count_ones() as usize, "{what}");
    }
}

fn client() -> ClientId {
    ClientId::parse(APP).unwrap()
}

/// One walk through what can happen to a session; the kinds of answers that came up.
async fn walk(seed: u64) -> BTreeSet<&'static str> {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let mut below = |n: u32| u8::try_from(random.next_u32() % n).unwrap();
    let mut twins = Twins::start().await;
    let mut kinds = BTreeSet::new();
    for step in 0..STEPS {
        let what = format!("walk {seed}, step {step}");
        match below(20) {
            0..4 if twins.now < twins.scenario.absolute => {
                twins.now += 1;
                twins.api.clock.advance(1);
            }
            4 => {
                let generation = below(3);
                assert_eq!(twins.api.logout(&twins.token(generation)).await.status, 200, "{what}");
                let mut logout = Ending::here(twins.now);
                while logout.stage != ending::Stage::Done {
                    logout.go_on(&mut twins.store, &twins.scenario);
                }
            }
            _ => {
                let newest = twins.store.sessions[CLIENTS].map_or(1, |row| row.generation);
                let generation = (newest + 1).saturating_sub([0, 1, 1, 1, 2, 2, 3, 3][usize::from(below(8))]);
                // What is made up for one request is in no other.
                let random_key = Key::Random(u8::try_from(step).unwrap());
                let key = if below(2) == 0 { Key::Clients(generation) } else { random_key };
                let now = twins.now - below(2).min(twins.now);
                let disturbance = match below(6) {
                    0 => Disturbance::ReadFails,
                    1 => Disturbance::WriteUnacknowledged,
                    _ => Disturbance::None,
                };
                let write = Write { session: CLIENTS, generation, key, now };
                kinds.insert(twins.refresh(write, disturbance).await);
            }
        }
        twins.compare(&what).await;
    }
    kinds
}

#[tokio::test]
async fn the_model_and_the_functions_agree_step_by_step() {
    let mut kinds = BTreeSet::new();
    for seed in 0..SCALE.walks {
        kinds.extend(walk(seed).await);
    }
    let all = ["a refusal", "a retry", "a rotation", "overtaken", "unavailable"];
    assert_eq!(kinds, BTreeSet::from(all), "else the walks show less than they say");
}
