//! Compares the model of the protocol with the real functions over a real engine: the same requests, one after the
//! other, get the same answers and leave the same rows.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    ending::{self, Ending},
    refreshing::{Answer, Refreshing, Refusal, Stage},
    scenario::{Binding, SCENARIOS, Scenario, Tick},
    store::{CLIENTS, Key, OTHER, Row, Store, Write},
    token::{Jkt, Token},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use shared::{
    clock::Clock, ids::ClientId, keys::Keyset, route, store::attribute, thumbprint::Thumbprint,
    tokens::RefreshToken,
};

use crate::harness::{
    APP, Api, Device, Fault, Reply, SCALE, START, claims, form, form_post, number, refresh_form, text,
    with_proof,
};

const STEPS: usize = 14;

/// One world in the model and in reality.
struct Twins {
    scenario: Scenario,
    store: Store,
    now: Tick,
    api: Api,
    /// The same API with a clock at the request's start.
    began: Api,
    keyset: Keyset,
    first: RefreshToken,
    devices: [Device; 2],
    /// The stored forms of the keys that the client sent.
    keys: BTreeMap<u8, String>,
}

/// A disturbance of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Disturbance {
    None,
    ReadFails,
    WriteUnacknowledged,
}

/// The sessions that a logout ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reach {
    /// The session of its token.
    Here,
    /// All of the user's, with a proof of this key or none.
    Everywhere(Option<Jkt>),
}

impl Twins {
    async fn start(binding: Binding) -> Self {
        // A test's fault ends the call: the SDK doesn't retry.
        let scenario = Scenario { attempts: 1, binding, ..SCENARIOS[0] };
        let seconds = |ticks: Tick| ticks.to_string();
        let api = Api::with(|p| {
            p.with("Dpop", "on")
                .with("Leeway", seconds(scenario.leeway))
                .with("IdleTtl", seconds(scenario.idle))
                .with("AbsoluteTtl", seconds(scenario.absolute))
        })
        .await;
        let began = api.with_clock(START).await;
        let keyset = Keyset::parse(&api.keyset().to_string()).unwrap();
        let devices = [Device::es256(1), Device::es256(2)];
        let login = match binding {
            Binding::AtLogin => api.login_of(&devices[0]).await,
            Binding::Never | Binding::AtRefresh => api.login().await,
        };
        let first = keyset.refresh.verify(&login.refresh, &client()).unwrap();
        let mut store = Store::new(&scenario);
        store.sessions[OTHER] = None;
        Self { store, now: 0, scenario, api, began, keyset, first, devices, keys: BTreeMap::new() }
    }

    fn device(&self, jkt: Jkt) -> &Device {
        match jkt {
            Jkt::Clients => &self.devices[0],
            Jkt::Thiefs => &self.devices[1],
        }
    }

    fn thumbprint(&self, jkt: Jkt) -> &str {
        &self.device(jkt).jkt
    }

    /// The text of a token of the session, even if it was never issued.
    fn token(&self, Token { generation, jkt }: Token) -> String {
        let jkt = jkt.and_then(|jkt| Thumbprint::parse(self.thumbprint(jkt)));
        let token = self.first.clone().at_generation(generation.into()).bound_to(jkt);
        self.keyset.refresh.encode(&token, &client(), self.api.clock.now()).expose_secret().to_owned()
    }

    /// The model's answer.
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

    /// The functions' answer.
    async fn reply(&self, write: Write, disturbance: Disturbance) -> Reply {
        // The request began earlier, and reaches the store now.
        let api = &self.began;
        api.clock.set(START + u64::from(write.now));
        match disturbance {
            Disturbance::None => {}
            Disturbance::ReadFails => api.calls.fail(Fault::Before("GetItem Users")),
            Disturbance::WriteUnacknowledged => api.calls.fail(Fault::After("UpdateItem Sessions")),
        }
        let token = self.token(write.token);
        let mut request = form_post(route::REFRESH);
        if let Key::Clients(key) = write.key {
            request = request.header("idempotency-key", format!("the client's key number {key}"));
        }
        if let Some(jkt) = write.proof {
            request = with_proof(request, &self.device(jkt).proof(api, "POST", route::REFRESH).sign());
        }
        let reply = api.send(request, form(&refresh_form(&token))).await;
        api.calls.heal();
        reply
    }

