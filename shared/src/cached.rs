//! Copies of values that change seldom, above all keys.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync;

use crate::{clock::Timestamp, error::chain};

/// How long a copy is used before its source is asked again.
pub const FRESH_TTL: Duration = Duration::from_secs(300);

/// How long a copy is used at most while its source can't be reached. Changes to a source rely on this: after
/// this time, no older copy is in use (see `KEY_LEAD`).
pub const STALE_TTL: Duration = Duration::from_secs(3600);

/// How long to wait before asking an unreachable source again, while a copy is still usable.
const RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// The source of a value.
pub trait Source: fmt::Debug + Send + Sync {
    /// The value to copy.
    type Value: Send + Sync;
    /// Why a fetch failed.
    type Error: std::error::Error + Send;

    /// The source's name in logs.
    const NAME: &str;

    /// Fetches the value.
    fn fetch(&self) -> impl Future<Output = Result<Self::Value, Self::Error>> + Send;
}

/// A copy that is refreshed after five minutes. If the source can't be reached, the copy stays in use for up
/// to an hour.
///
/// Only time causes a fetch; nothing that a caller sends does.
pub struct Cached<S: Source> {
    source: S,
    copy: Mutex<Option<Copy<S::Value>>>,
    /// Held during a fetch, so that only one request fetches.
    fetching: sync::Mutex<()>,
}

struct Copy<V> {
    value: Arc<V>,
    fetched_at: Timestamp,
    retry_at: Timestamp,
}

impl<S: Source> Cached<S> {
    /// An empty cache. The first request fetches the value.
    pub fn new(source: S) -> Self {
        Self { source, copy: Mutex::new(None), fetching: sync::Mutex::new(()) }
    }

    /// Returns the value, at most an hour old.
    ///
    /// # Errors
    ///
    /// The source's error, if the fetch fails and no copy is usable.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<S::Value>, S::Error> {
        if let Some(value) = self.fresh(now) {
            return Ok(value);
        }
        let _fetching = self.fetching.lock().await;
        // Another request may have fetched it meanwhile.
        if let Some(value) = self.fresh(now) {
            return Ok(value);
        }
        match self.source.fetch().await {
            Ok(value) => Ok(self.keep(value, now)),
            Err(error) => match self.usable(now) {
                Some(value) => {
                    tracing::warn!(source = S::NAME, reason = chain(&error), "continuing with an older copy");
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

    /// Returns the copy despite its age, and delays the next attempt.
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
    /// Whether the copy is young enough. A copy from the future isn't: the clock was set back.
    fn is_usable(&self, now: Timestamp) -> bool {
        self.fetched_at <= now && now.since(self.fetched_at) < STALE_TTL
    }
}

/// Shows the source's name only: the copy may be secret.
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
    async fn the_copy_is_renewed_after_five_minutes_and_not_earlier() {
        let cached = Cached::new(Counter::default());
        for (seconds, expected) in [(1000, 1), (1299, 1), (1300, 2), (1599, 2), (1600, 3)] {
            assert_eq!(at(&cached, seconds).await, Some(expected), "at {seconds}");
        }
    }

    #[tokio::test]
    async fn without_the_source_the_copy_lasts_an_hour_with_a_retry_every_ten_seconds() {
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
    async fn a_panic_while_the_copy_is_held_does_not_lose_it() {
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
