//! How long things live: the defaults of the deployment, and what a client overrides.

use std::{ops::RangeInclusive, time::Duration};

use crate::environment::{Environment, EnvironmentError, variable};

const DAY: u64 = 24 * 60 * 60;

/// Seconds an access token may live. At most a day: until then a copy of it works wherever sessions aren't looked up.
pub const ACCESS_TTL: RangeInclusive<u64> = 1..=DAY;
/// Seconds a session may lie idle.
pub const IDLE_TTL: RangeInclusive<u64> = 1..=400 * DAY;
/// Seconds a session may live altogether.
pub const ABSOLUTE_TTL: RangeInclusive<u64> = 1..=3650 * DAY;
/// Seconds during which a used refresh token gets its successor again. Beyond a minute it would shelter a thief.
pub const LEEWAY: RangeInclusive<u64> = 0..=60;

/// The lifetimes that apply to one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of an access token.
    pub access_ttl: Duration,
    /// Of a session that is not refreshed.
    pub idle_ttl: Duration,
    /// Of a session, however often it is refreshed.
    pub absolute_ttl: Duration,
    /// For how long a used refresh token still gets the same successor.
    pub leeway: Duration,
}

/// What a client's record says instead of the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LifetimeOverrides {
    /// Instead of the default [`Lifetimes::access_ttl`].
    pub access_ttl: Option<Duration>,
    /// Instead of the default [`Lifetimes::idle_ttl`].
    pub idle_ttl: Option<Duration>,
    /// Instead of the default [`Lifetimes::absolute_ttl`].
    pub absolute_ttl: Option<Duration>,
    /// Instead of the default [`Lifetimes::leeway`].
    pub leeway: Option<Duration>,
}

impl Lifetimes {
    /// The deployment's defaults: half an hour, two weeks, a year and ten seconds, unless variables say otherwise.
    ///
    /// # Errors
    ///
    /// If a variable is not a number of seconds in its range.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let seconds = |name, default, range| environment.seconds(name, Duration::from_secs(default), range);
        Ok(Self {
            access_ttl: seconds(variable::ACCESS_TTL, 1800, ACCESS_TTL)?,
            idle_ttl: seconds(variable::IDLE_TTL, 14 * DAY, IDLE_TTL)?,
            absolute_ttl: seconds(variable::ABSOLUTE_TTL, 365 * DAY, ABSOLUTE_TTL)?,
            leeway: seconds(variable::LEEWAY, 10, LEEWAY)?,
        })
    }

    /// These, where `overrides` says nothing else.
    #[must_use]
    pub fn overridden_by(self, overrides: LifetimeOverrides) -> Self {
        Self {
            access_ttl: overrides.access_ttl.unwrap_or(self.access_ttl),
            idle_ttl: overrides.idle_ttl.unwrap_or(self.idle_ttl),
            absolute_ttl: overrides.absolute_ttl.unwrap_or(self.absolute_ttl),
            leeway: overrides.leeway.unwrap_or(self.leeway),
        }
    }
}
