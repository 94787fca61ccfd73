//! Simulated time.

use std::sync::atomic::{AtomicU64, Ordering};

use shared::clock::{Clock, Timestamp};

/// A clock that moves only when `advance` is called.
#[derive(Debug)]
pub(crate) struct SimulatedClock(AtomicU64);

impl SimulatedClock {
    /// A clock at this many seconds since the Unix epoch.
    pub(crate) fn at(seconds: u64) -> Self {
        Self(AtomicU64::new(seconds))
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}
