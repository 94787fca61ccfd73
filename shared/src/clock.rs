//! Time, as a parameter.

use std::{
    fmt,
    ops::{Add, Sub},
    time::{Duration, Instant, SystemTime},
};

use serde::{Deserialize, Serialize};

/// An instant, in whole seconds since the Unix epoch: the unit of JWT claims and of DynamoDB's TTL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The first second of the year 10000. Larger numbers aren't seconds but, most likely, milliseconds.
    pub const END: Self = Self(253_402_300_800);

    /// The instant `seconds` after the Unix epoch.
    pub const fn from_unix(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since the Unix epoch.
    pub const fn as_unix(self) -> u64 {
        self.0
    }

    /// The time that has passed since `earlier`. Zero if `earlier` is later, as can happen between two
    /// clocks.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, ttl: Duration) -> Self {
        Self(self.0.saturating_add(ttl.as_secs()))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, ttl: Duration) -> Self {
        Self(self.0.saturating_sub(ttl.as_secs()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The source of the time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// A reading of a monotonic clock, for measuring durations. No decision depends on it, so the default
    /// reads the machine's.
    #[expect(clippy::disallowed_methods, reason = "the one home of the machine's clock")]
    fn instant(&self) -> Instant {
        Instant::now()
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one home of the system's clock")]
    fn now(&self) -> Timestamp {
        // A clock set before 1970 reads as 1970. Then tokens from any other clock come from the future, and
        // are refused.
        let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix(elapsed.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_between_two_clocks_never_runs_backwards() {
        let (early, late) = (Timestamp::from_unix(10), Timestamp::from_unix(17));
        assert_eq!(late.since(early), Duration::from_secs(7));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn adding_saturates() {
        assert_eq!(Timestamp::from_unix(u64::MAX) + Duration::from_secs(1), Timestamp::from_unix(u64::MAX));
    }
}
