//! A clock that moves when it is told to.

use std::sync::atomic::{AtomicU64, Ordering};

use shared::clock::{Clock, Timestamp};

#[derive(Debug)]
pub(crate) struct MockClock(AtomicU64);

impl MockClock {
    pub(crate) fn at(seconds: u64) -> Self {
        Self(AtomicU64::new(seconds))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn unix(&self) -> u64 {
        self.now().as_unix()
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}
