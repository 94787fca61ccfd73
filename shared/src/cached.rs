//! Copies of what lives elsewhere and seldom changes: keys, above all.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync;

use crate::{clock::Timestamp, error::chain};

/// How long a copy is used without a look at its source.
pub const FRESH_TTL: Duration = Duration::from_secs(300);

/// How long a copy is used at most, while its source can't be reached. Whoever changes the source counts on nobody
/// using an older copy than this (see `KEY_LEAD`).
pub const STALE_TTL: Duration = Duration::from_secs(3600);

/// How long a source that could not be reached is left alone, while there is a copy to go on with.
const RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// Where a value comes from.
pub trait Source: fmt::Debug + Send + Sync {
    /// What is copied.
    type Value: Send + Sync;
    /// Why it can't be had.
    type Error: std::error::Error + Send;

    /// What a log calls it.
    const NAME: &str;

    /// Fetches the value.
    fn fetch(&self) -> impl Future<Output = Result<Self::Value, Self::Error>> + Send;
}

/// A copy that is fetched anew once it is five minutes old, and goes on being used for up to an hour while it can't be.
///
/// Nothing that a caller sends leads to a fetch: only time does.
pub struct Cached<S: Source> {
    source: S,
    copy: Mutex<Option<Copy<S::Value>>>,
    /// Held by the one who fetches.
    fetching: sync::Mutex<()>,
}

struct Copy<V> {
    value: Arc<V>,
    fetched_at: Timestamp,
    retry_at: Timestamp,
}

impl<S: Source> Cached<S> {
    /// Nothing yet; it is fetched when it is first asked for.
    pub fn new(source: S) -> Self {
        Self { source, copy: Mutex::new(None), fetching: sync::Mutex::new(()) }
    }

    /// The value, at most an hour old.
    ///
    /// # Errors
    ///
    /// Those of the source, if it has to be asked and there is no copy that could still be used.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<S::Value>, S::Error> {
        if let Some(value) = self.fresh(now) {
            return Ok(value);
        }
        let _fetching = self.fetching.lock().await;
        // Another may have fetched it meanwhile.
        if let Some(value) = self.fresh(now) {
            return Ok(value);
        }
        match self.source.fetch().await {
            Ok(value) => Ok(self.keep(value, now)),
            Err(error) => match self.usable(now) {
                Some(value) => {
                    tracing::warn!(source = S::NAME, reason = chain(&error), "going on with an older copy");
                    Ok(value)
                }
                None => Err(error),
            },
        }
    }

    fn keep(&self, value: S::Value, now: Timestamp) -> Arc<S::Value> {
        let value = Arc::new(value);
        *self.lock() = Some(Copy { value: value.clone(), fetched_at: now, retry_at: now + FRESH_TTL });
        value
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<S::Value>> {
        let copy = self.lock();
        copy.as_ref().filter(|copy| copy.is_usable(now) && now < copy.retry_at).map(|copy| copy.value.clone())
    }

    /// The copy, old as it is, and no further attempt for a while.
    fn usable(&self, now: Timestamp) -> Option<Arc<S::Value>> {
        let mut copy = self.lock();
        let copy = copy.as_mut().filter(|copy| copy.is_usable(now))?;
        copy.retry_at = now + RETRY_INTERVAL;
        Some(copy.value.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Copy<S::Value>>> {
        self.copy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Copy<V> {
    /// Not from the future, as a clock that was set back makes it look, and not too old.
    fn is_usable(&self, now: Timestamp) -> bool {
        self.fetched_at <= now && now.since(self.fetched_at) < STALE_TTL
    }
}

/// Names the source; the copy may be secret.
impl<S: Source> fmt::Debug for Cached<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("source", &S::NAME).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Counter {
        fetched: AtomicU32,
        is_away: AtomicBool,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("away")]
    struct Away;

    impl Source for Counter {
        type Value = u32;
        type Error = Away;
        const NAME: &str = "the counter";

        async fn fetch(&self) -> Result<u32, Away> {
            let fetched = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
            if self.is_away.load(Ordering::SeqCst) { Err(Away) } else { Ok(fetched) }
        }
    }

    async fn at(cached: &Cached<Counter>, seconds: u64) -> Option<u32> {
        cached.current(Timestamp::from_unix(seconds)).await.ok().map(|value| *value)
    }

    #[tokio::test]
    async fn it_is_fetched_anew_after_five_minutes_and_not_before() {
        let cached = Cached::new(Counter::default());
        for (seconds, expected) in [(1000, 1), (1299, 1), (1300, 2), (1599, 2), (1600, 3)] {
            assert_eq!(at(&cached, seconds).await, Some(expected), "at {seconds}");
        }
    }

    #[tokio::test]
    async fn while_the_source_is_away_the_copy_lasts_an_hour_and_the_source_is_asked_every_ten_seconds() {
        let cached = Cached::new(Counter::default());
        assert_eq!(at(&cached, 1000).await, Some(1));
        cached.source.is_away.store(true, Ordering::SeqCst);
        for (seconds, fetched) in [(1300, 2), (1309, 2), (1310, 3), (4599, 4)] {
            assert_eq!(at(&cached, seconds).await, Some(1), "at {seconds}");
            assert_eq!(cached.source.fetched.load(Ordering::SeqCst), fetched, "at {seconds}");
        }
        assert_eq!(at(&cached, 4600).await, None);
        cached.source.is_away.store(false, Ordering::SeqCst);
        assert_eq!(at(&cached, 4600).await, Some(6), "it heals at once");
    }

    #[tokio::test]
    async fn a_panic_while_the_copy_is_held_costs_nobody_the_copy() {
        let cached = Cached::new(Counter::default());
        assert_eq!(at(&cached, 1000).await, Some(1));
        std::thread::scope(|scope| {
            let holds_and_panics = || {
                let _copy = cached.copy.lock().unwrap();
                panic!("a mistake");
            };
            assert!(scope.spawn(holds_and_panics).join().is_err());
        });
        assert!(cached.copy.is_poisoned());
        assert_eq!(at(&cached, 1001).await, Some(1));
        assert_eq!(at(&cached, 1300).await, Some(2), "it is renewed as ever");
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_leads_to_a_fetch() {
        let cached = Cached::new(Counter::default());
        assert_eq!(at(&cached, 1000).await, Some(1));
        assert_eq!(at(&cached, 999).await, Some(2));
    }
}
