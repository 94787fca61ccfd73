//! A race: concurrent requests, round after round, and their outcomes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use aws_sdk_dynamodb::types::AttributeValue;
use local::template::Parameters;
use shared::random::Random;
use tokio::task::JoinSet;

use super::{
    field::{Field, Turn},
    request::Request,
};
use crate::harness::{Api, Reply, SCALE, SeededRandom};

/// The number of instances. As in Lambda, each has its own caches of clients and keys, and they share one store.
const INSTANCES: usize = 4;

/// The most times that a request yields when its turn comes.
const MAX_YIELDS: usize = 48;

/// The tables that a round may change.
const TABLES: [&str; 5] =
    ["CredentialsTable", "UsersTable", "SessionsTable", "RevocationsTable", "MailsTable"];

pub(super) struct Race {
    name: &'static str,
    pub(super) rounds: usize,
    instances: Vec<Arc<Api>>,
    random: SeededRandom,
    /// The number of store calls in the last round.
    calls: AtomicUsize,
    outcomes: BTreeMap<&'static str, usize>,
    most: BTreeMap<&'static str, usize>,
    /// The last replies, which a failure prints at its end.
    last: Mutex<Vec<String>>,
    started: Instant,
}

impl Race {
    /// A race with all rounds, or with one in `share` if rounds take that much longer.
    pub(super) async fn start(name: &'static str, share: usize) -> Self {
        Self::with(name, share, |parameters| parameters).await
    }

    pub(super) async fn with(
        name: &'static str,
        share: usize,
        change: impl FnOnce(Parameters) -> Parameters,
    ) -> Self {
        let first = Api::with(change).await;
        let mut instances = vec![Arc::new(first)];
        while instances.len() < INSTANCES {
            instances.push(Arc::new(instances[0].restarted().await));
        }
        Self {
            name,
            rounds: SCALE.rounds.div_ceil(share),
            instances,
            random: SeededRandom::new(SCALE.seed),
            calls: AtomicUsize::new(0),
            outcomes: BTreeMap::new(),
            most: BTreeMap::new(),
            last: Mutex::default(),
            started: now(),
        }
    }

    /// An API for requests outside the race.
    pub(super) fn api(&self) -> &Api {
        &self.instances[0]
    }

    /// Sends these requests at almost the same time, to instances and in an order that the seed chooses. The replies
    /// are in the order of the requests.
    pub(super) async fn at_once(&self, requests: impl IntoIterator<Item = Request>) -> Vec<Reply> {
        self.as_time_passes(0, requests).await
    }

    /// Sends requests as [`Self::at_once`] does, while the clock advances by this many seconds.
    pub(super) async fn as_time_passes(
        &self,
        seconds: u64,
        requests: impl IntoIterator<Item = Request>,
    ) -> Vec<Reply> {
        let mut requests: Vec<_> = requests.into_iter().enumerate().collect();
        for last in (1..requests.len()).rev() {
            requests.swap(last, self.below(last + 1));
        }
        let calls = &self.api().calls;
        calls.take();
        let is_staggered = self.below(2) == 0;
        let turns: Vec<Turn> = requests.iter().map(|_| self.turn(is_staggered)).collect();
        let field = Arc::new(Field::new(calls, &turns));
        let mut running = JoinSet::new();
        for ((at, request), turn) in requests.into_iter().zip(turns) {
            let (api, field) = (self.instances[self.below(INSTANCES)].clone(), field.clone());
            running.spawn(async move { (at, field.run(turn, Box::pin(request.send(&api))).await) });
        }
        let (clock, turn) = (self.api().clock.clone(), self.turn(true));
        let passing = tokio::spawn(async move {
            field.wait(turn).await;
            clock.advance(seconds);
        });
        let mut replies = running.join_all().await;
        passing.await.unwrap();
        self.calls.store(calls.take().len(), Ordering::Relaxed);
        replies.sort_by_key(|(at, _)| *at);
        let replies: Vec<_> = replies.into_iter().map(|(_, reply)| reply).collect();
        *self.last.lock().unwrap() = replies.iter().map(summary).collect();
        replies
    }

    /// The turn of a request. In half of the rounds, all come at once. In the others, half of the requests come among
    /// the store calls of the rest. The last round tells how many calls there are.
    fn turn(&self, is_staggered: bool) -> Turn {
        let is_late = is_staggered && self.below(2) == 0;
        let calls = if is_late { 1 + self.below(self.calls.load(Ordering::Relaxed).max(1)) } else { 0 };
        Turn { calls, yields: self.below(MAX_YIELDS) }
    }

    /// A number below `bound`, from the seed.
    fn below(&self, bound: usize) -> usize {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() % bound
    }

    pub(super) fn count(&mut self, outcome: &'static str) {
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    /// Records the highest number of something in a round.
    pub(super) fn note_most(&mut self, what: &'static str, number: usize) {
        let most = self.most.entry(what).or_default();
        *most = number.max(*most);
    }

    /// Prints the results, which `--nocapture` shows.
    pub(super) fn finish(self) {
        let seconds = self.started.elapsed().as_secs_f32();
        println!("{}: {} rounds, seed {}, {seconds:.1} s", self.name, self.rounds, SCALE.seed);
        for (what, number) in &self.most {
            println!("    {what} in a round, at most: {number}");
        }
        for (outcome, number) in &self.outcomes {
            println!("    {outcome}: {number}");
        }
    }

    /// The stored items and the time.
    pub(super) async fn snapshot(&self) -> Snapshot {
        let mut tables = BTreeMap::new();
        for table in TABLES {
            tables.insert(table, self.api().items(table).await);
        }
        Snapshot { tables, now: self.api().clock.unix() }
    }

    /// Restores a snapshot: every round starts the same, without a login, which takes longer than most races.
    pub(super) async fn restore(&self, snapshot: &Snapshot) {
        let api = self.api();
        api.clock.set(snapshot.now);
        for (table, items) in &snapshot.tables {
            if api.items(table).await == *items {
                continue;
            }
            api.delete_all(table).await;
            for item in items {
                api.put(table, item.clone()).await;
            }
        }
    }
}

/// Prints the last replies after a panic. A backtrace follows the panic's message, and often only the end of a long
/// output is shown.
impl Drop for Race {
    fn drop(&mut self) {
        if thread::panicking() {
            println!(
                "{}: seed {}, and the last replies, in the order of the requests:",
                self.name, SCALE.seed
            );
            for reply in &*self.last.lock().unwrap() {
                println!("    {reply}");
            }
        }
    }
}

/// A reply without its tokens.
fn summary(reply: &Reply) -> String {
    let description = reply.body["error_description"].as_str().unwrap_or_default();
    format!("{} {description}", reply.status)
}

/// The stored items at one time.
pub(super) struct Snapshot {
    tables: BTreeMap<&'static str, Vec<BTreeMap<String, AttributeValue>>>,
    now: u64,
}

#[expect(clippy::disallowed_methods, reason = "how long it took is all that is asked here")]
fn now() -> Instant {
    Instant::now()
}