    /// Sends a request to both, and returns the kind of answer.
    async fn refresh(&mut self, write: Write, disturbance: Disturbance) -> &'static str {
        let expected = self.expected(write, disturbance);
        let reply = self.reply(write, disturbance).await;
        match expected {
            Answer::Tokens { token, access_jkt, expires_at, is_retry } => {
                let tokens = reply.tokens();
                assert_eq!(tokens.refresh, self.token(token), "{write:?} {disturbance:?}");
                let jkt = access_jkt.map_or(Value::Null, |jkt| self.thumbprint(jkt).into());
                assert_eq!(claims(&tokens.access)["cnf"]["jkt"], jkt, "{write:?} {disturbance:?}");
                assert_eq!(reply.body["token_type"], if access_jkt.is_some() { "DPoP" } else { "bearer" });
                assert_eq!(reply.body["refresh_token_expires_in"], expires_at - write.now);
                match (is_retry, token.jkt == write.token.jkt) {
                    (true, true) if access_jkt != token.jkt => "a retry with a proof",
                    (true, true) => "a retry",
                    (true, false) => "a retry of a binding",
                    (false, true) => "a rotation",
                    (false, false) => "a binding",
                }
            }
            Answer::Refused(refusal) => {
                reply.assert_error(400, "invalid_grant");
                match refusal {
                    Refusal::Overtaken => "overtaken",
                    Refusal::OtherKey => "another key",
                    Refusal::NoProof => "no proof",
                    Refusal::Over => "a refusal",
                }
            }
            Answer::Unavailable { .. } => {
                reply.assert_error(503, "temporarily_unavailable");
                "unavailable"
            }
        }
    }

    /// Logs out in both, and returns the kind of answer.
    async fn log_out(&mut self, token: Token, reach: Reach) -> &'static str {
        let text = self.token(token);
        let mut logout = match reach {
            Reach::Here => Ending::here(self.now),
            Reach::Everywhere(proof) => Ending::everywhere(CLIENTS, proof, self.now),
        };
        while !matches!(logout.stage, ending::Stage::Done | ending::Stage::Refused) {
            logout.go_on(&mut self.store, &self.scenario);
        }
        let reply = match reach {
            Reach::Here => self.api.logout(&text).await,
            Reach::Everywhere(None) => {
                let parameters = [("client_id", APP), ("token", text.as_str()), ("everywhere", "true")];
                self.api.post(route::LOGOUT, &parameters).await
            }
            Reach::Everywhere(Some(jkt)) => self.api.logout_everywhere_of(self.device(jkt), &text).await,
        };
        if logout.stage == ending::Stage::Refused {
            reply.assert_error(400, "invalid_dpop_proof");
            return "everywhere without its key";
        }
        assert_eq!(reply.status, 200, "{reply:?}");
        if reach == Reach::Here { "here" } else { "everywhere" }
    }

    /// Asserts that both have the same rows.
    async fn compare(&mut self, what: &str) {
        let items = self.api.items("SessionsTable").await;
        assert_eq!(items.len(), usize::from(self.store.sessions[CLIENTS].is_some()), "{what}");
        if let (Some(row), Some(item)) = (self.store.sessions[CLIENTS], items.first()) {
            let Row { generation, rotated_at, created_at, expires_at, absolute_expires_at, jkt, .. } = row;
            let instant = |tick: Tick| number(START + u64::from(tick));
            assert_eq!(item[attribute::GENERATION], number(generation.into()), "{what}");
            assert_eq!(item[attribute::ROTATED_AT], instant(rotated_at), "{what}");
            assert_eq!(item[attribute::CREATED_AT], instant(created_at), "{what}");
            assert_eq!(item[attribute::EXPIRES_AT], instant(expires_at), "{what}");
            assert_eq!(item[attribute::ABSOLUTE_EXPIRES_AT], instant(absolute_expires_at), "{what}");
            assert_eq!(item.contains_key(attribute::UNDELIVERED), row.is_undelivered, "{what}");
            let stored_jkt = item.get(attribute::JKT).map(|jkt| jkt.as_s().unwrap().as_str());
            assert_eq!(stored_jkt, jkt.map(|jkt| self.thumbprint(jkt)), "{what}");
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

/// Walks randomly through a session's events, and returns the kinds of answers.
async fn walk(seed: u64) -> BTreeSet<&'static str> {
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let mut below = |n: u32| u8::try_from(random.next_u32() % n).unwrap();
    let binding = if below(4) == 0 { Binding::AtLogin } else { Binding::AtRefresh };
    let mut twins = Twins::start(binding).await;
    let mut kinds = BTreeSet::new();
    for step in 0..STEPS {
        let what = format!("walk {seed}, step {step}");
        match below(20) {
            0..4 if twins.now < twins.scenario.absolute => {
                twins.now += 1;
                twins.api.clock.advance(1);
            }
            4 => {
                let token = Token { generation: below(3), jkt: anyones(below(3)) };
                let reach = if below(2) == 0 { Reach::Everywhere(anyones(below(3))) } else { Reach::Here };
                kinds.insert(twins.log_out(token, reach).await);
            }
            _ => {
                let newest = twins.store.sessions[CLIENTS].map_or(1, |row| row.generation);
                let generation = (newest + 1).saturating_sub([0, 1, 1, 1, 2, 2, 3, 3][usize::from(below(8))]);
                // A random key is unique to its request.
                let random_key = Key::Random(u8::try_from(step).unwrap());
                let key = if below(2) == 0 { Key::Clients(generation) } else { random_key };
                let now = twins.now - below(2).min(twins.now);
                let disturbance = match below(6) {
                    0 => Disturbance::ReadFails,
                    1 => Disturbance::WriteUnacknowledged,
                    _ => Disturbance::None,
                };
                let stored = twins.store.sessions[CLIENTS].and_then(|row| row.jkt);
                let jkt = [stored, stored, stored, None, None, anyones(below(3))][usize::from(below(6))];
                let proof = [jkt, jkt, stored, anyones(below(3))][usize::from(below(4))];
                let token = Token { generation, jkt };
                let write = Write { session: CLIENTS, token, proof, key, now };
                kinds.insert(twins.refresh(write, disturbance).await);
            }
        }
        twins.compare(&what).await;
    }
    kinds
}

/// The client's key, the thief's, or none.
fn anyones(which: u8) -> Option<Jkt> {
    [None, Some(Jkt::Clients), Some(Jkt::Thiefs)][usize::from(which)]
}

#[tokio::test]
async fn the_model_and_the_functions_agree_step_by_step() {
    let mut kinds = BTreeSet::new();
    for seed in 0..SCALE.walks {
        kinds.extend(walk(seed).await);
    }
    let all = [
        "a binding",
        "a refusal",
        "a retry",
        "a retry of a binding",
        "a retry with a proof",
        "a rotation",
        "another key",
        "everywhere",
        "everywhere without its key",
        "here",
        "no proof",
        "overtaken",
        "unavailable",
    ];
    assert_eq!(kinds, BTreeSet::from(all), "else the walks show less than they say");
}
