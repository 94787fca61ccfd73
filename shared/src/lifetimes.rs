//! Lifetimes: the deployment's defaults, and each client's overrides.

use std::{ops::RangeInclusive, time::Duration};

use crate::environment::{Environment, EnvironmentError, variable};

const DAY: u64 = 24 * 60 * 60;

/// The lifetimes of an access token that are allowed, in seconds. A copy of a token works that long wherever
/// sessions aren't looked up, hence a day at most.
pub const ACCESS_TTL: RangeInclusive<u64> = 1..=DAY;
/// The idle times of a session that are allowed, in seconds.
pub const IDLE_TTL: RangeInclusive<u64> = 1..=400 * DAY;
/// The lifetimes of a session that are allowed, in seconds.
pub const ABSOLUTE_TTL: RangeInclusive<u64> = 1..=3650 * DAY;
/// The leeways that are allowed, in seconds: the time in which a used refresh token gets the same successor.
/// More than a minute would help a thief.
pub const LEEWAY: RangeInclusive<u64> = 0..=60;

/// The deployment's lifetimes where no variable says otherwise, in seconds. `template.yaml` has the same.
pub mod default {
    use super::DAY;

    /// Half an hour.
    pub const ACCESS_TTL: u64 = 1800;
    /// Two weeks.
    pub const IDLE_TTL: u64 = 14 * DAY;
    /// A year.
    pub const ABSOLUTE_TTL: u64 = 365 * DAY;
    /// Ten seconds.
    pub const LEEWAY: u64 = 10;
}

/// The lifetimes that apply to one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// The lifetime of an access token.
    pub access_ttl: Duration,
    /// How long a session lives without a refresh.
    pub idle_ttl: Duration,
    /// How long a session lives at most.
    pub absolute_ttl: Duration,
    /// How long a used refresh token still gets the same successor.
    pub leeway: Duration,
}

/// The lifetimes in a client's record, which replace the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LifetimeOverrides {
    /// Replaces [`Lifetimes::access_ttl`].
    pub access_ttl: Option<Duration>,
    /// Replaces [`Lifetimes::idle_ttl`].
    pub idle_ttl: Option<Duration>,
    /// Replaces [`Lifetimes::absolute_ttl`].
    pub absolute_ttl: Option<Duration>,
    /// Replaces [`Lifetimes::leeway`].
    pub leeway: Option<Duration>,
}

impl Lifetimes {
    /// The deployment's lifetimes: those of the variables, and [`default`] where there is none.
    ///
    /// # Errors
    ///
    /// If a variable is not a number of seconds in its range.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let seconds = |name, default, range| environment.seconds(name, Duration::from_secs(default), range);
        Ok(Self {
            access_ttl: seconds(variable::ACCESS_TTL, default::ACCESS_TTL, ACCESS_TTL)?,
            idle_ttl: seconds(variable::IDLE_TTL, default::IDLE_TTL, IDLE_TTL)?,
            absolute_ttl: seconds(variable::ABSOLUTE_TTL, default::ABSOLUTE_TTL, ABSOLUTE_TTL)?,
            leeway: seconds(variable::LEEWAY, default::LEEWAY, LEEWAY)?,
        })
    }

    /// The lifetimes of a session without a refresh token. It ends with its access token, since nothing can
    /// use it afterwards.
    #[must_use]
    pub fn without_refresh(self) -> Self {
        let ttl = self.access_ttl.min(self.idle_ttl).min(self.absolute_ttl);
        Self { idle_ttl: ttl, absolute_ttl: ttl, ..self }
    }

    /// These lifetimes, with `overrides` applied.
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
