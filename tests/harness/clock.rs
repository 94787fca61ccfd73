//! A clock that a test moves.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use shared::clock::{Clock, Timestamp};

#[expect(clippy::disallowed_methods, reason = "an instant can't be made of nothing")]
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

#[derive(Debug)]
pub(crate) struct MockClock {
    seconds: AtomicU64,
    /// Milliseconds on top, which only durations show.
    milliseconds: AtomicU64,
}

impl MockClock {
    pub(crate) fn at(seconds: u64) -> Self {
        Self { seconds: AtomicU64::new(seconds), milliseconds: AtomicU64::new(0) }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Advances the clock by so little that only durations show it.
    pub(crate) fn advance_milliseconds(&self, milliseconds: u64) {
        self.milliseconds.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub(crate) fn set(&self, seconds: u64) {
        self.seconds.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn unix(&self) -> u64 {
        self.now().as_unix()
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.seconds.load(Ordering::SeqCst))
    }

    fn instant(&self) -> Instant {
        *BEGINNING + Duration::from_millis(self.milliseconds.load(Ordering::SeqCst))
    }
}
