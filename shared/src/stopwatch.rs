//! Measures how long a request takes, and how long it waits for AWS and for password hashes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aws_smithy_types::config_bag::{Storable, StoreReplace};

use crate::clock::Clock;

tokio::task_local! {
    /// The stopwatch of the current request.
    static CURRENT: Arc<Stopwatch>;
}

/// What a request waits for.
#[derive(Clone, Copy, Debug)]
pub enum Wait {
    /// A call to DynamoDB or Secrets Manager.
    Store,
    /// The hash of a password.
    Hash,
}

/// The stopwatch of one request, which starts when the request arrives.
#[derive(Debug)]
pub struct Stopwatch {
    clock: Arc<dyn Clock>,
    started_at: Instant,
    store: Mutex<Waits>,
    hash: Mutex<Waits>,
}

/// The time with at least one wait under way. Parallel waits count once.
#[derive(Debug, Default)]
struct Waits {
    under_way: usize,
    /// The start of the first wait that is still under way.
    since: Option<Instant>,
    before: Duration,
    is_used: bool,
}

/// The time that a request has taken so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    /// The whole time.
    pub total: Duration,
    /// The time spent waiting for the store.
    pub store: Duration,
    /// The time spent hashing; `None` if no password was hashed.
    pub hash: Option<Duration>,
}

impl Stopwatch {
    /// Starts a stopwatch.
    pub fn start(clock: Arc<dyn Clock>) -> Arc<Self> {
        let started_at = clock.instant();
        Arc::new(Self { clock, started_at, store: Mutex::default(), hash: Mutex::default() })
    }

    /// Runs a future as part of this request.
    pub fn over<F: Future>(self: &Arc<Self>, future: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), future)
    }

    /// The time that has passed.
    pub fn elapsed(&self) -> Elapsed {
        let now = self.clock.instant();
        let (store, hash) = (self.lock(Wait::Store).until(now), self.lock(Wait::Hash));
        let total = now.saturating_duration_since(self.started_at);
        Elapsed { total, store, hash: hash.is_used.then(|| hash.until(now)) }
    }

    fn lock(&self, wait: Wait) -> MutexGuard<'_, Waits> {
        let waits = match wait {
            Wait::Store => &self.store,
            Wait::Hash => &self.hash,
        };
        waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waits {
    fn until(&self, now: Instant) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// A wait. It ends when this is dropped, whatever the outcome.
#[derive(Debug)]
pub struct Waiting {
    stopwatch: Arc<Stopwatch>,
    wait: Wait,
}

/// Starts a wait of the current request. `None`, if there is no request.
pub fn wait(wait: Wait) -> Option<Waiting> {
    let stopwatch = CURRENT.try_with(Arc::clone).ok()?;
    let now = stopwatch.clock.instant();
    let mut waits = stopwatch.lock(wait);
    waits.under_way += 1;
    waits.since.get_or_insert(now);
    waits.is_used = true;
    drop(waits);
    Some(Waiting { stopwatch, wait })
}

/// The same future as part of the current request, for running it in another task.
pub fn alongside<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let current = CURRENT.try_with(Arc::clone).ok();
    async move {
        match current {
            Some(stopwatch) => stopwatch.over(future).await,
            None => future.await,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let now = self.stopwatch.clock.instant();
        let mut waits = self.stopwatch.lock(self.wait);
        waits.under_way -= 1;
        if waits.under_way == 0 {
            waits.before = waits.until(now);
            waits.since = None;
        }
    }
}

/// Lets a call of the SDK keep the wait until the call ends.
impl Storable for Waiting {
    type Storer = StoreReplace<Self>;
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::clock::Timestamp;

    /// A clock that moves only when told.
    #[derive(Debug, Default)]
    struct Told(Mutex<Duration>);

    impl Told {
        fn advance(&self, milliseconds: u64) {
            *self.0.lock().unwrap() += Duration::from_millis(milliseconds);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "an instant can't be made of nothing")]
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    impl Clock for Told {
        fn now(&self) -> Timestamp {
            Timestamp::default()
        }

        fn instant(&self) -> Instant {
            *START + *self.0.lock().unwrap()
        }
    }

    fn elapsed(total: u64, store: u64, hash: Option<u64>) -> Elapsed {
        let (total, store) = (Duration::from_millis(total), Duration::from_millis(store));
        Elapsed { total, store, hash: hash.map(Duration::from_millis) }
    }

    #[tokio::test]
    async fn waits_that_overlap_count_once_and_those_of_another_task_count_too() {
        let clock = Arc::new(Told::default());
        let stopwatch = Stopwatch::start(clock.clone());
        let request = async {
            clock.advance(1);
            let first = wait(Wait::Store);
            clock.advance(10);
            let second = tokio::spawn(alongside(async { wait(Wait::Store) })).await.unwrap();
            let hash = wait(Wait::Hash);
            clock.advance(100);
            drop(first);
            clock.advance(1000);
            drop(second);
            drop(hash);
            clock.advance(10_000);
            let third = wait(Wait::Store);
            clock.advance(100_000);
            assert_eq!(stopwatch.elapsed(), elapsed(111_111, 101_110, Some(1100)), "one is still under way");
            drop(third);
        };
        stopwatch.over(request).await;
        clock.advance(1_000_000);
        assert_eq!(stopwatch.elapsed(), elapsed(1_111_111, 101_110, Some(1100)));
    }

    #[tokio::test]
    async fn requests_side_by_side_have_a_stopwatch_each() {
        let clock = Arc::new(Told::default());
        let (waiting, idle) = (Stopwatch::start(clock.clone()), Stopwatch::start(clock.clone()));
        let request = async {
            let _waiting = wait(Wait::Store);
            idle.over(async { clock.advance(5) }).await;
        };
        waiting.over(request).await;
        assert_eq!((waiting.elapsed(), idle.elapsed()), (elapsed(5, 5, None), elapsed(5, 0, None)));
        assert!(wait(Wait::Store).is_none(), "nothing is being carried out");
    }
}
